import { execFile } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { toDer } from '../../../src/asn1/codec.ts';
import { oids, type Oid } from '../../../src/asn1/oids.ts';
import { certIdOf } from '../../../src/revocation/ocsp-cert-id.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';
import type { Extension } from '../../../src/x509/extension.ts';
import {
  BasicOCSPResponse,
  OCSPResponse,
  ResponseData,
  type SingleResponse,
} from '../../../src/x509/ocsp-response.ts';
import { opensslEnv } from '../openssl/pki.ts';
import type { OcspRowName, Signer } from './ocsp-rows.ts';
import { at, cas, linesFor, otherSerial, peerSerial, type Wanted, type Workshop } from './pki.ts';
import {
  drip,
  drop,
  octets,
  silence,
  status,
  type Answer,
  type MatrixResponder,
} from './responder.ts';

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
  { file: 'by-old', signer: 'old' },
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

/** Answer by openssl, for this query: its nonce, and its way to name the certificate. */
function live(shop: Workshop): Answer {
  let count = 0;
  return async (query, out) => {
    const name = `live-${(count += 1)}`;
    shop.write(`${name}.req`, query.body);
    const line = `ocsp -reqin ${name}.req -index valid.txt -CA sub.crt -rsigner ocsp.crt -rkey ocsp.key -nmin 600 -noverify -respout ${name}.der`;
    const options = { cwd: shop.directory, env: opensslEnv() };
    await promisify(execFile)('openssl', line.split(' '), options);
    await octets(shop.read(`${name}.der`))(query, out);
  };
}

/** What openssl has no word for: several answers that differ, and extensions. Signed by the responder of the CA. */
function ownResponses(shop: Workshop) {
  const key = createPrivateKey(readFileSync(shop.path('ocsp.key')));
  const signer = shop.certificate('ocsp');
  const about = certIdOf(shop.certificate('peer'), shop.certificate('sub'), 'sha1');
  const single = (parts: Partial<SingleResponse> = {}): SingleResponse => ({
    certID: about,
    certStatus: { type: 'good', value: null },
    thisUpdate: hours(-2),
    nextUpdate: hours(10),
    ...parts,
  });
  const response = (
    responses: readonly SingleResponse[],
    data: Partial<ResponseData> = {},
    responseType: Oid = oids.ocspBasic,
  ): Uint8Array => {
    const tbsResponseData: ResponseData = {
      version: 0,
      responderID: { type: 'byName', value: signer.tbsCertificate.subject },
      producedAt: hours(-1),
      responses,
      ...data,
    };
    const basic = toDer(BasicOCSPResponse, {
      tbsResponseData,
      signatureAlgorithm: algorithmIdentifier('ecdsaWithSHA256'),
      signature: Uint8Array.from(sign('sha256', toDer(ResponseData, tbsResponseData), key)),
      certs: [signer],
    });
    return toDer(OCSPResponse, {
      responseStatus: 'successful',
      responseBytes: { responseType, response: basic },
    });
  };
  const revoked = {
    type: 'revoked',
    value: { revocationTime: hours(-20), revocationReason: 'keyCompromise' },
  } as const;
  const unknown = { type: 'unknown', value: null } as const;
  const older = { thisUpdate: hours(-5) };
  const critical: Extension = {
    extnID: '1.2.3.4',
    critical: true,
    extnValue: Uint8Array.of(5, 0),
  };
  return {
    'two-revoked': response([single({ certStatus: revoked, ...older }), single()]),
    'two-revoked-ended': response([
      single({ certStatus: revoked, thisUpdate: hours(-9), nextUpdate: hours(-7) }),
      single(),
    ]),
    'two-newest-good': response([single({ certStatus: unknown, ...older }), single()]),
    'two-newest-unknown': response([single(older), single({ certStatus: unknown })]),
    'never-issued': response(
      [
        single({
          certStatus: {
            type: 'revoked',
            value: { revocationTime: new Date(0), revocationReason: 'certificateHold' },
          },
        }),
      ],
      {
        responseExtensions: [
          { extnID: oids.ocspExtendedRevoke, critical: false, extnValue: Uint8Array.of(5, 0) },
        ],
      },
    ),
    'critical-single': response([single({ singleExtensions: [critical] })]),
    'critical-response': response([single()], { responseExtensions: [critical] }),
    'other-type': response([single()], {}, oids.ocspNonce),
  } as const;
}

