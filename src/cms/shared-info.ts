import { explicit, optional, sequence, toDer, type TaggedCodec } from '../asn1/codec.ts';
import { octetString } from '../asn1/primitives.ts';
import { deriveX963, type KeyAgreement } from '../crypto/key-agreement.ts';
import { wrapKeyOctets } from '../crypto/key-wrap.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';

/** ECC-CMS-SharedInfo, RFC 5753 section 7.2: what is derived besides the secret agreed on. */
interface SharedInfo {
  readonly keyInfo: AlgorithmIdentifier;
  readonly entityUInfo?: Uint8Array;
  readonly suppPubInfo: Uint8Array;
}

// oxfmt-ignore
const SharedInfo: TaggedCodec<SharedInfo> = sequence<SharedInfo>('ECC-CMS-SharedInfo', {
  keyInfo:     AlgorithmIdentifier,
  entityUInfo: optional(explicit(0, octetString)),
  suppPubInfo: explicit(2, octetString),
});

/**
 * Derive the key that wraps the content-encryption key from a secret agreed on.
 *
 * @param ukm of the KeyAgreeRecipientInfo, if it has one
 */
export function keyEncryptionKey(
  { hash, wrap }: KeyAgreement,
  secret: Uint8Array,
  ukm: Uint8Array | undefined,
): Uint8Array {
  const keyOctets = wrapKeyOctets(wrap);
  const sharedInfo = toDer(SharedInfo, {
    keyInfo: wrap,
    ...(ukm && { entityUInfo: ukm }),
    // Its length in bits, as four octets: 128, 192 or 256.
    suppPubInfo: Uint8Array.of(0, 0, (keyOctets * 8) >> 8, (keyOctets * 8) & 0xff),
  });
  return deriveX963(hash, secret, sharedInfo, keyOctets);
}
