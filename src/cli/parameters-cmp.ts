import type { agentSocketParameters } from './parameters-agent-socket.ts';
import type {
  keyFileParameters,
  keyParameters,
  keyProviderParameters,
  keyReuseParameters,
  keyTemplateParameters,
  requestKeyParameters,
} from './parameters-key.ts';

/** What the new certificate shall say, and be called. */
export const subjectParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    summary: 'Name the certificate will have here, and its files',
  },
  'subject-name': {
    type: 'dn',
    summary:
      'Subject to ask for, as in "CN=gw1,O=Test" (RFC 4514), or /O=Test/CN=gw1 as openssl has it',
  },
  'no-subject': {
    type: 'flag',
    summary: 'Let the CA make the subject of who signs the request (TS 33.310)',
  },
  csr: {
    type: 'file',
    summary: 'Ask for the subject and extensions of this PKCS #10 request, with a key of its own',
  },
  san: {
    type: 'text',
    many: true,
    placeholder: 'KIND:VALUE',
    summary: 'Subject alternative name to ask for: dns:…, ip:…, email:…, uri:… or dirname:…',
  },
} as const;

/** What else a certificate may be asked to say. */
export const templateParameters = {
  'key-usage': {
    type: 'choice',
    choices: [
      'digitalSignature',
      'nonRepudiation',
      'keyEncipherment',
      'dataEncipherment',
      'keyAgreement',
      'keyCertSign',
      'cRLSign',
      'encipherOnly',
      'decipherOnly',
    ],
    many: true,
    summary: 'Key usage to ask for, critical',
  },
  'ext-key-usage': {
    type: 'text',
    many: true,
    placeholder: 'PURPOSE',
    summary: 'Extended key usage to ask for: serverAuth, clientAuth, ipsecIKE, …, or an OID',
  },
  policy: {
    type: 'text',
    many: true,
    placeholder: 'OID',
    summary: 'Certificate policy to ask for',
  },
  'must-staple': {
    type: 'flag',
    summary: 'Ask that TLS clients insist on a stapled OCSP response (TLS feature, RFC 7633)',
  },
  'not-before': {
    type: 'text',
    placeholder: 'TIME',
    summary: 'Start of validity to ask for, as 2026-12-01T00:00:00Z',
  },
  'not-after': {
    type: 'text',
    placeholder: 'TIME',
    summary: 'End of validity to ask for',
  },
  'reg-token': {
    type: 'secret',
    summary: 'One-time word of the CA for this request (regToken); it is sent in clear',
  },
  authenticator: {
    type: 'secret',
    summary: 'Lasting word of the CA for this device (authenticator); it is sent in clear',
  },
  'cert-profile': {
    type: 'text',
    placeholder: 'NAME',
    summary: 'Certificate profile of the CA to ask for, in place of that of the CA profile',
  },
  'general-info': {
    type: 'text',
    many: true,
    placeholder: 'OID[=HEX]',
    summary: 'Further item for generalInfo of the header, its value as DER in hexadecimal',
  },
} as const;

/** Where a request goes, and how long to wait for its answer. */
export const caParameters = {
  'ca-root': {
    type: 'label',
    placeholder: 'L',
    summary: 'CA profile (see ca add); when left out, the only one, or the one of the certificate',
  },
  'ca-url': {
    type: 'url',
    summary: 'Send to this address instead of the one in the CA profile',
  },
} as const;

/** How long a command follows a CA that says `waiting`. */
export const waitParameters = {
  wait: {
    type: 'duration',
    default: 60,
    summary: 'How long to follow a CA that says "waiting"; 0 returns at once',
  },
} as const;

/** Every command that sends. */
export const dumpParameters = {
  dump: {
    type: 'directory',
    summary: 'Write every message to a file there; a regToken or authenticator in it is readable',
  },
} as const;

/** Every command that asks for a first certificate. */
export const retryParameters = {
  retry: {
    type: 'flag',
    summary: 'If the CA cannot be reached, keep the request: the agent sends it again',
  },
} as const;

/** Every command that asks for something new. */
export const dryRunParameters = {
  'dry-run': {
    type: 'flag',
    summary:
      'Show the request, and store and send nothing; a key it needs is made for the occasion',
  },
} as const;

/** Of every command that makes a request: where it goes, how long its answer may take, and how much of it is done. */
export const sendParameters: SendParameters = {
  ...caParameters,
  ...waitParameters,
  ...dumpParameters,
  ...dryRunParameters,
};

type SendParameters = typeof caParameters &
  typeof waitParameters &
  typeof dumpParameters &
  typeof dryRunParameters;

/** What the first request of a new certificate is protected with. */
export const credentialParameters = {
  'ca-psk': {
    type: 'secret',
    withReference: true,
    placeholder: '[REF:]SECRET',
    summary: 'Shared secret with the CA, with its reference value in front',
  },
  reference: {
    type: 'text',
    placeholder: 'R',
    summary: 'Reference value of the shared secret',
  },
  'signer-cert': {
    type: 'label',
    summary: 'Sign with this certificate (a vendor certificate, say) instead of a shared secret',
  },
} as const;

/** A shared secret or a certificate, not both. */
export const credentialConstraints = [
  { atMostOne: ['ca-psk', 'signer-cert'] },
  { atMostOne: ['reference', 'signer-cert'] },
] as const;

