import type { OcspRules } from '../../../src/revocation/ocsp-rules.ts';
import {
  believed,
  signers,
  type ResponderKind,
  type Said,
  type Signer,
} from './ocsp-responders.ts';

/** Who made the octets: openssl, the encoder of these tests where it cannot, or nobody, where only the way is wrong. */
export type Maker = 'openssl' | 'own encoder' | '–';

/** A response, and what is made of it. */
export interface OcspRow {
  readonly title: string;
  readonly maker: Maker;
  /** Signed by the responder that the CA named: it is judged before what is said here. */
  readonly says?: Said;
  /** What comes of it whoever has signed it, or nobody. */
  readonly always?: Said;
  /** Everything is right but who signed it. */
  readonly signer?: Signer;
  readonly nonce?: 'prefer' | 'require';
  /** Settings of an OCSP object that differ from what is usual. */
  readonly rules?: MatrixRules;
}

/** Those that rows differ in. */
export type MatrixRules = Partial<
  Pick<
    OcspRules,
    'maxAgeSeconds' | 'clockSkewSeconds' | 'rejectMissingNextUpdate' | 'maxResponseOctets'
  >
>;

/** Say them as an operator does. */
export function wordsOf(rules: MatrixRules): string {
  const { maxAgeSeconds, clockSkewSeconds, rejectMissingNextUpdate, maxResponseOctets } = rules;
  return [
    maxAgeSeconds === undefined ? [] : [`max-age ${maxAgeSeconds}`],
    clockSkewSeconds === undefined ? [] : [`clock-skew ${clockSkewSeconds}`],
    rejectMissingNextUpdate === true ? ['reject-missing-next-update on'] : [],
    maxResponseOctets === undefined ? [] : [`max-response-size ${maxResponseOctets}`],
  ]
    .flat()
    .join(' ');
}

