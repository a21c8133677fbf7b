import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { listing } from './revocation/crl-files.ts';
import { cas, linesFor, ofCa, peerSerial, workshop, type Workshop } from './revocation/pki.ts';
import {
  drop,
  octets,
  startMatrixResponder,
  type Answer,
  type MatrixResponder,
} from './revocation/responder.ts';
import { makeSite, type Site } from './revocation/site.ts';

/** A root, a CA below it and a peer below that: each of the last two names a responder of its issuer. */
let shop: Workshop;
let site: Site;
let responder: MatrixResponder;

/** Serial number of the CA below the root. */
const subSerial = 0x3000;

beforeAll(async () => {
  if (!hasPeer('openssl') || !hasPeer('faketime')) return;
  shop = workshop();
  site = makeSite();
  responder = await startMatrixResponder();
  const places = ['root', 'sub'].map(
    (ca) => `authorityInfoAccess=OCSP;URI:${responder.url}/of-${ca}`,
  );
  const [ofRoot = '', ofSub = ''] = places;
  const delegate = {
    extensions: ['keyUsage=digitalSignature', 'extendedKeyUsage=OCSPSigning', 'noCheck=ignored'],
  };
  shop.run(
    ...[
      ...cas.filter(({ name }) => name === 'root'),
      { name: 'sub', issuer: 'root', serial: subSerial, extensions: [...ofCa, ofRoot] },
      { name: 'peer', issuer: 'sub', serial: peerSerial, extensions: [ofSub] },
      { name: 'root-ocsp', issuer: 'root', serial: 100, ...delegate },
      { name: 'sub-ocsp', issuer: 'sub', serial: 100, ...delegate },
    ].flatMap((wanted) => linesFor(shop, wanted)),
    ...['root', 'sub'].flatMap(responseLines),
    // A responder of the CA speaks of the CA itself: the root has not named it.
    responseLine({ of: 'root', word: 'good', by: 'sub', file: 'root-good-by-sub' }),
  );
  await site.say(
    ...['root', 'sub'].map((ca) => `cert import cert-name ${ca} file ${shop.path(ca)}.crt ca`),
    'crypto map both ikev2-ipv4 ca root ocsp crl-distribution-points off deadline 60000',
  );
});
afterAll(async () => {
  await responder?.close();
  site?.close();
  shop?.close();
});
beforeEach((context) => {
  requirePeer(context, 'openssl');
  requirePeer(context, 'faketime');
});

/** What a CA keeps of the one certificate it has issued, as its responder tells it. */
function responseLines(of: string): readonly string[] {
  const serial = serialBelow(of);
  shop.write(`${of}-good.txt`, `V\t400101000000Z\t\t${serial.toString(16)}\tunknown\t/CN=x\n`);
  shop.write(`${of}-revoked.txt`, listing('cACompromise', serial));
  shop.write(`${of}-unknown.txt`, '');
  return ['good', 'revoked', 'unknown'].map((word) =>
    responseLine({ of, word, by: of, file: `${of}-${word}` }),
  );
}

interface Response {
  readonly of: string;
  readonly word: string;
  readonly by: string;
  readonly file: string;
}

function responseLine({ of, word, by, file }: Response): string {
  return `openssl ocsp -issuer ${of}.crt -serial ${serialBelow(of)} -no_nonce -index ${of}-${word}.txt -CA ${of}.crt -rsigner ${by}-ocsp.crt -rkey ${by}-ocsp.key -nmin 600 -noverify -respout ${file}.der`;
}

function serialBelow(ca: string): number {
  return ca === 'root' ? subSerial : peerSerial;
}

/** A word of one of the two responders; no word is a connection that is closed. */
type Word = 'good' | 'revoked' | 'unknown' | 'good-by-sub' | 'no word';

function answerOf(ca: string, word: Word): Answer {
  return word === 'no word' ? drop() : octets(shop.read(`${ca}-${word}.der`));
}

describe('a peer below a CA below the anchor, by the words of both responders', () => {
  it.each<readonly [Word, Word, readonly (readonly [string, number])[]]>([
    ['good', 'good', []],
    ['revoked', 'good', [['revoked', 0]]],
    ['good', 'revoked', [['revoked', 1]]],
    [
      'revoked',
      'revoked',
      [
        ['revoked', 0],
        ['revoked', 1],
      ],
    ],
    ['good', 'unknown', [['unknown', 1]]],
    ['good', 'good-by-sub', [['unauthorized-responder', 1]]],
    // What is certain comes first.
    [
      'no word',
      'revoked',
      [
        ['revoked', 1],
        ['connect', 0],
      ],
    ],
    [
      'no word',
      'unknown',
      [
        ['unknown', 1],
        ['connect', 0],
      ],
    ],
    ['good', 'no word', [['connect', 1]]],
  ])('on the peer %s, on the CA %s', async (ofPeer, ofCaBelow, expected) => {
    responder.serve((query, out) =>
      (query.path.startsWith('/ocsp/of-root')
        ? answerOf('root', ofCaBelow)
        : answerOf('sub', ofPeer))(query, out),
    );
    const { verdict, reasons, depths } = await site.judge({
      choice: { name: 'both' },
      peer: shop.certificate('peer'),
      change: ({ ocsp, ...policy }) => ({
        ...policy,
        ...(ocsp && { ocsp: { ...ocsp, query: { ...ocsp.query, timeoutMs: 20_000 } } }),
      }),
    });
    expect(reasons.map((reason, i) => [reason, depths[i]])).toEqual(expected);
    expect(verdict).toBe(expected.length === 0 ? 'accept' : 'reject');
  });
});
