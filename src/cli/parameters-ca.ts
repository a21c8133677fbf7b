import type { credentialParameters, dumpParameters } from './parameters-cmp.ts';

/** `ca add`. */
export const caAddParameters = {
  label: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'L',
    summary: 'Label of the profile; one of the same label is replaced',
  },
  url: { type: 'url', required: true, summary: 'Where the CA or RA takes CMP requests' },
  preset: {
    type: 'choice',
    choices: ['rfc9483', 'interoperable', 'ejbca', 'openssl-mock', '3gpp'],
    default: 'rfc9483',
    summary: 'What holds where nothing is said: one row of the table in docs/ca-profiles.md',
  },
  root: {
    type: 'file',
    many: true,
    summary:
      'Trust anchors of the certificates it issues, as PEM or DER files or URLs; needed except with trust-first-use',
  },
  'root-fingerprint': {
    type: 'text',
    many: true,
    placeholder: 'SHA256',
    summary:
      'SHA-256 fingerprint of a root, cmp-root, tls-root or server-cert, got by another way; needed for those that come by http, ftp, tftp or ldap',
  },
  'cmp-root': {
    type: 'file',
    many: true,
    summary: 'Trust anchors of the signers of its CMP messages, if not the same',
  },
  'server-cert': {
    type: 'file',
    summary: 'The one certificate its CMP messages may be signed with',
  },
  intermediate: {
    type: 'file',
    many: true,
    summary: 'CA certificates between root and end; never trusted by themselves',
  },
  secret: {
    type: 'secret',
    summary: 'Shared secret with the CA; when left out, one already stored is kept',
  },
  reference: { type: 'text', placeholder: 'R', summary: 'Reference value of the shared secret' },
  recipient: { type: 'dn', summary: 'Name to address requests to' },
  issuer: { type: 'dn', summary: 'Name of the CA that shall issue' },
  'expected-sender': {
    type: 'dn',
    summary: 'Name a signed answer must come from, if the signer is not a CA or authorised RA',
  },
  'cert-profile': {
    type: 'text',
    placeholder: 'NAME',
    summary: 'Certificate profile of the CA to ask for (certProfile, RFC 9810)',
  },
  'implicit-confirm': {
    type: 'choice',
    choices: ['yes', 'no'],
    usual: 'by preset, yes',
    summary:
      'Ask the CA to go without certConf (RFC 9483); with no, every certificate is confirmed or refused',
  },
  protection: {
    type: 'choice',
    choices: ['pbm', 'pbmac1'],
    usual: 'by preset, pbm',
    summary: 'MAC under the shared secret: PasswordBasedMac, or PBMAC1 where the CA knows it',
  },
  'pbm-owf': {
    type: 'choice',
    choices: ['sha1', 'sha256', 'sha384', 'sha512'],
    usual: 'by preset, sha256',
    summary: 'One-way function of the password-based MAC (sha1 only with legacy-algorithms)',
  },
  'pbm-mac': {
    type: 'choice',
    choices: ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'],
    usual: 'by preset, hmac-sha256',
    summary: 'MAC of the password-based MAC',
  },
  'pbm-iterations': {
    type: 'integer',
    min: 100,
    max: 100_000,
    usual: 'by preset, 10000',
    summary: 'Iterations of the password-based MAC, also of PBMAC1',
  },
  'rsa-signature': {
    type: 'choice',
    choices: ['pkcs1', 'pss'],
    usual: 'by preset, pkcs1',
    summary: 'Padding of signatures with an RSA key: PKCS #1 v1.5 or RSASSA-PSS',
  },
  'mac-sender': {
    type: 'choice',
    choices: ['reference', 'null-dn'],
    usual: 'by preset, reference',
    summary:
      'Sender under the shared secret: the reference as CN (RFC 9483), or no name (RFC 9810)',
  },
  'signed-answers': {
    type: 'choice',
    choices: ['yes', 'no'],
    usual: 'by preset, no',
    summary: 'Take signed answers to requests under the shared secret, if their signer verifies',
  },
  'unprotected-errors': {
    type: 'choice',
    choices: ['yes', 'no'],
    usual: 'by preset, no',
    summary: 'Take a rejection that anyone could have sent for the answer of the CA',
  },
  'ignore-key-usage': {
    type: 'choice',
    choices: ['yes', 'no'],
    usual: 'by preset, no',
    summary: 'Let the signer of answers be a certificate whose keyUsage lacks digitalSignature',
  },
  'lenient-error-nonces': {
    type: 'choice',
    choices: ['yes', 'no'],
    usual: 'by preset, no',
    summary: 'Take protected errors that do not repeat the nonce of the request',
  },
  'update-extensions': {
    type: 'choice',
    choices: ['none', 'keep'],
    usual: 'by preset, none',
    summary:
      'Ask in an update for the extensions of the old certificate too, or for its names only',
  },
  'weak-protection': {
    type: 'choice',
    choices: ['warn', 'refuse'],
    usual: 'by preset, warn',
    summary: 'What becomes of a request whose protection is weaker than the key it is for',
  },
  pvno: {
    type: 'integer',
    min: 2,
    max: 3,
    usual: 'by preset, 2',
    summary: 'CMP version of requests: 2 is cmp2000, 3 is cmp2021',
  },
  'time-tolerance': {
    type: 'duration',
    usual: 'by preset, 5m',
    summary: 'How far the time in its messages may be off; 0 switches the check off',
  },
  deadline: {
    type: 'duration',
    usual: 'by preset, 14d',
    summary: 'Give up a request that has no certificate after this long',
  },
  'min-poll': {
    type: 'duration',
    usual: 'by preset, 5s',
    summary: 'Shortest wait between two polls, whatever the CA says',
  },
  'connect-timeout': {
    type: 'duration',
    usual: 'by preset, 10s',
    summary: 'How long connecting may take',
  },
  'response-timeout': {
    type: 'duration',
    usual: 'by preset, 60s',
    summary: 'How long an answer may take',
  },
  'legacy-algorithms': {
    type: 'flag',
    summary: 'Accept SHA-1 and RSA 1024, for a CA too old for better',
  },
  'trust-capubs': {
    type: 'flag',
    summary: 'Let an answer protected by the shared secret bring new trust anchors',
  },
  'trust-first-use': {
    type: 'flag',
    summary:
      'Let the first answer bring the root that vouches for it (preset 3gpp only; RFC 9483 forbids it)',
  },
  'operation-labels': {
    type: 'flag',
    summary:
      'Append what is asked for to the URL, as in …/.well-known/cmp/initialization (RFC 9483)',
  },
  'tls-root': {
    type: 'file',
    many: true,
    summary: 'Trust anchors of the HTTPS server, in place of those of the system',
  },
  'tls-client-cert': {
    type: 'label',
    summary: 'Certificate here that authenticates us to the HTTPS server',
  },
  'tls-server-name': {
    type: 'text',
    placeholder: 'NAME',
    summary: "Name the HTTPS server's certificate must have, if not that in the URL",
  },
  proxy: { type: 'url', summary: 'HTTP proxy to go through' },
  'proxy-user': { type: 'text', placeholder: 'U', summary: 'User name for the proxy' },
  'proxy-password': { type: 'secret', summary: 'Password for the proxy' },
} as const;

