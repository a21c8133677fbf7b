import type { GeneratedKey } from '../crypto/keys.ts';
import type { Certificate } from '../x509/certificate.ts';

/** Who asked for a key, as far as it decides how the key is encrypted (RFC 9483 section 4.1.6). */
export type KeyHolder =
  | { readonly type: 'secret'; readonly secret: Uint8Array }
  | { readonly type: 'certificate'; readonly certificate: Certificate };

/** A key made here, and for whom. */
export interface GeneratedFor {
  readonly key: GeneratedKey;
  readonly holder: KeyHolder;
}
