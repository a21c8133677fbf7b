import type { ErrorCode } from '../../src/base/errors.ts';
import type { SceneName } from './fault-scenes.ts';

/** A fault that must be refused: where it is tried, and how that ends. */
export interface RefusalTrial {
  readonly fault: string;
  readonly scenes: readonly SceneName[];
  /** Code of what is thrown; `refused` for a certificate that is refused, which is a result. */
  readonly code: ErrorCode | 'refused';
  /** A word of the message. */
  readonly says: string;
  /** Rows of the conformance checklist, in brackets. */
  readonly rows: string;
}

/** What survives a fault. */
export interface SurvivalTrial {
  readonly fault: string;
  readonly scenes: readonly SceneName[];
  readonly ends: 'issued' | 'rejected';
  readonly rows: string;
}

/** Every kind of answer on the way to a certificate, under either protection. */
const enrolling: readonly SceneName[] = [
  'ip',
  'pkiconf of an ir',
  'pollRep',
  'signed kup',
  'signed pkiconf of a kur',
  'signed pollRep',
];
const everywhere: readonly SceneName[] = [...enrolling, 'signed rp', 'genp'];
/** The final answer after polling may have one nonce more. */
const afterPolling: readonly SceneName[] = ['ip after polling', 'signed kup after polling'];
/** Enough for what is checked in one place for all answers. */
const some: readonly SceneName[] = ['ip', 'pkiconf of an ir', 'signed kup', 'signed pollRep'];
const signed: readonly SceneName[] = [
  'signed kup',
  'signed pkiconf of a kur',
  'signed pollRep',
  'signed rp',
  'signed genp',
];
const underMac: readonly SceneName[] = ['ip', 'pkiconf of an ir', 'pollRep'];
const certReps: readonly SceneName[] = ['ip', 'ip after polling', 'signed cp', 'signed kup'];

function refused(
  scenes: readonly SceneName[],
  code: RefusalTrial['code'],
  rows: string,
  says: Readonly<Record<string, string>>,
): readonly RefusalTrial[] {
  return Object.entries(says).map(([fault, word]) => ({ fault, scenes, code, says: word, rows }));
}

