import { CertError } from '../base/errors.ts';
import { toDer } from '../asn1/codec.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import { objectIdentifier } from '../asn1/primitives.ts';
import { encodeKeySpec } from '../cmp/message/cert-req-template.ts';
import type { CrmfAttribute } from '../cmp/message/cert-req-msg.ts';
import type { CertTemplate } from '../cmp/message/cert-template.ts';
import type { KeyType } from '../crypto/key-type.ts';
import { algorithmIdentifier, type AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { extension } from '../x509/extension-values.ts';
import { parseName } from '../x509/name-text.ts';
import type { LabSettings } from './lab-settings.ts';

/** The key types a lab certifies where it is not set to fewer, strongest families first. */
export const certifiedKeyTypes: readonly KeyType[] = [
  'p-256',
  'p-384',
  'p-521',
  'ed25519',
  'ed448',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
];

/**
 * Read key types as they are set: words of the list above with commas between.
 *
 * @throws {CertError} USAGE_INVALID
 */
export function parseKeySpecs(text: string): readonly KeyType[] {
  return text.split(',').map((word) => {
    const found = certifiedKeyTypes.find((type) => type === word.trim());
    if (found) return found;
    throw new CertError('USAGE_INVALID', `Cannot use "${word.trim()}" as a key type`, {
      hint: `Use some of ${certifiedKeyTypes.join(',')}`,
    });
  });
}

/** Name the key types that are set, one control each (RFC 9810 section 5.3.19.16); none when all will do. */
export function keySpecsOf({ keySpecs }: LabSettings): readonly CrmfAttribute[] {
  return keySpecs.map((type) => {
    const bits = rsaBits(type);
    return bits === undefined
      ? encodeKeySpec({ type: 'algId', value: algorithmOf(type) })
      : encodeKeySpec({ type: 'rsaKeyLen', value: bits });
  });
}

/**
 * List the public keys the lab certifies, RSA once whatever its lengths (RFC 9810 section 5.3.19.2). With an
 * RSA key one can encrypt, too; keys that agree on others are not certified here.
 */
export function publicKeyAlgorithms(
  { keySpecs }: LabSettings,
  use: 'sign' | 'encrypt',
): readonly AlgorithmIdentifier[] {
  const types = keySpecs.length > 0 ? keySpecs : certifiedKeyTypes;
  const rsa = types.some((type) => rsaBits(type) !== undefined)
    ? [algorithmIdentifier('rsaEncryption', 'NULL')]
    : [];
  if (use === 'encrypt') return rsa;
  return [...types.filter((type) => rsaBits(type) === undefined).map(algorithmOf), ...rsa];
}

/** What a template says beside the key: the subject to take, and the use of the key. */
export function requestTemplate(subject: string | undefined): CertTemplate {
  return {
    ...(subject !== undefined && { subject: parseName(subject) }),
    extensions: [extension('keyUsage', ['digitalSignature'], true)],
  };
}

function rsaBits(type: KeyType): number | undefined {
  const bits = /^rsa-(\d+)$/.exec(type)?.[1];
  return bits === undefined ? undefined : Number(bits);
}

function algorithmOf(type: KeyType): AlgorithmIdentifier {
  if (type === 'ed25519' || type === 'ed448') return algorithmIdentifier(type);
  const curve = curves.get(type);
  if (curve === undefined) throw new CertError('INTERNAL', `Cannot name the algorithm of ${type}`);
  return algorithmIdentifier('ecPublicKey', toDer(objectIdentifier, curve));
}

const curves: ReadonlyMap<KeyType, Oid> = new Map<KeyType, Oid>([
  ['p-256', oids.prime256v1],
  ['p-384', oids.secp384r1],
  ['p-521', oids.secp521r1],
]);
