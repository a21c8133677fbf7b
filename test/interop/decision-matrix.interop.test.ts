import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { putPolicy } from '../../src/lifecycle/validation-policies.ts';
import type { SettingWords } from '../../src/settings/setting.ts';
import type { RevocationMode } from '../../src/validation/contract.ts';
import type { CrlOutcome, OcspOutcome } from '../../src/validation/revocation-policy.ts';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { startNginx, type FileServer } from './retrieval-servers.ts';
import { linesForCrl, listing, scoped, type WantedCrl } from './revocation/crl-files.ts';
import {
  decisionRows,
  decisionTitle,
  listCrlOutcomes,
  ocspOutcomes,
  type DecisionRow,
} from './revocation/decision-rows.ts';
import { cas, linesFor, workshop, type Wanted, type Workshop } from './revocation/pki.ts';
import {
  drop,
  octets,
  silence,
  startMatrixResponder,
  type Answer,
  type MatrixResponder,
} from './revocation/responder.ts';
import { makeSite, type Judged, type Site } from './revocation/site.ts';

const peers = ['openssl', 'faketime', 'nginx-light'] as const;

let shop: Workshop;
let site: Site;
let nginx: FileServer;
let responder: MatrixResponder;

/** Certificates by the CRL they name. A CRL that is signed by nobody we know is not held: another one is, in its place. */
type PeerName = CrlOutcome | 'scope' | 'nothing';
const peerNames: readonly PeerName[] = [...listCrlOutcomes(), 'scope', 'nothing'];
const serialOf = (name: PeerName): number => 0x1000 + peerNames.indexOf(name);

const crls: Readonly<
  Record<Exclude<PeerName, 'nothing' | 'unavailable'>, Omit<WantedCrl, 'name'>>
> = {
  good: {},
  revoked: { entries: peerNames.map((name) => listing('keyCompromise', serialOf(name))).join('') },
  expired: { from: -9 },
  unusable: { signer: 'impostor' },
  scope: scoped('onlyCA=TRUE'),
};

beforeAll(async () => {
  if (!peers.every(hasPeer)) return;
  shop = workshop();
  site = makeSite();
  nginx = await startNginx({}, false, true);
  responder = await startMatrixResponder();
  makeAll();
  await site.say(
    ...['root', 'sub'].map((ca) => `cert import cert-name ${ca} file ${shop.path(ca)}.crt ca`),
    `ca add plant url http://127.0.0.1:9/ root ${shop.path('root.crt')} intermediate ${shop.path('sub.crt')}`,
    `ocsp verify-object hq url ${responder.url} verify-others off ca-chain plant profile rfc6960 nonce off timeout 20000 cache-error-timeout 60`,
  );
  await site.within(async (services) => {
    for (const revocation of ['strict', 'relaxed', 'ifuri'] as const) {
      for (const ocsp of Object.keys(ocspOutcomes)) {
        const name = policyOf(revocation, ocsp);
        const words = { kind: 'ikev2-ipv4', ca: ['sub'], revocation, deadline: 60_000 };
        await putPolicy(services, { name, words: { ...words, ...ocspWords(ocsp) } });
      }
    }
  });
});
afterAll(async () => {
  await nginx?.close();
  await responder?.close();
  site?.close();
  shop?.close();
});
beforeEach((context) => {
  for (const peer of peers) requirePeer(context, peer);
});

/** Keys, certificates, CRLs where nginx has them, and one response of each kind about all certificates. */
function makeAll(): void {
  const wanted: readonly Wanted[] = [
    ...cas,
    {
      name: 'ocsp',
      issuer: 'sub',
      serial: 100,
      extensions: ['keyUsage=digitalSignature', 'extendedKeyUsage=OCSPSigning', 'noCheck=ignored'],
    },
    ...peerNames.map((name) => ({
      name,
      issuer: 'sub',
      serial: serialOf(name),
      extensions: [
        'keyUsage=digitalSignature',
        ...(name === 'nothing'
          ? []
          : [`crlDistributionPoints=URI:http://127.0.0.1:${nginx.port}/${name}.crl`]),
      ],
    })),
  ];
  shop.run(...wanted.flatMap((one) => linesFor(shop, one)));
  const lists = Object.entries(crls).map(([name, rest]) => ({ name, ...rest }));
  shop.run(...lists.flatMap((one) => linesForCrl(shop, one)));
  for (const { name } of lists) {
    writeFileSync(join(nginx.folder, `${name}.crl`), shop.read(`${name}.crl`));
  }
  const serials = peerNames.map(serialOf);
  const valid = serials.map(
    (one) => `V\t400101000000Z\t\t${one.toString(16)}\tunknown\t/CN=${one}\n`,
  );
  shop.write('response-good.txt', valid.join(''));
  shop.write('response-revoked.txt', crls.revoked.entries ?? '');
  shop.write('response-unknown.txt', '');
  const about = serials.map((one) => `-serial ${one}`).join(' ');
  const signer = '-CA sub.crt -rsigner ocsp.crt -rkey ocsp.key -nmin 600 -noverify';
  shop.run(
    ...['good', 'revoked', 'unknown'].map(
      (word) =>
        `openssl ocsp -issuer sub.crt ${about} -no_nonce -index response-${word}.txt ${signer} -respout response-${word}.der`,
    ),
  );
}