/** Every fault that acts on messages and must be refused. */
export const refusals: readonly RefusalTrial[] = [
  ...refused([...everywhere, ...afterPolling], 'CMP_TRANSACTION_ID_MISMATCH', '[R2]', {
    'wrong-transaction-id': 'transactionID is',
    'missing-transaction-id': 'transactionID is missing',
  }),
  ...refused([...everywhere, ...afterPolling], 'CMP_NONCE_MISMATCH', '[R3]', {
    'wrong-recip-nonce': 'recipNonce is',
    'missing-recip-nonce': 'recipNonce is missing',
  }),
  ...refused(afterPolling, 'CMP_NONCE_MISMATCH', '[R3]', {
    'third-nonce': 'recipNonce is',
  }),
  ...refused(some, 'CMP_NONCE_MISMATCH', '[R4]', {
    'short-sender-nonce': 'senderNonce is only 8 octets',
    'missing-sender-nonce': 'senderNonce is missing',
  }),
  ...refused(some, 'CMP_TIME_SKEW', '[R5]', {
    'message-time-day-old': 'messageTime',
    'message-time-day-ahead': 'messageTime',
  }),
  ...refused(some, 'CMP_VERSION_UNSUPPORTED', '[R1]', { 'pvno-9': 'pvno is 9' }),
  ...refused(everywhere, 'CMP_PROTECTION_MISSING', '[R6][R12]', {
    'missing-protection': 'not protected',
    'unprotected-error': 'unauthenticated: ',
  }),
  ...refused(
    ['pkiconf of an ir', 'signed pkiconf of a kur'],
    'CMP_PROTECTION_MISSING',
    '[R6][R12]',
    { 'unprotected-pkiconf': 'not protected' },
  ),
  ...refused(everywhere, 'CMP_PROTECTION_INVALID', '[R6]', {
    'protection-alg-alone': 'protectionAlg without protection',
    'flipped-protection': 'does not fit',
  }),
  ...refused(some, 'DER_MALFORMED', '[R16]', {
    truncated: 'past the end',
    'trailing-octets': 'octets follow',
    'indefinite-length': 'indefinite',
    'not-der': 'Cannot decode',
  }),

  ...refused(underMac, 'CMP_PROTECTION_INVALID', '[R7]', { 'mac-other-secret': 'MAC' }),
  ...refused(underMac, 'CMP_PROTECTION_INVALID', '[R8]', { 'signed-to-mac': 'signed although' }),
  ...refused(underMac, 'LIMIT_EXCEEDED', '[P3]', {
    'iterations-2-31': 'iterationCount 2147483648',
    'iterations-1': 'iterationCount 1:',
    'empty-salt': 'salt 0 octets',
  }),
  ...refused(signed, 'CMP_PROTECTION_INVALID', '[R8]', { 'mac-to-signed': 'shared secret' }),
  ...refused(signed, 'CMP_SIGNER_UNTRUSTED', '[R9]', { 'sender-not-signer': 'Somebody Else' }),
  ...refused(signed, 'CMP_SIGNER_UNTRUSTED', '[R18]', {
    'sender-kid-of-another': 'key identifier',
  }),
  ...refused(signed, 'CMP_SIGNER_UNTRUSTED', '[R10]', {
    'signer-untrusted': 'Rogue RA',
    'signer-same-name-self-signed': 'Lab RA',
    'signer-expired': 'expired',
    'signer-without-digital-signature': 'digitalSignature',
  }),
  ...refused(signed, 'CMP_SIGNER_UNTRUSTED', '[R11]', { 'signer-any-leaf': 'cmcRA' }),
  ...refused(
    ['signed cp', 'signed kup', 'signed kup after polling'],
    'CMP_SIGNER_UNTRUSTED',
    '[R10][C6][C16]',
    { 'ca-pubs-of-signer': 'Rogue RA' },
  ),

  ...refused(['ip', 'ip after polling'], 'CMP_BODY_UNEXPECTED', '[R13]', {
    'cp-for-ir': 'expected "ip"',
  }),
  ...refused(['signed cp'], 'CMP_BODY_UNEXPECTED', '[R13]', { 'ip-for-cr': 'expected "cp"' }),
  ...refused(['signed kup', 'signed kup after polling'], 'CMP_BODY_UNEXPECTED', '[R13]', {
    'ip-for-kur': 'expected "kup"',
  }),
  ...refused(['ip', 'signed cp', 'signed kup'], 'CMP_BODY_UNEXPECTED', '[R13]', {
    'pkiconf-for-certificate': 'Cannot accept "pkiconf"',
  }),
  ...refused(['pkiconf of an ir', 'signed pkiconf of a kur'], 'CMP_BODY_UNEXPECTED', '[R13]', {
    'certificate-for-pkiconf': 'expected "pkiconf"',
  }),
  ...refused(everywhere, 'CMP_RESPONSE_INVALID', '[R13]', { 'error-accepted': 'accepted' }),
  ...refused(certReps, 'CMP_RESPONSE_INVALID', '[R14]', {
    'two-cert-responses': '2 CertResponses',
    'no-cert-response': '0 CertResponses',
    'cert-req-id-77': 'certReqId is 77',
  }),
  ...refused(certReps, 'CMP_RESPONSE_INVALID', '[C3]', {
    'accepted-without-certificate': 'no certificate',
    'fail-info-beside-certificate': 'failInfo',
    'certificate-beside-rejection': 'a certificate is in it',
    'certificate-beside-waiting': 'a certificate is in it',
  }),
  ...refused(certReps, 'CMP_RESPONSE_INVALID', '[C2]', {
    'status-revocation-warning': 'revocationWarning',
  }),
  ...refused(certReps, 'CMP_RESPONSE_INVALID', '[C18]', { 'encrypted-cert': 'encrypted' }),
  ...refused(certReps, 'CMP_RESPONSE_INVALID', '[C17]', { 'private-key': 'private key' }),

  ...refused(certReps, 'refused', '[C4][C11]', { 'other-key': 'public key' }),
  ...refused(certReps, 'refused', '[C4][C15]', { 'other-key-confirmed': 'public key' }),
  ...refused(certReps, 'refused', '[C5][C11]', {
    'other-subject': 'Somebody Else',
    'expired-certificate': 'expired',
    'future-certificate': 'valid',
    'ca-certificate': 'CA',
    'rogue-issuer': 'Rogue CA',
  }),
  ...refused(certReps, 'refused', '[C6][C16]', { 'ca-pubs-rogue': 'Rogue CA' }),
  ...refused(['signed kup', 'signed kup after polling'], 'refused', '[C16]', {
    'ca-pubs-in-kup': 'Rogue CA',
  }),

  ...refused(['signed rp'], 'CMP_RESPONSE_INVALID', '[L9]', {
    'two-rev-statuses': '2',
    'rev-status-warning': 'revocationWarning',
  }),
  ...refused(['genp', 'signed genp'], 'CMP_RESPONSE_INVALID', '[L10]', {
    'two-genp-items': '2 items',
    'no-genp-item': '0 items',
    'other-info-type': 'infoType is preferredSymmAlg',
  }),

  ...refused(['pollRep', 'signed pollRep'], 'CMP_RESPONSE_INVALID', '[L3]', {
    'poll-rep-id-77': 'certReqId is 77',
    'two-poll-reps': '2 items',
  }),
];

