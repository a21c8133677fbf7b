import type { Setting } from './setting.ts';

const boolean = { type: 'boolean' } as const;
const oid = /^[012](?:\.\d{1,20}){1,20}$/;

/** Longest time for judging one peer: what an IKE daemon waits for at the most. */
const MAX_DEADLINE_MS = 600_000;

/** Every setting of a policy by which peers are judged, in the order they are shown. */
export const policySettings: readonly Setting[] = [
  {
    word: 'kind',
    values: { type: 'choice', of: ['ikev2-ipv4', 'ikev2-ipv6', 'ikev2-dynamic'] },
    sentence: 'What of a gateway it is: a crypto map for IPv4 or IPv6, or a crypto template',
  },
  {
    word: 'ca',
    values: { type: 'labels', isMany: true },
    sentence: 'Whom to believe: CA profiles by their roots, or CA certificates, each by its label',
  },
  {
    word: 'purpose',
    values: { type: 'choice', of: ['ike', 'tls-client', 'tls-server', 'any'] },
    default: 'ike',
    sentence: 'What the key of a peer is used for, held against extKeyUsage and keyUsage',
  },
  {
    word: 'accept-tls-usages',
    values: boolean,
    default: 'on',
    sentence: 'With purpose ike, take serverAuth and clientAuth as well',
  },
  {
    word: 'max-chain-length',
    values: { type: 'number', min: 1, max: 16 },
    default: '4',
    sentence: 'Certificates below the anchor at the most, the own one of the peer counted',
  },
  {
    word: 'revocation',
    values: { type: 'choice', of: ['strict', 'relaxed', 'ifuri'] },
    default: 'strict',
    sentence:
      'What is made of a certificate nobody gives a word on: refused, accepted with a warning, or refused if it names a source',
  },
  {
    word: 'ocsp',
    values: { type: 'choice', of: ['off', 'on', 'nonce'] },
    default: 'off',
    sentence:
      'Ask the responders certificates name, believing whoever issued the certificate or was named by that CA; with nonce, as rule require',
  },
  {
    word: 'ocsp-cert-validator',
    values: {
      type: 'text',
      pattern: /^(?:\/Common\/)?[A-Za-z0-9_-]{1,35}$/,
      says: 'the name of an OCSP object, alone or behind /Common/',
    },
    sentence: 'Ask as an OCSP object says',
  },
  {
    word: 'ca-crl',
    typed: 'ca-crl list ca-crl-name',
    values: { type: 'labels', isMany: true },
    sentence: 'Look at these CRLs, by the names they were set up with',
  },
  {
    word: 'cert-name',
    values: { type: 'labels', isMany: true },
    sentence:
      'Certificates of ours that are used with it: the agent looks whether they are revoked, by the same sources',
  },
  {
    word: 'crl-distribution-points',
    values: boolean,
    default: 'on',
    sentence: 'Fetch the CRLs that certificates name, once their path is verified',
  },
  {
    word: 'crl-hosts',
    values: { type: 'text', pattern: /^[\x21-\x7e]{1,255}$/, says: 'host names', isMany: true },
    sentence: 'The only hosts that certificates may send us to for CRLs; without it any',
  },
  {
    word: 'crl-files',
    values: boolean,
    default: 'off',
    sentence: 'Read CRLs that certificates name by file URLs, which are files of this machine',
  },
  {
    word: 'cert-hash-url',
    values: boolean,
    default: 'off',
    sentence:
      'Fetch certificates that a peer names by hash and URL, by http and ftp and before anything is known of the peer; from crl-hosts, if there are such',
  },
  {
    word: 'crl-fallback',
    values: boolean,
    default: 'off',
    sentence: 'With ocsp-cert-validator and no ca-crl, look at CRLs where OCSP gives nothing',
  },
  {
    word: 'use-deltas',
    values: boolean,
    default: 'on',
    sentence: 'Combine complete CRLs with delta CRLs',
  },
  {
    word: 'clock-skew',
    values: { type: 'number', min: 0, max: 86_400 },
    unit: 's',
    default: '300',
    sentence: 'How far the clocks may be apart, for the times of CRLs',
  },
  {
    word: 'ocsp-revoked-fallback',
    values: { type: 'choice', of: ['reject', 'crl'] },
    default: 'reject',
    sentence: 'What "revoked" by OCSP leads to: refusal, or a CRL, which may be older',
  },
  {
    word: 'unknown-fallback',
    values: boolean,
    default: 'off',
    sentence: 'With strict, a CRL may vouch for a certificate the responder does not know',
  },
  {
    word: 'deadline',
    values: { type: 'number', min: 100, max: MAX_DEADLINE_MS },
    unit: 'ms',
    default: '5000',
    sentence: 'How long everything that is asked for one peer may take together',
  },
  {
    word: 'certificate-policy',
    values: { type: 'text', pattern: oid, says: 'OIDs', isMany: true },
    sentence: 'The policies that count, as user-initial-policy-set of RFC 5280; without it any',
  },
  {
    word: 'explicit-policy',
    values: boolean,
    default: 'off',
    sentence: 'The path has to be valid for one of them: initial-explicit-policy',
  },
  {
    word: 'inhibit-policy-mapping',
    values: boolean,
    default: 'off',
    sentence: 'Policies are not mapped: initial-policy-mapping-inhibit',
  },
  {
    word: 'inhibit-any-policy',
    values: boolean,
    default: 'off',
    sentence: 'An anyPolicy stands for no other: initial-any-policy-inhibit',
  },
  {
    word: 'min-rsa-size',
    values: { type: 'number', min: 1024, max: 16_384 },
    unit: 'bits',
    default: '2048',
    sentence: 'The shortest RSA key whose signatures of certificates and CRLs are taken',
  },
  {
    word: 'allow-sha1',
    values: boolean,
    default: 'off',
    sentence: 'Take certificates and CRLs signed with SHA-1',
  },
  {
    word: 'allow-dsa',
    values: boolean,
    default: 'off',
    sentence: 'Take signatures by DSA, which nobody issues any more',
  },
];

/** Every setting of a configured CRL. */
export const crlSettings: readonly Setting[] = [
  {
    word: 'format',
    values: { type: 'choice', of: ['der', 'pem'] },
    default: 'der',
    sentence: 'How it is written; the octets decide, and another form is warned of',
  },
  {
    word: 'url',
    values: {
      type: 'text',
      pattern: /^(?:\/|(?:file|https?|ftp|sftp|tftp|ldaps?):)\S{1,2000}$/i,
      says: 'a path, or a URL of http, https, ftp, sftp, tftp or ldap',
    },
    sentence: 'Where it is fetched from; who we are there is set with "retrieval server"',
  },
  {
    word: 'refresh',
    values: { type: 'number', min: 60, max: 31_536_000 },
    unit: 's',
    sentence: 'Fetch it again after this long at the latest; without it by its nextUpdate',
  },
];