/** All of them, by a name. */
export const ocspRows = {
  good: { title: 'good', maker: 'openssl', says: 'good' },
  revoked: { title: 'revoked', maker: 'openssl', says: 'revoked' },
  hold: { title: 'revoked, on hold', maker: 'openssl', says: 'revoked' },
  unknown: { title: 'unknown', maker: 'openssl', says: 'unknown' },
  sha256: { title: 'good, by a CertID of SHA-256', maker: 'openssl', says: 'good' },
  'no-next': { title: 'good, without nextUpdate', maker: 'openssl', says: 'good (no-age-bound)' },
  expired: { title: 'expired', maker: 'openssl', says: 'expired' },
  future: { title: 'of the future', maker: 'openssl', says: 'not-yet-valid' },
  'expired-in-skew': {
    title: 'expired half a day ago',
    maker: 'openssl',
    says: 'good',
    rules: { clockSkewSeconds: 86_400 },
  },
  'future-in-skew': {
    title: 'of half a day ahead',
    maker: 'openssl',
    says: 'good',
    rules: { clockSkewSeconds: 86_400 },
  },
  'too-old': {
    title: 'good since a day',
    maker: 'openssl',
    says: 'too-old',
    rules: { maxAgeSeconds: 3600 },
  },
  'not-too-old': {
    title: 'good since a day',
    maker: 'openssl',
    says: 'good',
    rules: { maxAgeSeconds: 172_800 },
  },
  'no-next-refused': {
    title: 'good, without nextUpdate',
    maker: 'openssl',
    says: 'no-next-update',
    rules: { rejectMissingNextUpdate: true },
  },
  broken: { title: 'with a bad signature', maker: 'openssl', says: 'bad-signature' },
  sha1: { title: 'signed with SHA-1', maker: 'openssl', says: 'bad-signature' },
  'other-serial': {
    title: 'about another serial number',
    maker: 'openssl',
    says: 'no-matching-response',
  },
  'other-ca': {
    title: 'about that serial number of another CA',
    maker: 'openssl',
    says: 'no-matching-response',
  },
  crowd: { title: 'about many others, too', maker: 'openssl', says: 'good' },
  huge: { title: 'about more than 64 KiB hold', maker: 'openssl', always: 'too-large' },
  'huge-allowed': {
    title: 'about more than 64 KiB hold',
    maker: 'openssl',
    says: 'good',
    rules: { maxResponseOctets: 1_048_576 },
  },
  crowded: {
    title: 'about more than a thousand',
    maker: 'openssl',
    always: 'malformed',
    rules: { maxResponseOctets: 1_048_576 },
  },
  'with-chain': { title: 'good, with the CAs of its signer', maker: 'openssl', says: 'good' },
  'many-certs': { title: 'good, with ten certificates', maker: 'openssl', always: 'too-large' },

  'by-rsa': { title: 'good', maker: 'openssl', signer: 'rsa' },
  'by-weak': { title: 'good', maker: 'openssl', signer: 'weak' },
  'by-unchecked': { title: 'good', maker: 'openssl', signer: 'unchecked' },
  'by-sub': { title: 'good', maker: 'openssl', signer: 'sub' },
  'by-stranger': { title: 'good', maker: 'openssl', signer: 'stranger' },
  'by-impostor': { title: 'good', maker: 'openssl', signer: 'impostor' },
  'by-plain': { title: 'good', maker: 'openssl', signer: 'plain' },
  'by-any': { title: 'good', maker: 'openssl', signer: 'any' },
  'by-no-signing': { title: 'good', maker: 'openssl', signer: 'no-signing' },
  'by-old': { title: 'good', maker: 'openssl', signer: 'old' },
  'by-young': { title: 'good', maker: 'openssl', signer: 'young' },
  'by-of-root': { title: 'good', maker: 'openssl', signer: 'of-root' },

  'nonce-back': {
    title: 'good, our nonce comes back',
    maker: 'openssl',
    says: 'good',
    nonce: 'require',
  },
  'nonce-missing': {
    title: 'good, no nonce comes back',
    maker: 'openssl',
    says: 'nonce-missing',
    nonce: 'require',
  },
  'nonce-wrong': {
    title: 'good, another nonce comes back',
    maker: 'openssl',
    says: 'nonce-mismatch',
    nonce: 'require',
  },
  'nonce-missing-preferred': {
    title: 'good, no nonce comes back',
    maker: 'openssl',
    says: 'good',
    nonce: 'prefer',
  },
  'nonce-wrong-preferred': {
    title: 'good, another nonce comes back',
    maker: 'openssl',
    says: 'nonce-mismatch',
    nonce: 'prefer',
  },
  'nonce-unasked': {
    title: 'good, with a nonce nobody sent',
    maker: 'openssl',
    says: 'good',
  },

  'two-revoked': {
    title: 'two answers: revoked, and a newer one that is good',
    maker: 'own encoder',
    says: 'revoked',
  },
  'two-revoked-ended': {
    title: 'two answers: revoked but expired, and good',
    maker: 'own encoder',
    says: 'good',
  },
  'two-newest-good': {
    title: 'two answers: unknown, and a newer one that is good',
    maker: 'own encoder',
    says: 'good',
  },
  'two-newest-unknown': {
    title: 'two answers: good, and a newer one that is unknown',
    maker: 'own encoder',
    says: 'unknown',
  },
  'never-issued': {
    title: 'never issued: on hold since 1970, by extended-revoke',
    maker: 'own encoder',
    says: 'revoked',
  },
  'critical-single': {
    title: 'good, the answer with a critical extension nobody knows',
    maker: 'own encoder',
    says: 'unsupported-critical-extension',
  },
  'critical-response': {
    title: 'good, the response with a critical extension nobody knows',
    maker: 'own encoder',
    always: 'unsupported-critical-extension',
  },
  'other-type': {
    title: 'of another responseType',
    maker: 'own encoder',
    always: 'malformed',
  },

  tryLater: { title: 'tryLater', maker: 'own encoder', always: 'responder-error(tryLater)' },
  'tryLater-once': { title: 'tryLater, then good', maker: 'openssl', says: 'good' },
  unauthorized: {
    title: 'unauthorized',
    maker: 'own encoder',
    always: 'responder-error(unauthorized)',
  },
  internalError: {
    title: 'internalError',
    maker: 'own encoder',
    always: 'responder-error(internalError)',
  },
  malformedRequest: {
    title: 'malformedRequest',
    maker: 'own encoder',
    always: 'responder-error(malformedRequest)',
  },
  sigRequired: {
    title: 'sigRequired',
    maker: 'own encoder',
    always: 'responder-error(sigRequired)',
  },

  truncated: { title: 'without its last octet', maker: 'openssl', always: 'malformed' },
  trailing: { title: 'with an octet behind it', maker: 'openssl', always: 'malformed' },
  html: { title: 'a page of HTML', maker: '–', always: 'malformed' },
  'wrong-type': {
    title: 'good, called text/plain',
    maker: 'openssl',
    says: 'good (content-type)',
  },
  'status-500': { title: 'HTTP status 500', maker: '–', always: 'http-status' },
  redirect: { title: 'good, where a redirect leads', maker: 'openssl', says: 'good' },
  'redirect-post': {
    title: 'good, where a redirect leads',
    maker: 'openssl',
    says: 'good',
    nonce: 'require',
  },
  'redirect-round': { title: 'redirects in a circle', maker: '–', always: 'http-status' },
  'redirect-ftp': { title: 'a redirect to ftp', maker: '–', always: 'http-status' },
  slow: { title: 'no answer in time', maker: '–', always: 'timeout' },
  dripping: { title: 'good, octet by octet, not in time', maker: 'openssl', always: 'timeout' },
  dropped: { title: 'a connection that is closed', maker: '–', always: 'connect' },
  cut: { title: 'a connection that is closed half-way', maker: 'openssl', always: 'connect' },
} as const;

