import type { Making } from './scene-ca.ts';

/** What is made of a certificate nobody gives a word on: the columns. */
export const matrixModes = ['strict', 'ifuri', 'relaxed'] as const;
export type MatrixMode = (typeof matrixModes)[number];

/** What becomes of an IKE_SA with the peer: `ends` is set up by charon, and ended by us. */
export type MatrixVerdict = 'accepts' | 'refuses' | 'ends';

/** What becomes of it in each mode, in their order. */
export type MatrixVerdicts = readonly [MatrixVerdict, MatrixVerdict, MatrixVerdict];

/** What comes of asking for a CRL or a response. */
export type MatrixSource =
  /** Nobody answers. */
  | { readonly type: 'down' }
  /** As it should be, or of another time, or saying something else. */
  | { readonly type: 'made'; readonly making: Making }
  /** The CRL of a CA that has issued nothing here; of the same name or of its own. */
  | { readonly type: 'foreign'; readonly hasSameName: boolean }
  | { readonly type: 'tryLater' };

/** A peer, and what becomes of it. */
export interface MatrixRow {
  readonly title: string;
  /** What its certificate names; each is as it should be when nothing is said. */
  readonly crl?: MatrixSource;
  readonly ocsp?: MatrixSource;
  readonly isRevoked?: boolean;
  /**
   * By what our side judges, beside the mode: an OCSP object whose responder is asked for all of them, the same with
   * `crl-fallback on`, a CRL that we are set up with, or nothing.
   */
  readonly by?: 'object' | 'object-or-crl' | 'ca-crl';
  /** What the responder of the object says, where it is another than the certificate names. */
  readonly object?: MatrixSource;
  /** A charon that nobody but its operator looks after: it goes by what certificates name. */
  readonly alone: MatrixVerdicts;
  /** With us: the same, when absent. */
  readonly together?: MatrixVerdicts;
  /** Why it is another with us. */
  readonly why?: string;
}

const good: MatrixSource = { type: 'made', making: {} };
const expired: MatrixSource = { type: 'made', making: { ago: 7200, until: -3600 } };
const down: MatrixSource = { type: 'down' };

const accepted: MatrixVerdicts = ['accepts', 'accepts', 'accepts'];
const refused: MatrixVerdicts = ['refuses', 'refuses', 'refuses'];
/** Nobody has a word, where the certificate says who should. */
const unanswered: MatrixVerdicts = ['refuses', 'refuses', 'accepts'];
/** The same, by us and not by charon. */
const ended: MatrixVerdicts = ['ends', 'ends', 'accepts'];
/** The certificate does not say who should have a word. */
const unasked: MatrixVerdicts = ['refuses', 'accepts', 'accepts'];

/** All of them, by a short name that is no other's. */
export const matrixRows: Readonly<Record<string, MatrixRow>> = {
  'crl-good': { title: 'a CRL, good', crl: good, alone: accepted },
  'crl-listed': { title: 'a CRL, revoked', crl: good, isRevoked: true, alone: refused },
  'crl-down': { title: 'a CRL whose host is down, good', crl: down, alone: unanswered },
  'crl-down-revoked': {
    title: 'a CRL whose host is down, revoked',
    crl: down,
    isRevoked: true,
    alone: unanswered,
  },
  'crl-expired': { title: 'a CRL that has expired, good', crl: expired, alone: unanswered },
  'crl-expired-listed': {
    title: 'a CRL that has expired, revoked',
    crl: expired,
    isRevoked: true,
    alone: refused,
  },
  'crl-stranger': {
    title: 'a CRL that is signed by a foreign CA',
    crl: { type: 'foreign', hasSameName: false },
    alone: unanswered,
  },
  'crl-impostor': {
    title: 'a CRL that is signed by a foreign CA of the same name',
    crl: { type: 'foreign', hasSameName: true },
    alone: unanswered,
  },
  nothing: { title: 'nothing', alone: unasked },
  'held-good': {
    title: 'nothing, and we are set up with a CRL, good',
    by: 'ca-crl',
    alone: unasked,
    together: accepted,
    why: 'a CRL that we fetch and load counts for charon as one that the certificate names',
  },
  'held-listed': {
    title: 'nothing, and we are set up with a CRL, revoked',
    by: 'ca-crl',
    isRevoked: true,
    alone: unasked,
    together: refused,
    why: 'a CRL that we fetch and load counts for charon as one that the certificate names',
  },
  'ocsp-good': { title: 'a responder, good', ocsp: good, by: 'object', alone: accepted },
  'ocsp-revoked': {
    title: 'a responder, revoked',
    ocsp: good,
    isRevoked: true,
    by: 'object',
    alone: refused,
  },
  'ocsp-unknown': {
    title: 'a responder that does not know it',
    ocsp: { type: 'made', making: { says: 'unknown' } },
    by: 'object',
    alone: unanswered,
    together: ['refuses', 'refuses', 'ends'],
    why: 'a responder that does not know a certificate has a word on it: even relaxed accepts it only by a CRL',
  },
  'ocsp-down': {
    title: 'a responder that is down',
    ocsp: down,
    by: 'object',
    alone: unanswered,
  },
  'ocsp-down-crl': {
    title: 'a responder that is down and a CRL, good',
    ocsp: down,
    crl: good,
    by: 'object',
    alone: accepted,
    together: ended,
    why: 'an OCSP object binds: without `crl-fallback on`, or a CRL that the peer or the policy names, CRLs have no word',
  },
  'ocsp-down-crl-listed': {
    title: 'a responder that is down and a CRL, revoked',
    ocsp: down,
    crl: good,
    isRevoked: true,
    by: 'object',
    alone: refused,
  },
  'fallback-crl': {
    title: 'a responder that is down and a CRL, good, with `crl-fallback on`',
    ocsp: down,
    crl: good,
    by: 'object-or-crl',
    alone: accepted,
  },
  'later-good': {
    title: 'a responder that says good, and that of our object says tryLater',
    ocsp: good,
    object: { type: 'tryLater' },
    by: 'object',
    alone: accepted,
    together: ended,
    why: 'charon asks the responder that the certificate names when ours has no word; only the object is believed by us',
  },
};

/** The rows with their names. */
export function listMatrixRows(): readonly (readonly [string, MatrixRow])[] {
  return Object.entries(matrixRows);
}
