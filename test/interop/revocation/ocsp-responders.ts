import type { UnavailableCode } from '../../../src/revocation/verdict.ts';

/** Settings of who may sign responses: the columns of the matrix. */
export const responderKinds = {
  issuer: 'policy with `ocsp`',
  'signing-certs': '`signing-certs` with the delegate',
  'signing-certs for': '`signing-certs` with a stranger, for this CA',
  'ca-chain': '`ca-chain`',
  rfc6960: '`ca-chain`, `profile rfc6960`',
  'trusted-root': '`ca-chain`, `accept-trusted-root on`, the root in `trust-ocsp-signing`',
  'no-criteria': '`ca-chain`, `issuer-criteria-check off`, the root in `trust-ocsp-signing`',
  'no-criteria, no root': '`ca-chain`, `issuer-criteria-check off`',
} as const;

/** One of the columns. */
export type ResponderKind = keyof typeof responderKinds;

/** What comes of a response: what it says, or why that is not believed; what is noted beside it stands in brackets. */
export type Said =
  | 'good'
  | 'revoked'
  | 'unknown'
  | UnavailableCode
  | `good (${'content-type' | 'no-age-bound' | 'responder-not-checked' | 'rfc6960-nonconforming'})`;

/** Who signed a response. */
export const signers = {
  ocsp: 'the responder that the CA named for ocspSigning',
  rsa: 'one that the CA named, with RSA of 2048 bits',
  weak: 'one that the CA named, with RSA of 1024 bits',
  unchecked: 'one that the CA named, without id-pkix-ocsp-nocheck',
  sub: 'the CA itself, by no certificate that comes along',
  stranger: 'a stranger',
  impostor: 'another CA of the same name',
  plain: 'one the CA issued for no extended usage',
  any: 'one the CA issued for anyExtendedKeyUsage',
  'no-signing': 'one that the CA named, whose keyUsage is not digitalSignature',
  old: 'one that the CA named, whose certificate has expired since',
  young: 'one that the CA named, after it signed this',
  'of-root': 'one that the CA above named for ocspSigning',
} as const;

/** One of them; its files are called the same. */
export type Signer = keyof typeof signers;

const no: Said = 'unauthorized-responder';
const nobody: Readonly<Record<ResponderKind, Said>> = {
  issuer: no,
  'signing-certs': no,
  'signing-certs for': no,
  'ca-chain': no,
  rfc6960: no,
  'trusted-root': no,
  'no-criteria': no,
  'no-criteria, no root': no,
};
/** Whoever RFC 6960 section 4.2.2.2 has in cases 2 and 3. */
const named = (said: Said): Readonly<Record<ResponderKind, Said>> => ({
  issuer: said,
  'signing-certs': no,
  'signing-certs for': no,
  'ca-chain': said,
  rfc6960: said,
  'trusted-root': said,
  'no-criteria': said,
  'no-criteria, no root': said,
});
/** Whoever is below the root, which settings may take. */
const below: Readonly<Record<ResponderKind, Said>> = {
  ...nobody,
  'trusted-root': 'good (rfc6960-nonconforming)',
  'no-criteria': 'good (rfc6960-nonconforming)',
};

/** What comes of a response by which everything is right but who signed it; `good` is that the signer is believed. */
export const believed: Readonly<Record<Signer, Readonly<Record<ResponderKind, Said>>>> = {
  ocsp: { ...named('good'), 'signing-certs': 'good' },
  rsa: named('good'),
  weak: named('bad-signature'),
  unchecked: named('good (responder-not-checked)'),
  sub: named('good'),
  stranger: { ...nobody, 'signing-certs for': 'good' },
  impostor: named('bad-signature'),
  plain: below,
  any: below,
  'no-signing': nobody,
  old: nobody,
  young: nobody,
  'of-root': below,
};

/** List the columns. */
export function listResponderKinds(): readonly ResponderKind[] {
  return Object.keys(responderKinds).filter(isKind);
}

function isKind(kind: string): kind is ResponderKind {
  return Object.hasOwn(responderKinds, kind);
}
