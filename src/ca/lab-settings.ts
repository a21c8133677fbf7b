import type { PKIFailureBit } from '../cmp/message/pki-status-info.ts';
import type { DigestName } from '../crypto/digest.ts';
import type { KeyType } from '../crypto/key-type.ts';
import type { PbmSettings } from '../settings/ca-profile.ts';

/** How the lab behaves; each field is explained by the setting of `labSettings` that has its name. */
export interface LabSettings {
  readonly keyType: KeyType;
  readonly digest?: Exclude<DigestName, 'sha1'>;
  readonly validitySeconds: number;
  readonly approval: 'automatic' | 'manual';
  readonly polls: number;
  readonly checkAfterSeconds: number;
  readonly implicitConfirm: boolean;
  readonly caPubs: 'none' | 'root' | 'chain';
  readonly extraCerts: 'chain' | 'chain-root' | 'reversed' | 'not-in-pkiconf';
  readonly refuse?: PKIFailureBit;
  readonly refuseSubject?: string;
  readonly subjectSuffix?: string;
  readonly retransmission: 'answer' | 'refuse';
  readonly delay: 'response' | 'error';
  readonly delayedNonce: 'poll' | 'request';
  readonly superseded: 'refuse' | 'accept';
  readonly pbm: PbmSettings;
  readonly timeToleranceSeconds: number;
  readonly legacyAlgorithms: boolean;
  readonly keyGeneration: boolean;
  readonly responseProtection: 'as-request' | 'signature';
  readonly unprotectedErrors: 'no' | 'yes' | 'rejections';
  readonly confirmWaitSeconds?: number;
  readonly delayConfirm: boolean;
  readonly layout: 'rfc9483' | '3gpp';
  readonly rsaSignature: 'pkcs1' | 'pss';
  readonly crlValiditySeconds: number;
  readonly crl: boolean;
  readonly crlDelta: boolean;
  readonly crlUrl?: string;
  readonly ocsp: boolean;
  /** In the order in which they stand in certificates, in front of the lab's own. */
  readonly ocspUrls: readonly string[];
  readonly ocspSigner: 'delegate' | 'ca';
  readonly ocspValiditySeconds: number;
  /** 0: a response is made for every request. */
  readonly ocspRenewalSeconds: number;
  readonly ocspNonce: 'echo' | 'ignore';
  /** None: all that the lab certifies. */
  readonly keySpecs: readonly KeyType[];
  readonly templateSubject?: string;
  readonly regToken?: string;
  readonly authenticator?: string;
}

/**
 * Every setting with its values, its default and a sentence: what the command `lab` takes, in the form of
 * the command line's parameter tables.
 */