/** Every fault that acts on messages and must be survived. */
export const survivals: readonly SurvivalTrial[] = [
  { fault: 'foreign-sender-kid', scenes: underMac, ends: 'issued', rows: '[R7]' },
  { fault: 'no-sender-kid', scenes: some, ends: 'issued', rows: '[R7][R18]' },
  { fault: 'other-recipient', scenes: some, ends: 'issued', rows: '[R18]' },
  { fault: 'unknown-general-info', scenes: some, ends: 'issued', rows: '[R18]' },
  { fault: 'free-text', scenes: some, ends: 'issued', rows: '[R18]' },
  {
    fault: 'nonce-of-request',
    scenes: afterPolling,
    ends: 'issued',
    rows: '[R3]',
  },
  {
    fault: 'nonce-of-poll',
    scenes: afterPolling,
    ends: 'issued',
    rows: '[R3]',
  },
  { fault: 'extra-certs-reversed', scenes: enrolling, ends: 'issued', rows: '[R9]' },
  { fault: 'extra-certs-foreign', scenes: some, ends: 'issued', rows: '[R9]' },
  {
    fault: 'extra-certs-absent',
    scenes: ['pkiconf of an ir', 'pollRep', 'signed pkiconf of a kur', 'signed pollRep'],
    ends: 'issued',
    rows: '[R15]',
  },
  { fault: 'check-after-0', scenes: ['pollRep', 'signed pollRep'], ends: 'issued', rows: '[L2]' },
  {
    fault: 'check-after-negative',
    scenes: ['pollRep', 'signed pollRep'],
    ends: 'issued',
    rows: '[L2]',
  },
  { fault: 'ca-pubs-beside-rejection', scenes: certReps, ends: 'rejected', rows: '[C3]' },
  { fault: 'signed-error-to-mac', scenes: ['ip'], ends: 'rejected', rows: '[R8]' },
];

/** Faults that are tried by tests of their own. */
export const triedElsewhere: readonly string[] = [
  'endless-waiting',
  'check-after-2-31',
  'signer-revoked',
  'enveloped-data-without-cmkga',
  'generated-key-of-another',
  'malformed-info',
];
