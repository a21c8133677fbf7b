import type { Signer } from './ocsp-responders.ts';
import { at, cas, linesFor, otherSerial, peerSerial, type Wanted, type Workshop } from './pki.ts';

const digitalSignature = 'keyUsage=digitalSignature';
const forOcsp = 'extendedKeyUsage=OCSPSigning';
const unchecked = 'noCheck=ignored';

/** Whoever signs responses beside the CAs. */
const responders: readonly Wanted[] = [
  { name: 'ocsp', issuer: 'sub', extensions: [digitalSignature, forOcsp, unchecked], serial: 100 },
  {
    name: 'rsa',
    issuer: 'sub',
    extensions: [digitalSignature, forOcsp, unchecked],
    serial: 109,
    rsaBits: 2048,
  },
  {
    name: 'weak',
    issuer: 'sub',
    extensions: [digitalSignature, forOcsp, unchecked],
    serial: 110,
    rsaBits: 1024,
  },
  { name: 'unchecked', issuer: 'sub', extensions: [digitalSignature, forOcsp], serial: 101 },
  {
    name: 'stranger',
    extensions: ['basicConstraints=critical,CA:TRUE', digitalSignature, unchecked],
    serial: 102,
  },
  { name: 'plain', issuer: 'sub', extensions: [digitalSignature, unchecked], serial: 103 },
  {
    name: 'any',
    issuer: 'sub',
    extensions: [digitalSignature, 'extendedKeyUsage=anyExtendedKeyUsage', unchecked],
    serial: 104,
  },
  {
    name: 'no-signing',
    issuer: 'sub',
    extensions: ['keyUsage=keyAgreement', forOcsp, unchecked],
    serial: 105,
  },
  {
    name: 'old',
    issuer: 'sub',
    extensions: [digitalSignature, forOcsp, unchecked],
    serial: 106,
    days: 5,
  },
  {
    name: 'young',
    issuer: 'sub',
    extensions: [digitalSignature, forOcsp, unchecked],
    serial: 107,
    from: 0,
  },
  {
    name: 'of-root',
    issuer: 'root',
    extensions: [digitalSignature, forOcsp, unchecked],
    serial: 108,
  },
];

/** What is asked about, in the words of a request. */
const peer = `-issuer sub.crt -serial ${peerSerial}`;

interface Made {
  readonly file: string;
  readonly index?: 'valid' | 'revoked' | 'hold' | 'empty';
  readonly signer?: Signer;
  /** Certificates it is about. */
  readonly about?: string;
  /** Days from now on which it is made. */
  readonly from?: number;
  /** How long it holds. */
  readonly validity?: string;
  readonly more?: string;
}

/** Those that are no answer to one query alone. */
const made: readonly Made[] = [
  { file: 'good' },
  { file: 'revoked', index: 'revoked' },
  { file: 'hold', index: 'hold' },
  { file: 'unknown', index: 'empty' },
  { file: 'sha256', about: `-sha256 ${peer}` },
  { file: 'no-next', validity: '' },
  { file: 'expired', from: -3, validity: '-ndays 1' },
  { file: 'future', from: 3 },
  { file: 'expired-in-skew', from: -1.5, validity: '-ndays 1' },
  { file: 'future-in-skew', from: 0.5 },
  { file: 'day-old', from: -1, validity: '-ndays 7' },
  { file: 'with-chain', more: '-rother cas.pem' },
  { file: 'many-certs', more: '-rother many.pem' },
  { file: 'by-rsa', signer: 'rsa' },
  { file: 'by-weak', signer: 'weak' },
  { file: 'broken', more: '-badsig' },
  { file: 'sha1', more: '-rmd sha1' },
  { file: 'other-serial', about: `-issuer sub.crt -serial ${otherSerial}` },
  // The CA of an answer is whoever -issuer names; -CA is whose list it is.
  { file: 'other-ca', about: `-issuer stranger.crt -serial ${peerSerial}` },
  { file: 'crowd', about: `-issuer sub.crt ${serials(20)} -serial ${peerSerial}` },
  { file: 'huge', about: `-issuer sub.crt ${serials(900)} -serial ${peerSerial}` },
  { file: 'crowded', about: `-issuer sub.crt ${serials(1000)} -serial ${peerSerial}` },
  { file: 'with-nonce', about: peer, more: '-nonce' },
  { file: 'by-unchecked', signer: 'unchecked' },
  { file: 'by-sub', signer: 'sub', more: '-resp_no_certs' },
  { file: 'by-stranger', signer: 'stranger' },
  { file: 'by-impostor', signer: 'impostor' },
  { file: 'by-plain', signer: 'plain' },
  { file: 'by-any', signer: 'any' },
  { file: 'by-no-signing', signer: 'no-signing' },
  // Signed in its time: only that it is over speaks against it.
  { file: 'by-old', signer: 'old', from: -8, validity: '-ndays 30' },
  { file: 'by-young', signer: 'young', from: -2, validity: '-ndays 7' },
  { file: 'by-of-root', signer: 'of-root' },
];

function serials(count: number): string {
  return Array.from({ length: count }, (_, i) => `-serial ${0x20_00_00 + i}`).join(' ');
}

function lineFor({ file, index = 'valid', signer = 'ocsp', ...rest }: Made): string {
  const { about = peer, from = 0, validity = '-nmin 600', more = '' } = rest;
  const nonce = more === '-nonce' ? more : `-no_nonce ${more}`;
  return `${at(from)}openssl ocsp ${about} ${nonce} -index ${index}.txt -CA ${file === 'other-ca' ? 'stranger' : 'sub'}.crt -rsigner ${signer}.crt -rkey ${signer}.key ${validity} -noverify -respout ${file}.der`;
}

/** Make the PKI, and every response that can be made before it is asked for. */
export function makeOcsp(shop: Workshop, url: string): void {
  const peers: Wanted[] = [
    {
      name: 'peer',
      issuer: 'sub',
      serial: peerSerial,
      extensions: [digitalSignature, `authorityInfoAccess=OCSP;URI:${url}`],
    },
  ];
  shop.run(...[...cas, ...responders, ...peers].flatMap((wanted) => linesFor(shop, wanted)));
  const serial = peerSerial.toString(16);
  const valid = `V\t400101000000Z\t\t${serial}\tunknown\t/CN=peer\n`;
  const revoked = (reason: string): string =>
    `R\t400101000000Z\t261101000000Z,${reason}\t${serial}\tunknown\t/CN=peer\n`;
  shop.write('valid.txt', valid);
  shop.write('revoked.txt', revoked('keyCompromise'));
  shop.write('hold.txt', revoked('certificateHold'));
  shop.write('empty.txt', '');
  const embedded = [
    'unchecked',
    'plain',
    'any',
    'no-signing',
    'old',
    'young',
    'rsa',
    'sub',
    'root',
  ];
  shop.run(
    'cat sub.crt root.crt > cas.pem',
    `cat ${embedded.map((name) => `${name}.crt`).join(' ')} > many.pem`,
    ...made.map(lineFor),
  );
}
