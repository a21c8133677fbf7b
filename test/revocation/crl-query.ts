import type { Crl } from '../../src/revocation/crl.ts';
import { signersBelow } from '../../src/revocation/crl-signers.ts';
import { checkRevocationByCrls, type CrlQuery } from '../../src/revocation/crl-status.ts';
import { beginValidation } from '../../src/revocation/validate-path.ts';
import type { RevocationVerdict } from '../../src/revocation/verdict.ts';
import type { Certificate } from '../../src/x509/certificate.ts';

/** A path, the CRLs there are, and the certificates their signers are looked for among. */
export interface CrlQuestion {
  /** From the certificate to the anchor, which is the last. */
  readonly chain: readonly Certificate[];
  readonly crls: readonly Crl[];
  readonly pool?: readonly Certificate[];
  readonly at: Date;
  readonly query?: Partial<CrlQuery>;
}

/** Ask about every certificate of a chain below its anchor. */
export function verdictsOn(question: CrlQuestion): readonly RevocationVerdict[] {
  const { chain, crls, pool = [], at, query } = question;
  const [certificate] = chain;
  const anchor = chain.at(-1);
  if (!certificate || !anchor) throw new Error('no chain');
  const policy = query?.policy ?? { allowLegacy: false };
  const inputs = {
    certificate,
    intermediates: [...chain.slice(1, -1), ...pool],
    anchors: [anchor],
    at,
    policy,
  };
  return checkRevocationByCrls({
    path: chain.slice(0, -1),
    anchor,
    crls,
    signers: signersBelow(anchor, beginValidation(inputs), inputs),
    policy,
    at,
    clockSkewSeconds: 0,
    useDeltas: true,
    ...query,
  });
}

/** The status of the first certificate of a chain, or why there is none. */
export function codeOf(question: CrlQuestion): string {
  const [verdict] = verdictsOn(question);
  if (!verdict) return 'none';
  return verdict.type === 'unavailable' ? verdict.code : verdict.type;
}