/** `ca show`. */
export const caShowParameters = {
  label: {
    type: 'label',
    positional: true,
    placeholder: 'L',
    summary: 'Show everything about this one',
  },
} as const;

/** `ca probe`. */
export const caProbeParameters = {
  label: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'L',
    summary: 'Profile of the CA to ask',
  },
  'ca-url': {
    type: 'url',
    summary: 'Send to this address instead of the one in the CA profile',
  },
} as const;

/** Parameters of `ca probe`. */
export type ProbeParameters = typeof caProbeParameters &
  typeof credentialParameters &
  typeof dumpParameters;

/** `ca remove`. */
export const caRemoveParameters = {
  label: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'L',
    summary: 'Profile to remove, with its secret',
  },
} as const;

/** `clear ca request-template`. */
export const clearRequestTemplateParameters = {
  label: {
    type: 'label',
    required: true,
    positional: true,
    placeholder: 'L',
    summary: 'Profile of the CA that asked for it',
  },
} as const;

/** `show cert`. */
export const showCertParameters = {
  full: {
    type: 'flag',
    summary: 'CA certificates and keys too; with a name, the PEM text of all of it',
  },
  expiring: {
    type: 'integer',
    min: 1,
    max: 1000,
    placeholder: 'N',
    summary: 'Only so many of those that expire next, soonest first',
  },
  'cert-name': {
    type: 'label',
    positional: true,
    summary:
      'Show everything about this one: a certificate, a key without one, or a CA certificate',
  },
} as const;

/** `decode`. */
export const decodeParameters = {
  file: {
    type: 'file',
    required: true,
    positional: true,
    placeholder: 'FILE',
    summary: 'File or URL: PEM, of which each block is shown, or DER; - is standard input',
  },
} as const;
