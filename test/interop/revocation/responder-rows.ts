import type { UnavailableCode } from '../../../src/revocation/verdict.ts';

/** What nginx has of the CRL that a responder without id-pkix-ocsp-nocheck names. */
export const responderCrls = {
  vouched: 'which does not list it',
  listed: 'which lists it',
  lost: 'which is not there',
} as const;

/** One of those. */
export type ResponderCrl = keyof typeof responderCrls;

/** What is made of its word that a peer is good. */
export type ResponderSaid =
  | 'good'
  | 'good (responder-not-checked)'
  | 'unauthorized-responder'
  | UnavailableCode;

/** By `check-responder`. */
export const responderRows: Readonly<
  Record<'warn' | 'crl' | 'strict', Readonly<Record<ResponderCrl, ResponderSaid>>>
> = {
  warn: {
    vouched: 'good (responder-not-checked)',
    listed: 'good (responder-not-checked)',
    lost: 'good (responder-not-checked)',
  },
  crl: {
    vouched: 'good',
    listed: 'unauthorized-responder',
    lost: 'good (responder-not-checked)',
  },
  strict: { vouched: 'good', listed: 'unauthorized-responder', lost: 'http-status' },
};

/** List all that is tried. */
export function listResponderRows(): readonly (readonly [string, ResponderCrl, ResponderSaid])[] {
  return Object.entries(responderRows).flatMap(([check, row]) =>
    Object.keys(row)
      .filter(isResponderCrl)
      .map((crl) => [check, crl, row[crl]] as const),
  );
}

function isResponderCrl(name: string): name is ResponderCrl {
  return Object.hasOwn(responderCrls, name);
}
