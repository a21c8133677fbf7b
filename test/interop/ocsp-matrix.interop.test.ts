import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/agent/system-clock.ts';
import type { Clock } from '../../src/base/clock.ts';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { answersOf } from './revocation/ocsp-answers.ts';
import { makeOcsp } from './revocation/ocsp-by-openssl.ts';
import { listResponderKinds, type ResponderKind, type Said } from './revocation/ocsp-responders.ts';
import {
  expectedOf,
  expectedOfStaple,
  listOcspRows,
  titleOf,
  wordsOf,
  type MatrixRules,
  type OcspRow,
} from './revocation/ocsp-rows.ts';
import { workshop, type Workshop } from './revocation/pki.ts';
import { startMatrixResponder, type MatrixResponder } from './revocation/responder.ts';
import { makeSite, saidIn, type Judging, type Site } from './revocation/site.ts';

let shop: Workshop;
let site: Site;
let responder: MatrixResponder;
let answers: ReturnType<typeof answersOf>;

const group = 'verify-others off ca-chain plant';

/** Words of an OCSP object; a policy with `ocsp` has none. */
const words: Readonly<Record<Exclude<ResponderKind, 'issuer'>, string>> = {
  'signing-certs': 'signing-certs ocsp',
  'signing-certs for': 'signing-certs stranger:sub',
  'ca-chain': group,
  rfc6960: `${group} profile rfc6960`,
  'trusted-root': `${group} accept-trusted-root on trust-ocsp-signing root`,
  'no-criteria': `${group} issuer-criteria-check off trust-ocsp-signing root`,
  'no-criteria, no root': `${group} issuer-criteria-check off`,
};

/** Of those that wait for the end of it. */
const SHORT_MS = 200;
/** Of the others: no machine is that slow. */
const LONG_MS = 20_000;

type NonceSetting = 'off' | NonNullable<OcspRow['nonce']>;
const nonces: readonly NonceSetting[] = ['prefer', 'require'];

beforeAll(async () => {
  if (!hasPeer('openssl') || !hasPeer('faketime')) return;
  shop = workshop();
  responder = await startMatrixResponder();
  makeOcsp(shop, responder.url);
  answers = answersOf(shop, responder);
  site = makeSite();
  const lines = ['root', 'sub', 'stranger'].map(
    (name) => `cert import cert-name ${name} file ${shop.path(`${name}.crt`)} ca`,
  );
  const profile = `url http://127.0.0.1:9/ root ${shop.path('root.crt')} intermediate ${shop.path('sub.crt')}`;
  await site.say(
    ...lines,
    `ca add plant ${profile}`,
    `cert track cert-name ocsp file ${shop.path('ocsp.crt')}`,
  );
  const object = (name: string, those: string): string =>
    `ocsp verify-object ${name} url ${responder.url} ${those} timeout ${LONG_MS} cache-error-timeout 60`;
  for (const [kind, those] of Object.entries(words)) {
    await site.say(object(nameOf(kind, 'off'), `${those} nonce off`));
  }
  for (const nonce of nonces) {
    await site.say(object(nameOf('rfc6960', nonce), `${words.rfc6960} nonce ${nonce}`));
  }
  for (const [name, { rules }] of listOcspRows()) {
    if (rules) {
      await site.say(object(`set-${name}`, `${words.rfc6960} nonce off ${wordsOf(rules)}`));
    }
  }
  await site.say(
    `ocsp verify-object hurried url ${responder.url} ${words.rfc6960} nonce off timeout ${SHORT_MS}`,
    `ocsp verify-object again url ${responder.url} ${words.rfc6960} nonce off timeout 10000`,
    `ocsp verify-object nobody url http://127.0.0.1:1/ ${words.rfc6960} cache-error-timeout 60 timeout ${LONG_MS}`,
    'crypto map asked ikev2-ipv4 ca sub ocsp-cert-validator hurried deadline 600000',
    'crypto map named ikev2-ipv4 ca sub ocsp crl-distribution-points off deadline 600000',
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

function nameOf(kind: string, nonce: NonceSetting): string {
  return `${kind.replaceAll(/\W+/g, '-')}-${nonce}`;
}

/** Only waiting for a while before a responder is asked once more takes no time. */
const clock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => (ms === LONG_MS / 4 ? Promise.resolve() : systemClock.sleep(ms, signal)),
};

/** The settings of a row, in the OCSP object that is there. */
function changing({ nonce = 'off', rules }: Changes, timeoutMs: number): Change {
  return ({ ocsp, ...policy }) => ({
    ...policy,
    ...(ocsp && {
      ocsp: {
        ...ocsp,
        rules: { ...ocsp.rules, nonce, ...rules },
        query: { ...ocsp.query, timeoutMs },
      },
    }),
  });
}

type Change = NonNullable<Judging['change']>;

/** What of a row is a setting. */
interface Changes {
  readonly nonce?: NonceSetting;
  readonly rules?: MatrixRules;
}

async function judge(kind: ResponderKind, row: OcspRow): Promise<string | undefined> {
  if (expectedOf(row, kind) === undefined) return undefined;
  const judged = await site.judge({
    choice:
      kind === 'issuer' ? { name: 'named' } : { name: 'asked', ocspObject: nameOf(kind, 'off') },
    peer: shop.certificate('peer'),
    change: changing(row, row.always === 'timeout' ? SHORT_MS : LONG_MS),
    clock,
  });
  return saidIn(judged);
}

describe('what a peer is judged by, when the OCSP response is', () => {
  it.each(listOcspRows().map(([name, row]) => [titleOf(row), name, row] as const))(
    '%s',
    async (_, name, row) => {
      const came: [string, string | undefined][] = [];
      const expected: [string, Said | undefined][] = [];
      for (const kind of listResponderKinds()) {
        responder.serve(answers[name]());
        came.push([kind, await judge(kind, row)]);
        expected.push([kind, expectedOf(row, kind)]);
      }
      expect(Object.fromEntries(came)).toEqual(Object.fromEntries(expected));
    },
  );
});

describe('what a peer is judged by, when nobody listens and it staples a response that is', () => {
  it.each(
    listOcspRows()
      .filter(([name]) => expectedOfStaple(name) !== undefined)
      .map(([name, row]) => [titleOf(row), name, row] as const),
  )('%s', async (_, name, row) => {
    responder.serve(answers[name]());
    const staple = await (await fetch(responder.url)).bytes();
    const judged = await site.judge({
      choice: { name: 'asked', ocspObject: 'nobody' },
      peer: shop.certificate('peer'),
      staple,
      change: changing(row, LONG_MS),
    });
    expect(saidIn(judged)).toBe(expectedOfStaple(name));
  });
});

describe('certkeeper verify, when the OCSP response is', () => {
  const some = listOcspRows().filter((_row, i) => i % 2 === 0);

  it.each(some.map(([name, row]) => [titleOf(row), name, row] as const))(
    '%s',
    async (_, name, row) => {
      responder.serve(answers[name]());
      const kind = name.endsWith('stranger') ? 'signing-certs for' : 'rfc6960';
      const usual = row.rules ? `set-${name}` : nameOf(kind, row.nonce ?? 'off');
      const isAskedAgain = name.startsWith('tryLater');
      const object = isAskedAgain ? 'again' : row.always === 'timeout' ? 'hurried' : usual;
      const file = shop.path('peer.crt');
      const judged = await site.verify([file, 'policy', 'asked', 'ocsp-object', object]);
      const { verdict, code } = judged;
      expect({ said: saidIn(judged), code }).toEqual({
        said: expectedOf(row, kind),
        code: verdict === 'accept' ? 0 : 9,
      });
    },
  );
});
