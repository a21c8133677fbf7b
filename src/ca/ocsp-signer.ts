import { fromDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import type { Random } from '../base/random.ts';
import { softwareKeys } from '../crypto/keys.ts';
import { Certificate, certificateDer } from '../x509/certificate.ts';
import { extension } from '../x509/extension-values.ts';
import type { Extension } from '../x509/extension.ts';
import { parseName } from '../x509/name-text.ts';
import { issuerOf, type Authorities, type Authority, type AuthorityRecord } from './authority.ts';
import { issueCertificate, publicKeyOf, serialNumberFrom } from './issue-certificate.ts';
import type { Ledger } from './ledger.ts';

/** What the certificate of a delegate says: it signs responses, and is not asked about itself. */
export const asDelegate: readonly Extension[] = [
  extension('basicConstraints', { cA: false }, true),
  extension('keyUsage', ['digitalSignature'], true),
  extension('extKeyUsage', [oids.ocspSigning]),
  extension('ocspNoCheck', null),
];

/** The name of every delegate, also of those that take another's place. */
export const delegateSubject = 'CN=Lab OCSP Responder,O=certkeeper lab';

/**
 * Find the responder that the issuing CA has named (RFC 6960 section 4.2.2.2), or have it named: labs that never
 * answered have none. Its key is on P-256, which every client knows, and its certificate ends with that of the CA.
 */
export async function delegateOf(
  { issuing }: Authorities,
  ledger: Ledger,
  random: Random,
): Promise<Authority> {
  const records = await ledger.authorities();
  const found = records.find(({ role }) => role === 'ocsp');
  if (found) return loaded(found);
  const { key, pkcs8 } = await softwareKeys.generate('p-256');
  const { notBefore, notAfter } = issuing.certificate.tbsCertificate.validity;
  const certificate = await issueCertificate(
    {
      serialNumber: serialNumberFrom(random.bytes(16)),
      subject: parseName(delegateSubject),
      publicKey: publicKeyOf(key),
      notBefore: notBefore.value,
      notAfter: notAfter.value,
      extensions: asDelegate,
    },
    issuerOf(issuing),
  );
  const made: AuthorityRecord = { role: 'ocsp', pkcs8, certificate: certificateDer(certificate) };
  // Of two first requests at once, both are answered by one.
  return loaded(await ledger.addAuthority(made));
}

function loaded({ pkcs8, certificate }: AuthorityRecord): Authority {
  return { key: softwareKeys.load(pkcs8), certificate: fromDer(Certificate, certificate) };
}
