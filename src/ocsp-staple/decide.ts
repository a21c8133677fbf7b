import { formatTime } from '../base/format-time.ts';
import type { HeldStaple, KeptStaple } from '../store/staples-contract.ts';
import { usefulUntil } from './timing.ts';

/** What asking came to, verified. */
export type Offered =
  | { readonly type: 'good'; readonly staple: HeldStaple }
  | {
      readonly type: 'revoked';
      readonly at: Date;
      /** CRLReason by its RFC name. */
      readonly reason: string;
      readonly thisUpdate: Date;
    }
  /** The responder knows of no such certificate. */
  | { readonly type: 'unknown' }
  /** HTTP says that what is held is the newest there is. */
  | { readonly type: 'not-modified'; readonly freshUntil?: Date }
  /** `code` is one of `unavailableCodes`. */
  | {
      readonly type: 'nothing';
      readonly code: string;
      /** Lower case, no final period. */
      readonly detail: string;
      readonly retryAfter?: Date;
    };

/** Why nothing better came. */
export interface Trouble {
  readonly code: string;
  /** Lower case, no final period. */
  readonly text: string;
  readonly retryAfter?: Date;
}

/** What is made of what came. */
export type Decision =
  /** From now on this one is shown. */
  | { readonly type: 'take'; readonly staple: HeldStaple }
  /** What is held stays, if anything is; without trouble it is the best there is. */
  | { readonly type: 'keep'; readonly trouble?: Trouble; readonly freshUntil?: Date }
  /** Nothing is shown any more. */
  | { readonly type: 'withdraw'; readonly revoked: NonNullable<KeptStaple['revoked']> };

/** What a decision hangs on beside what came. */
export interface Circumstances {
  readonly now: Date;
  /** Nobody knows what time it is: what is there stays, and nothing new is shown. */
  readonly isClockSuspect: boolean;
  /** The operator takes responses without nextUpdate. */
  readonly allowsEndless: boolean;
}

/** Decide what becomes of what came. Never is a worse response shown in place of a better one. */
export function decide(
  kept: Pick<KeptStaple, 'held' | 'revoked'> | undefined,
  offered: Offered,
  circumstances: Circumstances,
): Decision {
  if (circumstances.isClockSuspect) {
    return trouble('clock-suspect', 'the clock cannot be right, so nothing new is believed');
  }
  switch (offered.type) {
    case 'good':
      return onGood(kept, offered.staple, circumstances);
    case 'revoked':
      return onRevoked(kept, offered, circumstances.now);
    case 'unknown':
      return trouble('unknown', 'the responder does not know the certificate');
    case 'not-modified': {
      const { freshUntil } = offered;
      if (!isShown(kept?.held, circumstances.now)) {
        return trouble(
          'malformed',
          'the responder says that nothing has changed, and nothing is here',
        );
      }
      return { type: 'keep', ...(freshUntil && { freshUntil }) };
    }
    case 'nothing': {
      const { code, detail, retryAfter } = offered;
      return trouble(code, detail, retryAfter);
    }
  }
}

/** A server is told to take a response up, and to drop it again: not twice a minute. */
const LEAST_SHOWN_MS = 60_000;

function onGood(
  kept: Pick<KeptStaple, 'held' | 'revoked'> | undefined,
  staple: HeldStaple,
  { now, allowsEndless }: Circumstances,
): Decision {
  const { thisUpdate, until, nextUpdate } = staple;
  if (!nextUpdate && !allowsEndless) return trouble('no-next-update', 'there is no nextUpdate');
  if (until.getTime() - now.getTime() < LEAST_SHOWN_MS) {
    const text = nextUpdate
      ? `it could be shown until ${formatTime(until)}; nextUpdate is ${formatTime(nextUpdate)}`
      : 'the certificate or that of the responder has ended';
    return trouble('expired', text);
  }
  const { held, revoked } = kept ?? {};
  if (revoked && revoked.reason !== 'certificateHold') {
    return trouble('worse', 'it says good of a certificate that was revoked for good');
  }
  if (revoked && thisUpdate <= revoked.thisUpdate) {
    return trouble(
      'worse',
      `it is older than the word of the hold, of ${formatTime(revoked.thisUpdate)}`,
    );
  }
  if (!isShown(held, now)) return { type: 'take', staple };
  if (thisUpdate < held.thisUpdate) {
    const text = `thisUpdate is ${formatTime(thisUpdate)}, before that of the one held, ${formatTime(held.thisUpdate)}`;
    return trouble('worse', text);
  }
  // As new, or newer: shown if it lasts longer. Where it does not, what is held is the best there is.
  if (usefulUntil(staple) > usefulUntil(held)) return { type: 'take', staple };
  return { type: 'keep', ...(staple.freshUntil && { freshUntil: staple.freshUntil }) };
}

/** A hold may be over: what is older than the word that is held says nothing of now. A revocation for good is. */
function onRevoked(
  kept: Pick<KeptStaple, 'held' | 'revoked'> | undefined,
  { at, reason, thisUpdate }: Extract<Offered, { readonly type: 'revoked' }>,
  now: Date,
): Decision {
  const { held, revoked } = kept ?? {};
  // An old word of a hold, given again by whoever stands between, would let an old good follow.
  const isOverruled =
    revoked && (revoked.reason !== 'certificateHold' || thisUpdate <= revoked.thisUpdate);
  if (reason === 'certificateHold' && isOverruled) return { type: 'withdraw', revoked };
  if (reason === 'certificateHold' && isShown(held, now) && thisUpdate < held.thisUpdate) {
    return trouble(
      'worse',
      `its word of a hold is of ${formatTime(thisUpdate)}, before the one held`,
    );
  }
  return { type: 'withdraw', revoked: { at, reason, thisUpdate } };
}

/** Tell whether a response may be shown at a moment. */
export function isShown(held: HeldStaple | undefined, now: Date): held is HeldStaple {
  return held !== undefined && now < held.until;
}

function trouble(code: string, text: string, retryAfter?: Date): Decision {
  return { type: 'keep', trouble: { code, text, ...(retryAfter && { retryAfter }) } };
}
