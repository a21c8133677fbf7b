import type { Label } from '../base/label.ts';
import type { KeptStaple } from '../store/staples-contract.ts';
import type { Decision } from './decide.ts';
import { afterRevokedAt, refreshAt, retryAt } from './timing.ts';

/** Which version of a certificate it is about. */
export interface StapledVersion {
  /** SHA-256 of its DER, in lower-case hexadecimal. */
  readonly certificate: string;
  readonly name: Label;
  /** Its serial number: with the name it decides when it is asked about, among all others. By its hash when absent. */
  readonly serial?: string;
}

/** Write what a decision makes of what is kept, and when to ask next. */
export function keptAfter(
  { certificate, name, serial = certificate }: StapledVersion,
  kept: KeptStaple | undefined,
  decision: Decision,
  now: Date,
): KeptStaple {
  const seed = `${name} ${serial}`;
  const base = { certificate, name, failures: 0, triedAt: now };
  switch (decision.type) {
    case 'take': {
      const { staple: held } = decision;
      return { ...base, held, nextAt: refreshAt(held, seed, now) };
    }
    case 'withdraw': {
      const { revoked } = decision;
      return {
        ...base,
        revoked,
        code: 'revoked',
        error: `the responder says that it is revoked: ${revoked.reason}`,
        nextAt: afterRevokedAt(revoked.reason, seed, now),
      };
    }
    case 'keep': {
      const { trouble, freshUntil } = decision;
      const before = kept?.held;
      const held = before && { ...before, ...(freshUntil && { freshUntil }) };
      if (!trouble && held) return { ...base, held, nextAt: refreshAt(held, seed, now) };
      const failures = (kept?.failures ?? 0) + 1;
      const { code = 'internal', text = 'nothing came', retryAfter } = trouble ?? {};
      return {
        ...base,
        ...(before && { held: before }),
        ...(kept?.revoked && { revoked: kept.revoked }),
        failures,
        code,
        error: text,
        ...(retryAfter && { retryAfter }),
        nextAt: retryAt(seed, failures, now, retryAfter),
      };
    }
  }
}
