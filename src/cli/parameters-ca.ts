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
  root: {
    type: 'file',
    required: true,
    many: true,
    summary: 'Trust anchors of the certificates it issues, as PEM or DER files',
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
  'implicit-confirm': {
    type: 'choice',
    choices: ['yes', 'no'],
    default: 'yes',
    summary:
      'Ask the CA to go without certConf (RFC 9483); with no, every certificate is confirmed or refused',
  },
  protection: {
    type: 'choice',
    choices: ['pbm', 'pbmac1'],
    default: 'pbm',
    summary: 'MAC under the shared secret: PasswordBasedMac, or PBMAC1 where the CA knows it',
  },
  'pbm-owf': {
    type: 'choice',
    choices: ['sha1', 'sha256', 'sha384', 'sha512'],
    default: 'sha256',
    summary: 'One-way function of the password-based MAC (sha1 only with legacy-algorithms)',
  },
  'pbm-mac': {
    type: 'choice',
    choices: ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'],
    default: 'hmac-sha256',
    summary: 'MAC of the password-based MAC',
  },
  'pbm-iterations': {
    type: 'integer',
    min: 100,
    max: 100_000,
    default: 10_000,
    summary: 'Iterations of the password-based MAC, also of PBMAC1',
  },
  'time-tolerance': {
    type: 'duration',
    default: 300,
    summary: 'How far the time in its messages may be off; 0 switches the check off',
  },
  deadline: {
    type: 'duration',
    default: 1_209_600,
    summary: 'Give up a request that has no certificate after this long',
  },
  'min-poll': {
    type: 'duration',
    default: 5,
    summary: 'Shortest wait between two polls, whatever the CA says',
  },
  'connect-timeout': { type: 'duration', default: 10, summary: 'How long connecting may take' },
  'response-timeout': { type: 'duration', default: 60, summary: 'How long an answer may take' },
  'legacy-algorithms': {
    type: 'flag',
    summary: 'Accept SHA-1 and RSA 1024, for a CA too old for better',
  },
  'trust-capubs': {
    type: 'flag',
    summary: 'Let an answer protected by the shared secret bring new trust anchors',
  },
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

/** `show cert`. */
export const showCertParameters = {
  full: { type: 'flag', summary: 'CA certificates and keys too; with a name, every version of it' },
  'cert-name': {
    type: 'label',
    positional: true,
    summary: 'Show everything about this one',
  },
} as const;

/** `decode`. */
export const decodeParameters = {
  file: {
    type: 'file',
    required: true,
    positional: true,
    placeholder: 'FILE',
    summary: 'PEM, of which each block is shown, or DER; - is standard input',
  },
} as const;
