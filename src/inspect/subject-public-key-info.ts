import { CertError } from '../base/errors.ts';
import { describeKey } from '../crypto/public-key.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { algorithm } from './algorithm-identifier.ts';
import { branch, maybe, type Node } from './node.ts';
import { octets, text } from './plain.ts';

/** Show a public key, with its key type where it is one we could use. */
export function publicKey(name: string, value: SubjectPublicKeyInfo): Node {
  return branch(name, [
    algorithm('algorithm', value.algorithm),
    maybe('keyType', keyType(value), text),
    octets('subjectPublicKey', value.subjectPublicKey),
  ]);
}

function keyType(value: SubjectPublicKeyInfo): string | undefined {
  try {
    return describeKey(value).keyType;
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return undefined;
  }
}
