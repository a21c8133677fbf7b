/** A key we generate. */
export type KeyType =
  | 'rsa-1024'
  | 'rsa-2048'
  | 'rsa-3072'
  | 'rsa-4096'
  | 'p-256'
  | 'p-384'
  | 'p-521'
  | 'ed25519'
  | 'ed448';

/** A key we can use: brought along in a file, RSA may have any length and be bound to RSASSA-PSS. */
export type AnyKeyType = KeyType | `rsa-${number}` | `rsa-pss-${number}`;
