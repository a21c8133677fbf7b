import { bytesEqual } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { decodeCertificateList, listRevoked } from '../x509/certificate-list.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { deltaPlace } from './access-points.ts';
import { issuerOf, type Authorities } from './authority.ts';
import { issueCrl, type CrlFields, type Entry } from './issue-crl.ts';
import type { LabSettings } from './lab-settings.ts';
import type { CrlIssuer, LabCrl } from './ledger-records.ts';
import type { Ledger } from './ledger.ts';

/** What issuing CRLs needs. */
export interface CrlSource {
  readonly ledger: Ledger;
  readonly authorities: Authorities;
  readonly settings: LabSettings;
  readonly clock: Pick<Clock, 'now'>;
  /** Scheme, host and port the lab serves at, if it does. */
  readonly place?: string;
}

// Whoever's clock is a little behind accepts a new CRL all the same; and two CRLs of one second get
// different times without one of them lying in the future.
const BACKDATE_MS = 60_000;

/**
 * Give the CRL of a CA: the last one while it says all there is and half of its time is left, else a new one
 * with the next number and a later thisUpdate. The root has revoked nobody. Where there are deltas, what the last one
 * does not say is for them to say.
 */
export async function currentCrl(issuer: CrlIssuer, source: CrlSource): Promise<LabCrl> {
  const { ledger, authorities, settings, place } = source;
  const last = await ledger.crl(issuer);
  const revoked = issuer === 'root' ? [] : await revokedIn(ledger);
  const { keyIdentifier } = issuerOf(authorities[issuer]);
  const hasDelta = issuer === 'issuing' && settings.crlDelta;
  const isComplete = hasDelta || last?.entries === revoked.length;
  if (last && isComplete && isYoung(last, source) && isBy(keyIdentifier, last)) return last;
  // RFC 5280 section 5.2.3: complete CRLs and deltas are numbered together.
  const delta = hasDelta ? await ledger.crl('delta') : undefined;
  const number = Math.max(last?.number ?? 0, delta?.number ?? 0) + 1;
  const freshest = hasDelta ? deltaPlace(settings, place) : undefined;
  const fields = { number, ...timesAfter(last, source), revoked };
  const der = await issueCrl(
    { ...fields, ...(freshest !== undefined && { freshest }) },
    issuerOf(authorities[issuer]),
  );
  return ledger.putCrl(recordOf(issuer, der, fields));
}

/**
 * Give the delta to the CRL of the issuing CA: what was revoked since (RFC 5280 section 5.2.4). The first one to a CRL
 * that nothing was revoked after has its number, too.
 */
export async function currentDelta(source: CrlSource): Promise<LabCrl> {
  const { ledger, authorities } = source;
  const complete = await currentCrl('issuing', source);
  const listed = new Set(
    [...listRevoked(decodeCertificateList(complete.der))].map((entry) => entry.userCertificate),
  );
  const revoked = (await revokedIn(ledger)).filter((entry) => !listed.has(entry.serialNumber));
  const last = await ledger.crl('delta');
  const isOfIt = last !== undefined && baseOf(last) === complete.number;
  if (isOfIt && last.entries === revoked.length && isYoung(last, source)) return last;
  const isFirst = !isOfIt && revoked.length === 0;
  const number = isFirst ? complete.number : Math.max(complete.number, last?.number ?? 0) + 1;
  const fields = { number, ...timesAfter(last, source), revoked };
  const der = await issueCrl({ ...fields, base: complete.number }, issuerOf(authorities.issuing));
  return ledger.putCrl(recordOf('delta', der, fields));
}

function recordOf(issuer: LabCrl['issuer'], der: Uint8Array, fields: CrlFields): LabCrl {
  const { number, thisUpdate, nextUpdate, revoked } = fields;
  return { issuer, der, number, thisUpdate, nextUpdate, entries: revoked.length };
}

function isYoung({ nextUpdate }: LabCrl, { settings, clock }: CrlSource): boolean {
  const half = (settings.crlValiditySeconds * 1000) / 2;
  return clock.now().getTime() < nextUpdate.getTime() - half;
}

function timesAfter(
  last: LabCrl | undefined,
  { settings, clock }: CrlSource,
): Pick<CrlFields, 'thisUpdate' | 'nextUpdate'> {
  const now = clock.now().getTime();
  const earliest = last ? last.thisUpdate.getTime() + 1000 : 0;
  return {
    thisUpdate: new Date(Math.max(earliest, wholeSeconds(now - BACKDATE_MS))),
    nextUpdate: new Date(wholeSeconds(now + settings.crlValiditySeconds * 1000)),
  };
}

/** The root may have got another key since. */
function isBy(keyIdentifier: Uint8Array, { der }: LabCrl): boolean {
  const { crlExtensions } = decodeCertificateList(der).tbsCertList;
  const found = extensionValue(crlExtensions, 'authorityKeyIdentifier')?.keyIdentifier;
  return found !== undefined && bytesEqual(found, keyIdentifier);
}

function baseOf({ der }: LabCrl): number {
  const { crlExtensions } = decodeCertificateList(der).tbsCertList;
  return Number(extensionValue(crlExtensions, 'deltaCRLIndicator') ?? 0n);
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

async function revokedIn(ledger: Ledger): Promise<readonly Entry[]> {
  const all = await ledger.certificates();
  return all.flatMap(({ der, revocation }) =>
    revocation
      ? [{ serialNumber: decodeCertificate(der).tbsCertificate.serialNumber, ...revocation }]
      : [],
  );
}