export const labSettings = {
  'key-type': {
    type: 'choice',
    choices: ['rsa-2048', 'rsa-3072', 'rsa-4096', 'p-256', 'p-384', 'p-521', 'ed25519', 'ed448'],
    placeholder: 'T',
    summary: 'Key type of the CAs and the RA of a new lab; p-256 when left out',
  },
  digest: {
    type: 'choice',
    choices: ['sha256', 'sha384', 'sha512'],
    summary: 'Hash in the signatures of certificates; by the key type when left out',
  },
  validity: {
    type: 'duration',
    default: 7_776_000,
    summary: 'Longest validity of a certificate, from seconds upward',
  },
  approval: {
    type: 'choice',
    choices: ['automatic', 'manual'],
    default: 'automatic',
    summary: 'Grant requests at once, or let each wait for lab approve or lab deny',
  },
  polls: {
    type: 'integer',
    min: 0,
    max: 1000,
    default: 0,
    summary: 'How many polls are told to wait before a request is granted',
  },
  'check-after': {
    type: 'duration',
    default: 5,
    summary: 'How long a poll is told to wait',
  },
  'implicit-confirm': {
    type: 'choice',
    choices: ['yes', 'no'],
    default: 'yes',
    summary: 'Grant implicitConfirm to whoever asks for it',
  },
  'ca-pubs': {
    type: 'choice',
    choices: ['none', 'root', 'chain'],
    default: 'none',
    summary: 'What an ip brings as caPubs',
  },
  'extra-certs': {
    type: 'choice',
    choices: ['chain', 'chain-root', 'reversed', 'not-in-pkiconf'],
    default: 'chain',
    summary: 'What comes as extraCerts, in which order and messages',
  },
  refuse: {
    type: 'choice',
    choices: [
      'badRequest',
      'badCertTemplate',
      'badPOP',
      'notAuthorized',
      'unacceptedPolicy',
      'unacceptedExtension',
      'duplicateCertReq',
      'systemUnavail',
      'systemFailure',
    ],
    placeholder: 'FAILINFO',
    summary: 'Refuse requests with this failInfo: all, or those refuse-subject names',
  },
  'refuse-subject': {
    type: 'text',
    placeholder: 'PATTERN',
    summary: 'Refuse requests for subjects like this; * stands for any text',
  },
  'subject-suffix': {
    type: 'dn',
    summary: 'Attributes added to every subject, so that the answer is grantedWithMods',
  },
  retransmission: {
    type: 'choice',
    choices: ['answer', 'refuse'],
    default: 'answer',
    summary: 'Give a message sent again the same answer, or refuse it',
  },
  delay: {
    type: 'choice',
    choices: ['response', 'error'],
    default: 'response',
    summary: 'Which message tells a request to wait: the ip, cp or kup, or an error',
  },
  'delayed-nonce': {
    type: 'choice',
    choices: ['poll', 'request'],
    default: 'poll',
    summary: 'Which nonce the answer after polling echoes: of the last poll, or of the request',
  },
  superseded: {
    type: 'choice',
    choices: ['refuse', 'accept'],
    default: 'refuse',
    summary: 'Whether a certificate that was updated can be updated once more',
  },
  'pbm-owf': {
    type: 'choice',
    choices: ['sha1', 'sha256', 'sha384', 'sha512'],
    default: 'sha256',
    summary: 'One-way function of the MAC over answers',
  },
  'pbm-mac': {
    type: 'choice',
    choices: ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'],
    default: 'hmac-sha256',
    summary: 'MAC over answers',
  },
  'pbm-iterations': {
    type: 'integer',
    min: 100,
    max: 100_000,
    default: 1024,
    summary: 'Iterations of the MAC over answers',
  },
  'time-tolerance': {
    type: 'duration',
    default: 300,
    summary: 'How far the time in a request may be off; 0 switches the check off',
  },
  'legacy-algorithms': {
    type: 'flag',
    summary: 'Accept SHA-1 and RSA 1024 in requests',
  },
  'key-generation': {
    type: 'choice',
    choices: ['yes', 'no'],
    default: 'yes',
    summary: 'Make keys for whoever asks for a certificate without one',
  },
  'response-protection': {
    type: 'choice',
    choices: ['as-request', 'signature'],
    default: 'as-request',
    summary: 'Protect an answer as its request was, or sign even the answer to a MAC',
  },
  'unprotected-errors': {
    type: 'choice',
    choices: ['no', 'yes', 'rejections'],
    default: 'no',
    summary: 'Leave error messages unprotected, or rejecting ip, cp, kup and rp as well',
  },
  'confirm-wait-time': {
    type: 'duration',
    summary:
      'How long a certificate waits for certConf before it is taken back; told to the client',
  },
  'delay-confirm': {
    type: 'choice',
    choices: ['yes', 'no'],
    default: 'no',
    summary: 'Let a certConf be told to wait, too, by an error',
  },
  layout: {
    type: 'choice',
    choices: ['rfc9483', '3gpp'],
    default: 'rfc9483',
    summary:
      'What an ir needs and brings; by TS 33.310 no subject from vendor devices, and the root',
  },
  'rsa-signature': {
    type: 'choice',
    choices: ['pkcs1', 'pss'],
    default: 'pkcs1',
    summary: 'Padding of signatures, if the CAs have RSA keys',
  },
  'crl-validity': {
    type: 'duration',
    default: 604_800,
    summary:
      'How long a CRL is valid; a new one is issued after half of it, and after a revocation',
  },
  crl: {
    type: 'choice',
    choices: ['on', 'off'],
    default: 'off',
    summary: 'Name the CRL of the lab, at its HTTP port, in certificates',
  },
  'crl-delta': {
    type: 'choice',
    choices: ['on', 'off'],
    default: 'off',
    summary: 'List what was revoked since the last CRL in a delta to it, and not in a new CRL',
  },
  'crl-url': {
    type: 'url',
    summary:
      'Where the lab is reached, for cRLDistributionPoints in certificates; as crl says when left out',
  },
  ocsp: {
    type: 'choice',
    choices: ['on', 'off'],
    default: 'off',
    summary: 'Name the OCSP responder of the lab, at its HTTP port, in certificates',
  },
  'ocsp-url': {
    type: 'url',
    many: true,
    summary: 'OCSP responders to name in certificates, before that of the lab',
  },
  'ocsp-signer': {
    type: 'choice',
    choices: ['delegate', 'ca'],
    default: 'delegate',
    summary: 'Who signs OCSP responses: a responder the issuing CA has named, or that CA',
  },
  'ocsp-validity': {
    type: 'duration',
    default: 86_400,
    summary: 'How long an OCSP response is valid',
  },
  'ocsp-renewal': {
    type: 'duration',
    default: 0,
    summary: 'How long one response without nonce is given to all who ask; 0 makes each anew',
  },
  'ocsp-nonce': {
    type: 'choice',
    choices: ['echo', 'ignore'],
    default: 'echo',
    summary: 'Send the nonce of an OCSP request back, or leave it out',
  },
  'key-specs': {
    type: 'text',
    placeholder: 'TYPES',
    summary: 'Key types that are certified, as p-256,rsa-3072; all when left out',
  },
  'template-subject': {
    type: 'dn',
    summary: 'Subject in the answer to certReqTemplate, beside key-specs',
  },
  'reg-token': {
    type: 'secret',
    summary: 'The control regToken that an ir and cr has to bring',
  },
  authenticator: {
    type: 'secret',
    summary: 'The control authenticator that an ir and cr has to bring',
  },
} as const;

/** The lab as it comes: grants everything at once, as RFC 9483 has it. */
export const defaultLabSettings: LabSettings = {
  keyType: 'p-256',
  validitySeconds: 90 * 86_400,
  approval: 'automatic',
  polls: 0,
  checkAfterSeconds: 5,
  implicitConfirm: true,
  caPubs: 'none',
  extraCerts: 'chain',
  retransmission: 'answer',
  delay: 'response',
  delayedNonce: 'poll',
  superseded: 'refuse',
  // The lab's own secrets have 128 bits and more: RFC 9045 section 4.1 allows fewer iterations for such.
  pbm: { owf: 'sha256', mac: 'hmac-sha256', iterationCount: 1024 },
  timeToleranceSeconds: 300,
  legacyAlgorithms: false,
  keyGeneration: true,
  responseProtection: 'as-request',
  unprotectedErrors: 'no',
  delayConfirm: false,
  layout: 'rfc9483',
  rsaSignature: 'pkcs1',
  crlValiditySeconds: 7 * 86_400,
  crl: false,
  crlDelta: false,
  ocsp: false,
  ocspUrls: [],
  ocspSigner: 'delegate',
  ocspValiditySeconds: 86_400,
  ocspRenewalSeconds: 0,
  ocspNonce: 'echo',
  keySpecs: [],
};