/** The name of a row. */
export type OcspRowName = keyof typeof ocspRows;

/** List the rows. */
export function listOcspRows(): readonly (readonly [OcspRowName, OcspRow])[] {
  const names = Object.keys(ocspRows).filter(isRowName);
  return names.map((name) => [name, ocspRows[name]] as const);
}

function isRowName(name: string): name is OcspRowName {
  return Object.hasOwn(ocspRows, name);
}

/** Say what is to come of a row; undefined where a kind has no such setting. */
export function expectedOf(
  { says, always, signer = 'ocsp', nonce, rules }: OcspRow,
  kind: ResponderKind,
): Said | undefined {
  // `ocsp` of a policy has nonce off, or require, and no settings.
  if (kind === 'issuer' && (nonce === 'prefer' || rules !== undefined)) return undefined;
  if (always !== undefined) return always;
  const who = believed[signer][kind];
  return who === 'good' ? (says ?? 'good') : who;
}

/**
 * Say what is to come of a row where a peer staples the octets and nobody listens at the responder: what cannot be
 * believed is as if it was not there. Undefined where there are no octets.
 */
export function expectedOfStaple(name: OcspRowName): Said | undefined {
  if (ofTheWay.has(name)) return undefined;
  const row: OcspRow = ocspRows[name];
  // It answers no nonce of ours: with `require` that is not enough, and else none is missed.
  if (row.nonce !== undefined) return row.nonce === 'require' ? 'connect' : 'good';
  const said = expectedOf(row, 'rfc6960') ?? 'good';
  return said.startsWith('good') || said === 'revoked' ? said : 'connect';
}

/** Rows that are about how octets come, or in which they are made for a query. */
const ofTheWay: ReadonlySet<OcspRowName> = new Set<OcspRowName>([
  'nonce-back',
  'tryLater-once',
  'wrong-type',
  'status-500',
  'redirect',
  'redirect-post',
  'redirect-round',
  'redirect-ftp',
  'slow',
  'dripping',
  'dropped',
  'cut',
]);

/** Name a row as a sentence has it. */
export function titleOf({ title, signer, nonce, rules }: OcspRow): string {
  const by = signer === undefined ? '' : `, signed by ${signers[signer]}`;
  const settings = [nonce === undefined ? [] : [`nonce ${nonce}`], rules ? [wordsOf(rules)] : []];
  const all = settings.flat();
  return `${title}${by}${all.length === 0 ? '' : `; with \`${all.join(' ')}\``}`;
}
