import { choice, type Codec } from '../../asn1/codec.ts';
import { any } from '../../asn1/primitives.ts';

/**
 * EncryptedKey, RFC 4211 section 2.1: EnvelopedData under an implicit tag, or the deprecated EncryptedValue,
 * which is recognised and not opened. Both are carried as they stand.
 */
export type EncryptedKey =
  | { readonly type: 'encryptedValue'; readonly value: Uint8Array }
  | { readonly type: 'envelopedData'; readonly value: Uint8Array };

// oxfmt-ignore
export const EncryptedKey: Codec<EncryptedKey> = choice<EncryptedKey>('EncryptedKey', {
  encryptedValue: { ...any, starts: (tag) => tag === 0x30 },
  envelopedData:  { ...any, starts: (tag) => tag === 0xa0 },
});