/** So many hours from now, in whole seconds. */
function hours(count: number): Date {
  const time = Date.now() + count * 3_600_000;
  return new Date(time - (time % 1000));
}

/** Send whoever asks to another place, and answer there. */
function moved(code: number, url: string, answer: Answer): Answer {
  const away = status(code, url.replace(/ocsp$/, 'moved'));
  return (query, out) => (query.path.startsWith('/moved') ? answer : away)(query, out);
}

function statusOnly(responseStatus: OCSPResponse['responseStatus']): Answer {
  return octets(toDer(OCSPResponse, { responseStatus }));
}

/** What the responder does for each row. Fresh for each time it is served: `tryLater` is said once. */
export function answersOf(
  shop: Workshop,
  { url }: MatrixResponder,
): Readonly<Record<OcspRowName, () => Answer>> {
  const file = (name: string): Uint8Array => shop.read(`${name}.der`);
  const said = (name: string) => (): Answer => octets(file(name));
  const own = ownResponses(shop);
  const ownSaid = (name: keyof typeof own) => (): Answer => octets(own[name]);
  const good = file('good');
  return {
    good: said('good'),
    revoked: said('revoked'),
    hold: said('hold'),
    unknown: said('unknown'),
    sha256: said('sha256'),
    'no-next': said('no-next'),
    expired: said('expired'),
    future: said('future'),
    'expired-in-skew': said('expired-in-skew'),
    'future-in-skew': said('future-in-skew'),
    'too-old': said('day-old'),
    'not-too-old': said('day-old'),
    'no-next-refused': said('no-next'),
    broken: said('broken'),
    sha1: said('sha1'),
    'other-serial': said('other-serial'),
    'other-ca': said('other-ca'),
    crowd: said('crowd'),
    huge: said('huge'),
    'huge-allowed': said('huge'),
    crowded: said('crowded'),
    'with-chain': said('with-chain'),
    'many-certs': said('many-certs'),
    'by-rsa': said('by-rsa'),
    'by-weak': said('by-weak'),
    'by-unchecked': said('by-unchecked'),
    'by-sub': said('by-sub'),
    'by-stranger': said('by-stranger'),
    'by-impostor': said('by-impostor'),
    'by-plain': said('by-plain'),
    'by-any': said('by-any'),
    'by-no-signing': said('by-no-signing'),
    'by-old': said('by-old'),
    'by-young': said('by-young'),
    'by-of-root': said('by-of-root'),
    'nonce-back': () => live(shop),
    'nonce-missing': said('good'),
    'nonce-wrong': said('with-nonce'),
    'nonce-missing-preferred': said('good'),
    'nonce-wrong-preferred': said('with-nonce'),
    'nonce-unasked': said('with-nonce'),
    'two-revoked': ownSaid('two-revoked'),
    'two-revoked-ended': ownSaid('two-revoked-ended'),
    'two-newest-good': ownSaid('two-newest-good'),
    'two-newest-unknown': ownSaid('two-newest-unknown'),
    'never-issued': ownSaid('never-issued'),
    'critical-single': ownSaid('critical-single'),
    'critical-response': ownSaid('critical-response'),
    'other-type': ownSaid('other-type'),
    tryLater: () => statusOnly('tryLater'),
    'tryLater-once': () => {
      let count = 0;
      return (query, out) =>
        ((count += 1) === 1 ? statusOnly('tryLater') : octets(good))(query, out);
    },
    unauthorized: () => statusOnly('unauthorized'),
    internalError: () => statusOnly('internalError'),
    malformedRequest: () => statusOnly('malformedRequest'),
    sigRequired: () => statusOnly('sigRequired'),
    truncated: () => octets(good.subarray(0, -1)),
    trailing: () => octets(Buffer.concat([good, Uint8Array.of(0)])),
    html: () => octets(Buffer.from('<html><body>No responder here</body></html>'), 'text/html'),
    'wrong-type': () => octets(good, 'text/plain'),
    'status-500': () => status(500),
    redirect: () => moved(302, url, octets(good)),
    'redirect-post': () => moved(307, url, live(shop)),
    'redirect-round': () => status(302, url),
    'redirect-ftp': () => status(302, 'ftp://127.0.0.1/ocsp'),
    slow: () => silence,
    dripping: () => drip(good),
    dropped: () => drop(),
    cut: () => drop(good.subarray(0, good.length / 2)),
  };
}