function policyOf(mode: RevocationMode, ocsp: string): string {
  return `${mode}-${ocsp.replaceAll(/\W+/g, '-')}`;
}

function ocspWords(ocsp: string): SettingWords {
  if (ocsp === 'none') return {};
  return {
    'ocsp-cert-validator': 'hq',
    'crl-fallback': true,
    ...(ocsp === 'revoked, a CRL decides' && { 'ocsp-revoked-fallback': 'crl' }),
    ...(ocsp === 'unknown, a CRL decides' && { 'unknown-fallback': true }),
  };
}

function answerOf(ocsp: OcspOutcome): Answer {
  const [word = ''] = ocsp.split(',');
  return word === 'unavailable' || word === 'none'
    ? drop()
    : octets(shop.read(`response-${word}.der`));
}

/** The settings, with nothing held but what such a peer needs that names nothing. */
async function prepared({ naming, crl }: DecisionRow): Promise<Site> {
  const copied = site.copy();
  onTestFinished(() => copied.close());
  if (naming === 'names nothing' && crl !== 'unavailable') {
    const other = shop.certificate(crl === 'unusable' ? 'scope' : crl);
    await copied.judge({ choice: { name: 'relaxed-none' }, peer: other });
  }
  return copied;
}

function peerOf({ naming, crl }: DecisionRow): PeerName {
  return naming === 'names nothing' ? 'nothing' : crl;
}

function expected({ decision, reason }: DecisionRow): Omit<Judged, 'depths'> {
  const [verdict = '', ...warnings] = decision
    .split(',')
    .map((word) => word.replaceAll(/[`\s]/g, ''));
  return verdict === 'accept'
    ? { verdict, reasons: [], warnings }
    : { verdict: 'reject', reasons: [reason ?? ''], warnings };
}

const rows = decisionRows().map((row) => [decisionTitle(row), row] as const);

describe('the table of docs/validation.md, by openssl and nginx', () => {
  it('is as long as it was when this was written', () => {
    expect(rows).toHaveLength(3 * 7 * 5 + 5);
  });

  it.each(rows)('%s', async (_, row) => {
    const by = await prepared(row);
    responder.serve(answerOf(row.ocsp));
    const judged = await by.judge({
      choice: { name: policyOf(row.mode, row.ocsp) },
      peer: shop.certificate(peerOf(row)),
    });
    expect(judged).toMatchObject(expected(row));
  });

  it.each(rows.filter((_row, i) => i % 9 === 0))('%s, by the program', async (_, row) => {
    const by = await prepared(row);
    responder.serve(answerOf(row.ocsp));
    const file = shop.path(`${peerOf(row)}.crt`);
    const judged = await by.verify([file, 'policy', policyOf(row.mode, row.ocsp)]);
    const { verdict } = expected(row);
    expect(judged).toMatchObject({ ...expected(row), code: verdict === 'accept' ? 0 : 9 });
  });
});

describe('a deadline that comes while the responder and nginx say nothing', () => {
  it.each([
    ['strict', { verdict: 'reject', reasons: ['timeout'], warnings: [] }],
    ['relaxed', { verdict: 'accept', reasons: [], warnings: ['accepted-without-revocation'] }],
    ['ifuri', { verdict: 'reject', reasons: ['timeout'], warnings: [] }],
  ] as const)('is no word, which %s decides on', async (mode, decided) => {
    responder.serve(silence);
    nginx.signal('SIGSTOP');
    try {
      const by = site.copy();
      onTestFinished(() => by.close());
      for (const ocsp of ['unavailable', 'none']) {
        const judged = await by.judge({
          choice: { name: policyOf(mode, ocsp) },
          peer: shop.certificate('good'),
          change: (policy) => ({ ...policy, deadlineMs: 300 }),
        });
        expect(judged).toMatchObject(decided);
      }
    } finally {
      nginx.signal('SIGCONT');
    }
  });
});
