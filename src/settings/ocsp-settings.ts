import type { OcspObject } from './ocsp-object.ts';
import type { Setting } from './setting.ts';

/** One setting of an OCSP object, as commands, documentation and checks have it. */
export interface OcspSetting extends Setting {
  readonly field: keyof OcspObject | keyof NonNullable<OcspObject['tunnel']> | 'password';
}

const MAX_INT = 2_147_483_647;
const boolean = { type: 'boolean' } as const;
const host = /^[\x21-\x7e]{1,255}$/;

/** `profile`, which is a word for others and no field. */
export const ocspProfile: Setting = {
  word: 'profile',
  values: { type: 'choice', of: ['rfc6960'] },
  sentence:
    'As RFC 6960 has it where nothing else is said: issuer-criteria-check on, accept-trusted-root off',
};

/** Every setting of an OCSP object, in the order they are shown. */
export const ocspSettings: readonly OcspSetting[] = [
  {
    word: 'name',
    field: 'name',
    values: { type: 'text', pattern: /^[A-Za-z0-9_-]{1,35}$/, says: '1 to 35 of A-Z a-z 0-9 _ -' },
    sentence: 'The name it is known by, upper and lower case apart',
  },
  {
    word: 'url',
    aliases: ['responder-url'],
    field: 'url',
    values: {
      type: 'text',
      pattern: /^https?:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/i,
      says: 'an http or https URL, without a password',
    },
    sentence:
      'The responder to ask in place of those the certificates name; without either nobody is asked',
  },
  {
    word: 'verify-others',
    field: 'verifyOthers',
    values: boolean,
    default: 'on',
    sentence: 'On, responses are signed by one of signing-certs; off, the rules of ca-chain hold',
  },
  {
    word: 'signing-certs',
    aliases: ['trusted-responders'],
    field: 'signingCerts',
    values: { type: 'labels', isMany: true },
    sentence:
      'Certificates that may sign responses, each for the CA that issued it, for CAs that are named, or for any; needed with verify-others',
  },
  {
    word: 'ca-chain',
    field: 'caChain',
    values: { type: 'labels', isMany: false },
    sentence: 'The group of CAs that responders are below; needed without verify-others',
  },
  {
    word: 'issuer-criteria-check',
    aliases: ['strict-resp-cert-check'],
    field: 'issuerCriteriaCheck',
    values: boolean,
    default: 'on',
    sentence:
      'The responder is the CA that issued the certificate, or one that CA named for ocspSigning; without verify-others only',
  },
  {
    word: 'accept-trusted-root',
    field: 'acceptTrustedRoot',
    values: boolean,
    default: 'on',
    sentence:
      'Another responder will do below a root of trust-ocsp-signing, which RFC 6960 does not allow; with issuer-criteria-check only',
  },
  {
    word: 'trust-ocsp-signing',
    field: 'trustOcspSigning',
    values: { type: 'labels', isMany: true },
    sentence:
      'Roots below which any responder is believed, where accept-trusted-root is on or issuer-criteria-check is off',
  },
  {
    word: 'check-responder',
    field: 'checkResponder',
    values: { type: 'choice', of: ['warn', 'crl', 'strict'] },
    default: 'warn',
    sentence:
      'A responder without id-pkix-ocsp-nocheck is taken with a warning; crl, refused when a CRL lists it; strict, also when no CRL vouches for it',
  },
  {
    word: 'min-rsa-size',
    field: 'minRsaBits',
    values: { type: 'number', min: 1024, max: 16_384 },
    unit: 'bits',
    default: '2048',
    sentence: 'The shortest RSA key whose signatures of responses are taken',
  },
  {
    word: 'allow-sha1',
    field: 'allowSha1',
    values: boolean,
    default: 'off',
    sentence: 'Take responses signed with SHA-1',
  },
  {
    word: 'timeout',
    field: 'timeoutMs',
    values: { type: 'number', min: 1, max: MAX_INT },
    unit: 'ms',
    default: '200',
    sentence: 'How long one query may take in all: name, connection, request and the whole answer',
  },
  {
    word: 'max-age',
    aliases: ['status-age'],
    field: 'maxAgeSeconds',
    values: { type: 'number', min: -1, max: 214_748_364 },
    unit: 's',
    default: '-1',
    sentence:
      'Refuse what is older by its thisUpdate, whatever its nextUpdate says; -1 for any age',
  },
  {
    word: 'clock-skew',
    field: 'clockSkewSeconds',
    values: { type: 'number', min: 0, max: 86_400 },
    unit: 's',
    default: '300',
    sentence:
      'How far the clocks may be apart, for thisUpdate in the future and nextUpdate in the past',
  },
  {
    word: 'host-header',
    field: 'hostHeader',
    values: { type: 'text', pattern: host, says: 'a host name' },
    sentence: 'The Host header of queries; the connection goes where the URL says',
  },
  {
    word: 'reject-missing-next-update',
    field: 'rejectMissingNextUpdate',
    values: boolean,
    default: 'off',
    sentence: 'Refuse what has no nextUpdate',
  },
  {
    word: 'caching',
    aliases: ['caching-flag'],
    field: 'caching',
    values: boolean,
    default: 'on',
    sentence: 'Keep results and use kept ones',
  },
  {
    word: 'caching-thisupd-extra-maxage',
    field: 'cachingThisUpdateMaxAgeSeconds',
    values: { type: 'number', min: -1, max: MAX_INT },
    unit: 's',
    default: '-1',
    sentence:
      'Use a kept result up to this long after its thisUpdate, or up to max-age if that is less; -1 for no bound',
  },
  {
    word: 'caching-nextupd-ahead-time',
    field: 'cachingNextUpdateAheadSeconds',
    values: { type: 'number', min: -1, max: MAX_INT },
    unit: 's',
    default: '-1',
    sentence:
      'Discard a kept result this long before its nextUpdate, and 60 seconds later; -1 for not before nextUpdate, 2147483647 to ask each time',
  },
  {
    word: 'cache-timeout',
    field: 'cacheTimeoutSeconds',
    values: { type: 'number', min: 1, max: MAX_INT, word: 'indefinite' },
    unit: 's',
    default: 'indefinite',
    sentence: 'Keep a result no longer than this; not less than timeout',
  },
  {
    word: 'cache-error-timeout',
    field: 'cacheErrorTimeoutSeconds',
    values: { type: 'number', min: 5, max: 60 },
    unit: 's',
    default: '30',
    sentence: 'How long a failure is remembered; not less than timeout',
  },
  {
    word: 'nonce',
    aliases: ['nonce-check'],
    field: 'nonce',
    values: { type: 'choice', of: ['off', 'prefer', 'require'] },
    default: 'require',
    sentence:
      'Send a random number and have it come back; responders that serve responses made beforehand (RFC 5019) need prefer or off',
  },
  {
    word: 'certid-hash',
    field: 'certIdHash',
    values: { type: 'choice', of: ['sha1', 'sha256'] },
    default: 'sha1',
    sentence: 'The digest that certificates are named by in requests; every responder knows sha1',
  },
  {
    word: 'signer-cert',
    field: 'signerCert',
    values: { type: 'labels', isMany: false },
    sentence:
      'Sign queries with this certificate of ours, for responders that answer only those they know',
  },
  {
    word: 'tunneling',
    field: 'tunneling',
    values: boolean,
    default: 'off',
    sentence: 'Send queries through an HTTP proxy, by CONNECT',
  },
  {
    word: 'tunnel-address',
    field: 'address',
    values: { type: 'text', pattern: host, says: 'a host name or address' },
    sentence: 'Where the proxy is; needed with tunneling',
  },
  {
    word: 'tunnel-port',
    field: 'port',
    values: { type: 'number', min: 1, max: 65_535 },
    sentence: 'The port of the proxy; needed with tunneling',
  },
  {
    word: 'tunnel-username',
    field: 'username',
    values: {
      type: 'text',
      pattern: /^[\x20-\x39\x3b-\x7e]{1,255}$/,
      says: 'printable, without a colon',
    },
    sentence: 'Who the proxy is told we are',
  },
  {
    word: 'tunnel-password',
    field: 'password',
    values: { type: 'text', pattern: /^[^\r\n\0]{1,255}$/, says: 'one line' },
    sentence: 'The password of that user; kept sealed, never shown',
  },
  {
    word: 'dns-resolver',
    field: 'dnsResolver',
    values: {
      type: 'text',
      pattern: /^(?:[\d.]{7,15}|[\da-f:.]{2,45})$/i,
      says: 'IP addresses',
      isMany: true,
    },
    sentence:
      'Who is asked for the addresses of responders, in place of the resolver of the system',
  },
  {
    word: 'concurrent-connections-limit',
    field: 'concurrentConnectionsLimit',
    values: { type: 'number', min: 0, max: 1000 },
    default: '0',
    sentence: 'Queries under way at once; 0 for any number',
  },
  {
    word: 'max-response-size',
    field: 'maxResponseOctets',
    values: { type: 'number', min: 1024, max: 1_048_576 },
    unit: 'octets',
    default: '65536',
    sentence: 'The longest response that is read',
  },
];
