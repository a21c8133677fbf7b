import { toDer } from '../../src/asn1/codec.ts';
import { digest } from '../../src/crypto/digest.ts';
import { crlIdentity } from '../../src/revocation/crl.ts';
import { certificateListDer, type RevokedCertificate } from '../../src/x509/certificate-list.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { Name } from '../../src/x509/name.ts';
import { issue, makeKey, type Issued } from '../harness/certificates.ts';
import { crl as crlBy, entry, type CrlParts } from '../revocation/crl-made.ts';
import type { Site } from './site.ts';

/** Just more than fit into VICI. */
export const manyEntries: readonly RevokedCertificate[] = Array.from({ length: 2500 }, (_, at) =>
  entry(BigInt(at) + 2n ** 80n),
);

/** Make a CA whose subjectKeyIdentifier is made of its key by a digest; charon wants that to be SHA-1. */
export function caBy(hash: 'sha1' | 'sha256', subject = 'CN=Large CA'): Issued {
  const key = makeKey();
  const keyIdentifier = digest(hash, key.spki.subjectPublicKey).subarray(0, 20);
  const extensions = [extension('subjectKeyIdentifier', keyIdentifier)];
  return issue({ subject, isCa: true, key, extensions });
}

/** Hold a CRL as one that was verified. @returns its octets */
export async function holdCrl(
  { store, clock }: Pick<Site, 'store' | 'clock'>,
  signer: Issued,
  parts: CrlParts = {},
): Promise<Uint8Array> {
  const crl = crlBy(signer, parts);
  const der = certificateListDer(crl.list);
  await store.heldCrls.put({
    der,
    identity: crlIdentity(crl, signer.certificate),
    issuer: toDer(Name, crl.issuer),
    thisUpdate: crl.thisUpdate,
    ...(crl.nextUpdate && { nextUpdate: crl.nextUpdate }),
    ...(crl.crlNumber !== undefined && { crlNumber: crl.crlNumber }),
    fetchedAt: clock.now(),
  });
  return der;
}
