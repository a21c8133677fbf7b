import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem } from '../src/asn1/pem.ts';
import type { Certificate } from '../src/x509/certificate.ts';
import { decodeCertificate } from '../src/x509/certificate.ts';
import { parseName } from '../src/x509/name-text.ts';
import { loadPrivateKeyPem } from '../src/crypto/private-key-pem.ts';
import type { SigningKey } from '../src/crypto/keys.ts';
import { certReqMsg, certTemplate } from '../src/lifecycle/certificate-request.ts';
import type { CertReqMsg } from '../src/cmp/message/cert-req-msg.ts';

/** Read a private key of the PKI. */
export function readKey(directory: string, name: string): SigningKey {
  return loadPrivateKeyPem(readFileSync(join(directory, `${name}.key`), 'utf8')).key;
}

/** Read a certificate of the PKI. */
export function readCertificate(directory: string, name: string): Certificate {
  const [block] = decodePem(readFileSync(join(directory, `${name}.crt`), 'utf8'));
  if (!block) throw new Error(`no PEM block in ${name}.crt`);
  return decodeCertificate(block.der);
}

/** Make ready to build requests for a key: the template once, then each with its own proof of possession. */
export function requestsFor(key: SigningKey): () => Promise<CertReqMsg> {
  const template = certTemplate({ subject: parseName('CN=ee,O=Test'), subjectAltNames: [] }, key);
  return () => certReqMsg(template, key);
}
