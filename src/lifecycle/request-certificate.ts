import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { fromDer, rawOf, toDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import type { GeneratedKey } from '../crypto/keys.ts';
import { verifySignature } from '../crypto/signature.ts';
import { requestedExtensions, type CertificationRequest } from '../x509/certification-request.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { samePublicKey, SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { alone } from './alone.ts';
import { findProfile } from './authority.ts';
import { carryThrough } from './carry-through.ts';
import type { Wanted } from './certificate-request.ts';
import type { LifecycleContext } from './context.ts';
import { initialCredential, type InitialCredential } from './initial-credential.ts';
import { finishDelivery } from './interrupted-delivery.ts';
import { leftToAgent, type Leavable } from './left-to-agent.ts';
import { openRequest } from './open-request.ts';
import type { EnrollmentResult } from './result.ts';
import { findUnfinished } from './unfinished.ts';

/** A certificate for a PKCS#10 request that exists. */
export interface CertificateForRequest extends Leavable {
  readonly certificationRequest: CertificationRequest;
  /** Its private key, when it shall be kept here; else the key stays where it is. */
  readonly key?: GeneratedKey;
  /** Label of the CA profile; the only one when absent. */
  readonly ca?: Label;
  /** In place of the profile's. */
  readonly url?: string;
  readonly credential: InitialCredential;
  readonly waitSeconds: number;
}

/**
 * Get a certificate for a PKCS#10 request: `cmp request`, a p10cr (RFC 9810 section 5.3.4). Chain and certificate
 * are put where services read them; the key, too, when it was handed over.
 *
 * @throws {CertError} CERT_REFUSED, KEY_UNUSABLE, CERT_EXISTS, TRANSACTION_OUTSTANDING, CA_UNKNOWN,
 *   SECRET_UNAVAILABLE, CERT_INVALID, and what `carryThrough` throws
 */
export async function requestCertificate(
  context: LifecycleContext,
  request: CertificateForRequest,
): Promise<EnrollmentResult> {
  return alone(context, request.name, request.waitSeconds, (held) =>
    leftToAgent(held, request, (left) => requestAlone(left, request)),
  );
}

async function requestAlone(
  context: LifecycleContext,
  request: CertificateForRequest,
): Promise<EnrollmentResult> {
  const { store } = context;
  const { name, certificationRequest, key, waitSeconds } = request;
  const profile = await findProfile(store, request.ca);
  const wanted = readRequest(certificationRequest, key, profile.allowLegacyAlgorithms);

  const { subjectPKInfo } = certificationRequest.certificationRequestInfo;
  const repeated = {
    operation: 'p10cr',
    name,
    wanted,
    ca: profile.label,
    url: request.url,
    key: { type: 'given', spki: toDer(SubjectPublicKeyInfo, subjectPKInfo) },
  } as const;
  const unfinished = await findUnfinished(context, repeated);
  if (unfinished) return carryThrough(context, unfinished, { waitSeconds, isResumed: true });
  const finished = await finishDelivery(context, repeated);
  if (finished) return finished;
  if (await store.certificates.current(name)) {
    throw new CertError('CERT_EXISTS', `Cannot request "${name}": there is such a certificate`, {
      hint: 'Choose another cert-name',
    });
  }

  const record = await openRequest(context, {
    name,
    profile,
    url: request.url,
    ...(key && { key }),
    credential: await initialCredential(context, profile, request.credential),
    build: () => Promise.resolve({ type: 'p10cr', value: certificationRequest }),
  });
  return carryThrough(context, record, { waitSeconds });
}

/** Check a request and say what it asks for; what cannot be read in it is no fault of a CA. */
function readRequest(
  request: CertificationRequest,
  key: GeneratedKey | undefined,
  allowLegacy: boolean,
): Wanted {
  try {
    assertUsable(request, key, allowLegacy);
    return wantedIn(request);
  } catch (cause) {
    const isAboutFile = cause instanceof CertError && ofPeers.has(cause.code);
    throw isAboutFile ? unusable(cause.message, cause) : cause;
  }
}

/** Errors that speak of what a CA sent, where this came from a file. */
const ofPeers: ReadonlySet<CertError['code']> = new Set([
  'DER_MALFORMED',
  'LIMIT_EXCEEDED',
  'CMP_ALGORITHM_UNSUPPORTED',
]);

function unusable(why: string, cause?: CertError): CertError {
  return new CertError('CERT_REFUSED', `Cannot send the certification request: ${why}`, {
    ...(cause && { cause }),
    hint: 'Make a new one, with "openssl req -new -key KEY" for example',
  });
}

/** B12: version 0, a signature that verifies, and the key it says it is for. */
function assertUsable(
  request: CertificationRequest,
  key: GeneratedKey | undefined,
  allowLegacy: boolean,
): void {
  const { certificationRequestInfo: info, signatureAlgorithm, signature } = request;
  const isSigned = verifySignature({
    spki: info.subjectPKInfo,
    algorithm: signatureAlgorithm,
    data: rawOf(info),
    signature,
    policy: { allowLegacy },
  });
  const why =
    info.version !== 0
      ? `its version is ${info.version}, expected 0`
      : isSigned
        ? undefined
        : 'its signature does not fit its key';
  // B12: the CA would refuse it, and ask for another.
  if (why !== undefined) throw unusable(why);
  if (key && !samePublicKey(fromDer(SubjectPublicKeyInfo, key.key.spki), info.subjectPKInfo)) {
    throw new CertError('KEY_UNUSABLE', 'Cannot use the key file: it is not the key of the csr');
  }
}

function wantedIn({ certificationRequestInfo: info }: CertificationRequest): Wanted {
  const extensions = requestedExtensions(info) ?? [];
  const others = extensions.filter(({ extnID }) => extnID !== oids.subjectAltName);
  return {
    subject: info.subject,
    subjectAltNames: extensionValue(extensions, 'subjectAltName') ?? [],
    ...(others.length > 0 && { extensions: others }),
  };
}
