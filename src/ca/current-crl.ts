import { bytesEqual } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { decodeCertificateList } from '../x509/certificate-list.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { issuerOf, type Authorities } from './authority.ts';
import { issueCrl, type Entry } from './issue-crl.ts';
import type { LabSettings } from './lab-settings.ts';
import type { CrlIssuer, LabCrl } from './ledger-records.ts';
import type { Ledger } from './ledger.ts';

/** What issuing CRLs needs. */
export interface CrlSource {
  readonly ledger: Ledger;
  readonly authorities: Authorities;
  readonly settings: LabSettings;
  readonly clock: Pick<Clock, 'now'>;
}

// Whoever's clock is a little behind accepts a new CRL all the same; and two CRLs of one second get
// different times without one of them lying in the future.
const BACKDATE_MS = 60_000;

/**
 * Give the CRL of a CA: the last one while it says all there is and half of its time is left, else a new one
 * with the next number and a later thisUpdate. The root has revoked nobody.
 */
export async function currentCrl(issuer: CrlIssuer, source: CrlSource): Promise<LabCrl> {
  const { ledger, authorities, settings, clock } = source;
  const last = await ledger.crl(issuer);
  const revoked = issuer === 'root' ? [] : await revokedIn(ledger);
  const now = clock.now().getTime();
  const { keyIdentifier } = issuerOf(authorities[issuer]);
  const lifetime = settings.crlValiditySeconds * 1000;
  const isCurrent =
    last?.entries === revoked.length &&
    now < last.nextUpdate.getTime() - lifetime / 2 &&
    isBy(keyIdentifier, last);
  if (last && isCurrent) return last;
  const earliest = last ? last.thisUpdate.getTime() + 1000 : 0;
  const thisUpdate = new Date(Math.max(earliest, wholeSeconds(now - BACKDATE_MS)));
  const nextUpdate = new Date(wholeSeconds(now + lifetime));
  const number = (last?.number ?? 0) + 1;
  const fields = { number, thisUpdate, nextUpdate, revoked };
  const der = await issueCrl(fields, issuerOf(authorities[issuer]));
  return ledger.putCrl({ issuer, der, number, thisUpdate, nextUpdate, entries: revoked.length });
}

/** The root may have got another key since. */
function isBy(keyIdentifier: Uint8Array, { der }: LabCrl): boolean {
  const { crlExtensions } = decodeCertificateList(der).tbsCertList;
  const found = extensionValue(crlExtensions, 'authorityKeyIdentifier')?.keyIdentifier;
  return found !== undefined && bytesEqual(found, keyIdentifier);
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
