import type { CertRepMessage } from '../cmp/message/cert-rep-message.ts';
import type { PKIStatusInfo } from '../cmp/message/pki-status-info.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import type { Extension } from '../x509/extension.ts';
import { extension, extensionValue } from '../x509/extension-values.ts';
import { isNullDn, type Name } from '../x509/name.ts';
import { formatName, parseName } from '../x509/name-text.ts';
import { oids } from '../asn1/oids.ts';
import { accessPoints } from './access-points.ts';
import { issuerOf, type Authorities } from './authority.ts';
import { isIssuable, type Acceptable } from './check-request.ts';
import { issueCertificate, keyIdentifierOf, serialNumberFrom } from './issue-certificate.ts';
import { keyPairOf } from './key-generation.ts';
import type { LabSettings } from './lab-settings.ts';
import type { LabCertificate } from './ledger-records.ts';
import type { Granter } from './granter.ts';
import { isRefusal, type Refusal } from './refusal.ts';
import { grantValidity } from './validity.ts';

/** A granted request: what to answer, and what to write down. */
export interface Granted {
  readonly type: 'granted';
  readonly message: CertRepMessage;
  readonly issued: Omit<LabCertificate, 'id' | 'transactionID' | 'status'>;
}

/** Issue the certificate asked for, or as much of it as the lab's settings allow. */
export async function grant(
  request: Acceptable,
  isIr: boolean,
  granter: Granter,
): Promise<Granted | Refusal> {
  const { authorities, settings, clock, random, place } = granter;
  const issuer = authorities.issuing.certificate.tbsCertificate;
  const now = clock.now();
  const validity = grantValidity(request.validity, issuer.validity, settings.validitySeconds, now);
  if (isRefusal(validity)) return validity;
  const { notBefore, notAfter } = validity;
  const subject = withSuffix(request.subject, settings.subjectSuffix);
  const extensions = [...extensionsFor(request, subject), ...accessPoints(settings, place)];
  const isModified =
    validity.isModified ||
    settings.subjectSuffix !== undefined ||
    !request.extensions.every(isIssuable);
  const certificate = await issueCertificate(
    {
      serialNumber: serialNumberFrom(random.bytes(16)),
      subject,
      publicKey: request.publicKey,
      notBefore,
      notAfter,
      extensions,
      ...(settings.digest && { digest: settings.digest }),
    },
    issuerOf(authorities.issuing),
  );
  const status: PKIStatusInfo = isModified
    ? { status: 'grantedWithMods', statusString: ['The lab changed what was asked for'] }
    : { status: 'accepted' };
  const caPubs = isIr ? caPubsOf(authorities, settings) : [];
  return {
    type: 'granted',
    message: {
      ...(caPubs.length > 0 && { caPubs }),
      response: [
        {
          certReqId: request.certReqId,
          status,
          certifiedKeyPair: await keyPairOf(request, certificate, granter),
        },
      ],
    },
    issued: {
      der: certificateDer(certificate),
      serial: serialText(certificate.tbsCertificate.serialNumber),
      subject: formatName(subject),
      keyIdentifier: keyIdentifierOf(request.publicKey),
      ...(request.old && { supersedes: request.old.id }),
      issuedAt: now,
      notAfter,
    },
  };
}

/** Write a serial number as certificates are looked up by it. */
export function serialText(serialNumber: bigint): string {
  const hex = serialNumber.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

/** The extensions of the certificate, the requested ones of them as they were asked for. */
function extensionsFor({ extensions, publicKey }: Acceptable, subject: Name): readonly Extension[] {
  const asked = extensions
    .filter((one) => isIssuable(one) && !setByUs.has(one.extnID))
    // RFC 5280 section 4.2.1.6: a name that stands alone is critical.
    .map((one) =>
      one.extnID === oids.subjectAltName && isNullDn(subject) ? { ...one, critical: true } : one,
    );
  const isRsa = publicKey.algorithm.algorithm === oids.rsaEncryption;
  const usage = extensionValue(asked, 'keyUsage', 'strictly')
    ? []
    : [
        extension(
          'keyUsage',
          isRsa ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'],
          true,
        ),
      ];
  return [extension('basicConstraints', { cA: false }, true), ...usage, ...asked];
}

// The lab has its own way with these, which is no modification of what was asked for.
const setByUs: ReadonlySet<string> = new Set([oids.basicConstraints, oids.subjectKeyIdentifier]);

function withSuffix(subject: Name, text: string | undefined): Name {
  return text === undefined ? subject : { rdns: [...subject.rdns, ...parseName(text).rdns] };
}

function caPubsOf(authorities: Authorities, { caPubs }: LabSettings): readonly Certificate[] {
  switch (caPubs) {
    case 'none':
      return [];
    case 'root':
      return [authorities.root.certificate];
    case 'chain':
      return [authorities.issuing.certificate, authorities.root.certificate];
  }
}
