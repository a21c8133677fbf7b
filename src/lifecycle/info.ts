import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { toDer } from '../asn1/codec.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import { info } from '../cmp/message/info-values.ts';
import type { PKIStatusInfo } from '../cmp/message/pki-status-info.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { Name } from '../x509/name.ts';
import { timeOf } from '../x509/time.ts';
import { ask } from './ask.ts';
import { findProfile } from './authority.ts';
import { deliverAnchors } from './deliver-anchors.ts';
import type { LifecycleContext } from './context.ts';
import { initialCredential, type InitialCredential } from './initial-credential.ts';
import { storedCertificate } from './stored-certificate.ts';
import { takeInfo, type InfoAnswer } from './take-info.ts';

/** A question for `cmp info`. */
export interface InfoRequest {
  /** What is asked for, by OID. */
  readonly infoType: Oid;
  /** Label of the CA profile; the only one when absent. */
  readonly ca?: Label;
  /** In place of the profile's. */
  readonly url?: string;
  readonly credential: InitialCredential;
  /** Make a new root an anchor of the CA profile when the present one vouches for it. */
  readonly acceptRoot: boolean;
  readonly waitSeconds: number;
}

/** What a CA said, and what was made of it. */
export type InfoResult = { readonly ca: Label; readonly transactionID: string } & (
  | InfoAnswer
  | {
      readonly type: 'rejected';
      readonly status: PKIStatusInfo;
      readonly details: readonly string[];
    }
  | { readonly type: 'waiting' }
);

/**
 * Ask a CA for its certificates, CRLs, a new root, its wishes or anything by OID: `cmp info`, a genm (RFC 9483
 * section 4.3). Checked CRLs and request templates are kept for later; a new root that is taken is delivered.
 *
 * @throws {CertError} CA_UNKNOWN, CERT_UNKNOWN, SECRET_UNAVAILABLE, DELIVERY_FAILED, and the errors of peers and networks
 */
export async function requestInfo(
  context: LifecycleContext,
  request: InfoRequest,
): Promise<InfoResult> {
  const { store } = context;
  const profile = await findProfile(store, request.ca);
  const answer = await ask(context, {
    profile,
    url: request.url,
    credential: await initialCredential(context, profile, request.credential),
    item: await questionFor(context, profile, request.infoType),
    waitSeconds: request.waitSeconds,
  });
  const said = { ca: profile.label, transactionID: answer.transactionID };
  switch (answer.type) {
    case 'waiting':
      return { ...said, type: 'waiting' };
    case 'rejected':
      return { ...said, type: 'rejected', status: answer.status, details: answer.details };
    case 'informed': {
      const taken = await takeInfo(context, profile, answer, request.acceptRoot);
      // Whether it came now, or a killed process had stored it.
      if (request.acceptRoot) await deliverAnchors(context, profile.label);
      return { ...said, ...taken };
    }
  }
}

/**
 * Build a question (B14): one item; most have no value, some say what is here already.
 *
 * @throws {CertError} USAGE_INVALID for CRLs while no certificate of the CA is here
 */
export async function questionFor(
  { store }: LifecycleContext,
  profile: CaProfile,
  infoType: Oid,
): Promise<InfoTypeAndValue> {
  if (infoType === oids.rootCaCert) {
    return info('rootCaCert', presentRoot(profile));
  }
  // B14: no value where there is none to give.
  if (infoType !== oids.crlStatusList) return { infoType };
  const issued = (await store.certificates.list()).find(({ ca }) => ca === profile.label);
  const certificate = issued
    ? storedCertificate(issued.der, `"${issued.name}"`)
    : presentRoot(profile);
  if (!certificate) {
    throw new CertError(
      'USAGE_INVALID',
      `Cannot ask CA "${profile.label}" for CRLs: nothing is known yet that they could be of`,
      { hint: 'Get a certificate first, or give its root with "ca add"' },
    );
  }
  const { issuer, extensions } = certificate.tbsCertificate;
  const held = await store.crls.get(profile.label, toDer(Name, issuer));
  const dpn = extensionValue(extensions, 'cRLDistributionPoints')?.[0]?.distributionPoint;
  const source = dpn
    ? ({ type: 'dpn', value: dpn } as const)
    : ({ type: 'issuer', value: [{ type: 'directoryName', value: issuer }] } as const);
  return info('crlStatusList', [{ source, ...(held && { thisUpdate: timeOf(held.thisUpdate) }) }]);
}

/** The root that began last: after an update the one before it stays beside it for a while. */
function presentRoot({ roots, label }: CaProfile): Certificate | undefined {
  const all = roots.map((der) => storedCertificate(der, `CA "${label}"`));
  return all.toReversed().toSorted((a, b) => beginningOf(b) - beginningOf(a))[0];
}

function beginningOf({ tbsCertificate }: Certificate): number {
  return tbsCertificate.validity.notBefore.value.getTime();
}
