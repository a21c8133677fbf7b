import type { WordsOf } from './words.ts';

/** A CA profile, in the words of `ca add`. */
export const caWords = {
  url: { type: 'url', required: true, summary: 'Where the CA or RA takes CMP requests' },
  preset: {
    type: 'choice',
    choices: ['rfc9483', 'interoperable', 'ejbca', 'openssl-mock', '3gpp'],
    summary: 'What holds where nothing is said; rfc9483',
  },
  root: {
    type: 'certificates',
    many: true,
    summary: 'Trust anchors of the certificates it issues: files, or PEM; left out, those stored',
  },
  'cmp-root': {
    type: 'certificates',
    many: true,
    summary: 'Trust anchors of the signers of its CMP messages, if not the same',
  },
  'server-cert': {
    type: 'certificates',
    summary: 'The one certificate its CMP messages may be signed with',
  },
  intermediate: {
    type: 'certificates',
    many: true,
    summary: 'CA certificates between root and end; never trusted by themselves',
  },
  secret: {
    type: 'secret',
    kept: true,
    summary: 'Where the shared secret is; left out, the one stored is kept',
  },
  reference: { type: 'text', summary: 'Reference value of the shared secret' },
  recipient: { type: 'text', summary: 'Name to address requests to' },
  issuer: { type: 'text', summary: 'Name of the CA that shall issue' },
  'expected-sender': { type: 'text', summary: 'Name a signed answer must come from' },
  'cert-profile': { type: 'text', summary: 'Certificate profile of the CA to ask for' },
  'implicit-confirm': { type: 'switch', summary: 'Ask the CA to go without certConf' },
  protection: {
    type: 'choice',
    choices: ['pbm', 'pbmac1'],
    summary: 'MAC under the shared secret',
  },
  'pbm-owf': {
    type: 'choice',
    choices: ['sha1', 'sha256', 'sha384', 'sha512'],
    summary: 'One-way function of the password-based MAC',
  },
  'pbm-mac': {
    type: 'choice',
    choices: ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'],
    summary: 'MAC of the password-based MAC',
  },
  'pbm-iterations': {
    type: 'integer',
    min: 100,
    max: 100_000,
    summary: 'Iterations of the password-based MAC, also of PBMAC1',
  },
  'rsa-signature': {
    type: 'choice',
    choices: ['pkcs1', 'pss'],
    summary: 'Padding of signatures with an RSA key',
  },
  'mac-sender': {
    type: 'choice',
    choices: ['reference', 'null-dn'],
    summary: 'Sender under the shared secret',
  },
  'signed-answers': {
    type: 'switch',
    summary: 'Take signed answers to requests under the shared secret',
  },
  'unprotected-errors': {
    type: 'switch',
    summary: 'Take a rejection that anyone could have sent for the answer of the CA',
  },
  'ignore-key-usage': {
    type: 'switch',
    summary: 'Let the signer of answers lack digitalSignature in its keyUsage',
  },
  'lenient-error-nonces': {
    type: 'switch',
    summary: 'Take protected errors that do not repeat the nonce of the request',
  },
  'update-extensions': {
    type: 'choice',
    choices: ['none', 'keep'],
    summary: 'Whether an update asks for the extensions of the old certificate too',
  },
  'weak-protection': {
    type: 'choice',
    choices: ['warn', 'refuse'],
    summary: 'What becomes of a request whose protection is weaker than its key',
  },
  pvno: { type: 'integer', min: 2, max: 3, summary: 'CMP version of requests' },
  'time-tolerance': {
    type: 'duration',
    summary: 'How far the time in its messages may be off; 0 switches the check off',
  },
  deadline: {
    type: 'duration',
    summary: 'Give up a request without a certificate after this long',
  },
  'min-poll': { type: 'duration', summary: 'Shortest wait between two polls' },
  'connect-timeout': { type: 'duration', summary: 'How long connecting may take' },
  'response-timeout': { type: 'duration', summary: 'How long an answer may take' },
  'legacy-algorithms': { type: 'switch', summary: 'Accept SHA-1 and RSA 1024' },
  'trust-capubs': {
    type: 'switch',
    summary: 'Let an answer protected by the shared secret bring new trust anchors',
  },
  'trust-first-use': {
    type: 'switch',
    summary: 'Let the first answer bring the root that vouches for it; preset 3gpp only',
  },
  'operation-labels': { type: 'switch', summary: 'Append what is asked for to the URL' },
  'tls-root': {
    type: 'certificates',
    many: true,
    summary: 'Trust anchors of the HTTPS server, in place of those of the system',
  },
  'tls-client-cert': {
    type: 'name',
    summary: 'Certificate here that authenticates us to the HTTPS server',
  },
  'tls-server-name': {
    type: 'text',
    summary: "Name the HTTPS server's certificate must have, if not that in the URL",
  },
  proxy: { type: 'url', summary: 'HTTP proxy to go through' },
  'proxy-user': { type: 'text', summary: 'User name for the proxy' },
  'proxy-password': {
    type: 'secret',
    kept: true,
    summary: 'Where the password for the proxy is; left out, the one stored is kept',
  },
} as const;

/** A CA profile as the file has it. */
export type CaWords = WordsOf<typeof caWords>;