/** The certificate a request starts from. */
export const currentCertParameters = {
  'current-cert': {
    type: 'label',
    required: true,
    placeholder: 'OLD',
    summary: 'Certificate here to sign the request with',
  },
} as const;

/** `cmp update`: one, or many. */
export const updateParameters = {
  'current-cert': {
    type: 'label',
    placeholder: 'OLD',
    summary: 'Certificate here to renew, which signs the request',
  },
  all: { type: 'flag', summary: 'Renew all that can be, those that end first in front' },
  expiring: {
    type: 'duration',
    placeholder: 'D',
    summary: 'Renew all that end within this time',
  },
  concurrency: {
    type: 'integer',
    min: 1,
    max: 64,
    usual: '8',
    summary: 'Of many: certificates worked on at the same time',
  },
  'per-ca': {
    type: 'integer',
    min: 1,
    max: 64,
    usual: '4',
    summary: 'Of many: requests to one CA at the same time',
  },
} as const;

/** `cmp request`. */
export const requestParameters = {
  csr: {
    type: 'file',
    required: true,
    summary: 'PKCS #10 request to get a certificate for, as PEM or DER; - is standard input',
  },
  'cert-name': {
    type: 'label',
    required: true,
    summary: 'Name the certificate will have here, and its files',
  },
} as const;

/** `cmp revoke`. */
export const revokeParameters = {
  'current-cert': {
    type: 'label',
    required: true,
    placeholder: 'N',
    summary: 'Certificate here to revoke; it signs the request',
  },
  'cert-file': {
    type: 'file',
    summary: 'Revoke the certificate in this file instead; current-cert signs as an RA',
  },
  issuer: { type: 'dn', summary: 'Revoke the certificate with this issuer and serial instead' },
  serial: {
    type: 'text',
    placeholder: 'HEX',
    summary: 'Serial number of the certificate to revoke, in hexadecimal',
  },
  reason: {
    type: 'choice',
    choices: [
      'unspecified',
      'keyCompromise',
      'cACompromise',
      'affiliationChanged',
      'superseded',
      'cessationOfOperation',
      'certificateHold',
      'removeFromCRL',
      'privilegeWithdrawn',
      'aACompromise',
    ],
    default: 'unspecified',
    summary: 'Why, in the words of RFC 5280',
  },
} as const;

/** `cmp info`. */
export const infoParameters = {
  type: {
    type: 'text',
    required: true,
    positional: true,
    placeholder: 'TYPE',
    summary:
      'What to ask for: caCerts, rootCaCert, certReqTemplate, currentCRL, crlStatusList, signKeyPairTypes, …, or an OID',
  },
  accept: {
    type: 'flag',
    summary: 'With rootCaCert: take the new root for an anchor, when the old one vouches for it',
  },
} as const;

/** `cmp poll`. */
export const pollParameters = {
  'current-cert': {
    type: 'label',
    required: true,
    summary: 'Name the outstanding request is for, or OLD when OLD has only one outstanding',
  },
} as const;

/** `cmp cert-store`. */
export const certStoreParameters = {
  location: {
    type: 'directory',
    required: true,
    summary: 'Directory to put key, chain and certificate in as PEM files',
  },
  key: {
    type: 'choice',
    choices: ['reuse'],
    placeholder: 'reuse',
    summary: 'Keep the key at every update instead of making a new one',
  },
} as const;

/** `clear cmp cert-name`. */
export const clearNameParameters = {
  'cert-name': {
    type: 'label',
    required: true,
    positional: true,
    summary: 'Certificate whose outstanding requests and history to forget',
  },
} as const;

/** `cmp history`. */
export const historyLimitParameters = {
  keep: {
    type: 'integer',
    min: 1,
    max: 100_000,
    required: true,
    summary: 'How many transactions to keep; the oldest are forgotten',
  },
} as const;

/** `show cmp history`. */
export const historyParameters = {
  limit: {
    type: 'integer',
    min: 1,
    max: 100_000,
    summary: 'Show only this many, the newest',
  },
} as const;

/** Parameters of `cmp initialize`. */
export type InitializeParameters = typeof keyParameters &
  typeof keyProviderParameters &
  typeof keyTemplateParameters &
  typeof keyFileParameters &
  typeof subjectParameters &
  typeof templateParameters &
  typeof credentialParameters &
  typeof retryParameters &
  SendParameters;

/** Parameters of `cmp enroll`. */
export type EnrollParameters = typeof currentCertParameters &
  typeof keyParameters &
  typeof keyProviderParameters &
  typeof keyTemplateParameters &
  typeof keyFileParameters &
  typeof subjectParameters &
  typeof templateParameters &
  typeof retryParameters &
  SendParameters;

/** Parameters of `cmp update`. */
export type UpdateParameters = typeof updateParameters &
  typeof keyParameters &
  typeof keyProviderParameters &
  typeof keyReuseParameters &
  SendParameters;

/** Parameters of `cmp poll`. */
export type PollParameters = typeof pollParameters &
  typeof waitParameters &
  typeof dumpParameters &
  typeof agentSocketParameters;

/** Parameters of `cmp request`. */
export type RequestParameters = typeof requestParameters &
  typeof requestKeyParameters &
  typeof credentialParameters &
  typeof retryParameters &
  SendParameters;

/** Parameters of `cmp revoke`. */
export type RevokeParameters = typeof revokeParameters & typeof sendParameters;

/** Parameters of `cmp info`. */
export type InfoParameters = typeof infoParameters & typeof credentialParameters & SendParameters;
