import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem } from '../src/asn1/pem.ts';
import { parseLabel } from '../src/base/label.ts';
import type { Credential } from '../src/cmp/protection/credential.ts';
import type { RequestBody } from '../src/cmp/transaction/request.ts';
import { loadPrivateKeyPem } from '../src/crypto/private-key-pem.ts';
import type { SigningKey } from '../src/crypto/keys.ts';
import { certRequest } from '../src/lifecycle/certificate-request.ts';
import { caProfile } from '../src/settings/ca-profile-defaults.ts';
import type { Certificate } from '../src/x509/certificate.ts';
import { decodeCertificate } from '../src/x509/certificate.ts';
import { parseName } from '../src/x509/name-text.ts';

/** Read a private key of the PKI. */
export function readKey(directory: string, name: string): SigningKey {
  return loadPrivateKeyPem(readFileSync(join(directory, `${name}.key`), 'utf8')).key;
}

/** Read the certificate in a PEM file. */
export function readCertificate(path: string): Certificate {
  const [block] = decodePem(readFileSync(path, 'utf8'));
  if (!block) throw new Error(`no PEM block in ${path}`);
  return decodeCertificate(block.der);
}

/** Make ready to build the bodies of ir for a key, each with its own proof of possession. */
export function requestsFor(key: SigningKey): (credential: Credential) => Promise<RequestBody> {
  const profile = caProfile({ label: parseLabel('bench', 'ca'), url: 'http://x/', roots: [] });
  const wanted = { subject: parseName('CN=ee,O=Test'), subjectAltNames: [] };
  return certRequest('ir', wanted, key, profile);
}
