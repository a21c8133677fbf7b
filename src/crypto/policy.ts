/** What a CA profile lets cryptography accept beyond the lists in this folder. */
export interface AlgorithmPolicy {
  /** SHA-1 in signatures and as one-way function, and RSA keys of 1024 bits: for a CA too old for better. */
  readonly allowLegacy: boolean;
  /** SHA-1 in signatures, without the short keys. */
  readonly allowSha1?: boolean;
  /** The shortest RSA key, in bits: 2048 where nothing is set, and never less than 1024. */
  readonly leastRsaBits?: number;
  /** DSA in signatures, which nobody issues any more and NIST's tests still have. */
  readonly allowDsa?: boolean;
}

/** The policy of every CA that does not need the legacy switch. */
export const modernOnly: AlgorithmPolicy = { allowLegacy: false };

/** The hint of every refusal that the legacy switch would lift. */
export const legacyHint: string =
  'Set "legacy-algorithms" on the CA profile if its CA cannot do better';
