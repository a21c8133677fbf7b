import { createPrivateKey, type KeyObject } from 'node:crypto';
import { asBuffer, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { decodePem, findPemTexts } from '../asn1/pem.ts';
import { assertAffordable } from './encrypted-private-key-info.ts';
import { generatedKey, type GeneratedKey, type SigningKey } from './keys.ts';
import { assertKeyAllowed, describeKey } from './public-key.ts';
import { signatureAlgorithmFor, signWithKeyObject, verifySignature } from './signature.ts';

/** What each PEM label is that people hand over instead of a private key. */
const mistaken: ReadonlyMap<string, string> = new Map([
  ['CERTIFICATE', 'a certificate'],
  ['CERTIFICATE REQUEST', 'a certificate request'],
  ['PUBLIC KEY', 'a public key'],
  ['OPENSSH PRIVATE KEY', 'a private key in the form of OpenSSH'],
]);

const keyLabels: ReadonlySet<string> = new Set([
  'PRIVATE KEY', // PKCS #8
  'ENCRYPTED PRIVATE KEY', // PKCS #8
  'EC PRIVATE KEY', // SEC 1
  'RSA PRIVATE KEY', // PKCS #1
]);

/**
 * Read the private key an operator brings in a file: PKCS #8, SEC 1 or PKCS #1, encrypted or not. What
 * stands around it (certificates, EC PARAMETERS) is passed over.
 *
 * RSA may have 1024 bits and odd lengths here; `assertKeyAllowed` has the last word on that.
 *
 * @returns the key, and the same key as PKCS #8 in clear, EC with its curve by name
 * @throws {CertError} KEY_UNUSABLE, saying what was found instead
 */
export function loadPrivateKeyPem(pem: string, passphrase?: string): GeneratedKey {
  // Not decodePem: the old encrypted forms have header lines (RFC 1421), which RFC 7468 has no place for.
  const blocks = findPemTexts(pem);
  const [found, second] = blocks.filter(({ label }) => keyLabels.has(label));
  if (!found) return refuseOther(pem, [...new Set(blocks.map(({ label }) => label))]);
  if (second) return refuse('more than one private key is in the file');
  const isEncrypted =
    found.label === 'ENCRYPTED PRIVATE KEY' || found.text.includes('Proc-Type: 4,ENCRYPTED');
  if (isEncrypted && passphrase === undefined) {
    return refuse(
      'it is encrypted',
      'Give its passphrase: password file:PATH where it is imported, key-password file:PATH elsewhere',
    );
  }
  if (found.label === 'ENCRYPTED PRIVATE KEY') assertAffordablePem(found.text);
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: found.text, ...(isEncrypted && { passphrase }) });
  } catch (cause) {
    const why = isEncrypted
      ? 'the passphrase is wrong, or its encryption is not supported'
      : `"${found.label}" does not decode`;
    throw new CertError('KEY_UNUSABLE', `Cannot read the private key: ${why}`, { cause });
  }
  return checkedKey(key);
}

function assertAffordablePem(text: string): void {
  try {
    for (const { der } of decodePem(text)) assertAffordable(der);
  } catch (cause) {
    if (!(cause instanceof CertError) || cause.code === 'KEY_UNUSABLE') throw cause;
    throw new CertError('KEY_UNUSABLE', `Cannot read the private key: ${cause.message}`, { cause });
  }
}

/**
 * Read a private key in DER, as other files have it inside of them.
 *
 * @param pkcs8 PrivateKeyInfo, in clear
 * @returns the same as `loadPrivateKeyPem`
 * @throws {CertError} KEY_UNUSABLE
 */
export function loadPkcs8(pkcs8: Uint8Array): GeneratedKey {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: asBuffer(pkcs8), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new CertError('KEY_UNUSABLE', 'Cannot read the private key: PKCS#8 does not decode', {
      cause,
    });
  }
  return checkedKey(key);
}

function checkedKey(key: KeyObject): GeneratedKey {
  const privateKey = withNamedCurve(key);
  const generated = generatedKey(privateKey);
  assertUsable(privateKey, generated.key);
  return generated;
}

/**
 * The public half stands in the file beside the private one, and OpenSSL takes its word for it: a file
 * put together wrongly would be enrolled, and the certificate never work.
 */
function assertUsable(privateKey: KeyObject, key: SigningKey): void {
  const policy = { allowLegacy: true };
  assertKeyAllowed(key.spki, policy);
  const algorithm = signatureAlgorithmFor(key);
  const data = utf8('do both halves of the key belong together?');
  const signature = signWithKeyObject(privateKey, describeKey(key.spki), data, algorithm);
  if (!verifySignature({ spki: key.spki, algorithm, data, signature, policy })) {
    refuse('the public half in it belongs to another key');
  }
}

/** EC with explicit parameters or a compressed point comes out as every peer takes it. */
function withNamedCurve(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ec') return key;
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  // Other curves have no JWK form; the list of keys refuses them with the reason.
  if (!['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve ?? '')) return key;
  return createPrivateKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
}

function refuseOther(pem: string, labels: readonly string[]): never {
  const [label] = labels;
  if (label === undefined) {
    // Text has no NUL, and the DER of a key always has: in its version or its BIT STRING.
    const isBinary = pem.includes('\0');
    return isBinary
      ? refuse('found DER or other binary data, expected PEM', 'Convert it with "openssl pkey"')
      : refuse('found no "-----BEGIN …-----" block');
  }
  const what = labels.map((one) => mistaken.get(one) ?? `"${one}"`).join(' and ');
  return label === 'OPENSSH PRIVATE KEY'
    ? refuse(`found ${what}`, 'Convert a copy with "ssh-keygen -p -m PKCS8 -f FILE"')
    : refuse(`found ${what}`);
}

function refuse(why: string, hint?: string): never {
  throw new CertError(
    'KEY_UNUSABLE',
    `Cannot read the private key: ${why}`,
    hint === undefined ? {} : { hint },
  );
}
