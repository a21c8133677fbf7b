import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { someDay } from '../harness/certificates.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { makeBench, type Bench, type Outcome } from './run-cli.ts';

const run = (bench: Bench, line: string): Promise<Outcome> => bench.run(line.split(' '));

/** Run lines, one after the other; undefined is that all of them did well, else the first that did not. */
async function failing(bench: Bench, ...lines: readonly string[]): Promise<string | undefined> {
  for (const line of lines) {
    const { code, err } = await run(bench, line);
    if (code !== 0) return `${line}: ${err}`;
  }
  return undefined;
}

/** The root as CA certificate rootA and in CA profile plant, and two certificates. */
async function makeOne(): Promise<Bench> {
  const bench = makeBench(someDay);
  for (const [name, { certificate }] of Object.entries({ root, sub, leaf })) {
    writeFileSync(join(bench.directory, `${name}.der`), certificateDer(certificate));
  }
  const file = (name: string) => join(bench.directory, `${name}.der`);
  const failed = await failing(
    bench,
    `cert import cert-name rootA file ${file('root')} ca`,
    `cert import cert-name subA file ${file('sub')} ca`,
    `ca add plant url http://ra.example/ root ${file('root')}`,
    `cert track cert-name responder file ${file('leaf')}`,
    `cert track cert-name gw1 file ${file('leaf')}`,
  );
  if (failed !== undefined) throw new Error(failed);
  return bench;
}

async function apply(bench: Bench, text: string, ...more: string[]): Promise<Outcome> {
  const file = join(bench.directory, 'gw.yaml');
  writeFileSync(file, text);
  return bench.run(['config', 'apply', file, '--yes', ...more]);
}

describe('what peers are judged by', () => {
  it.each([
    ['crypto map gw ikev2-ipv4 ca rootA', 'cert remove rootA ca --yes', 'policy "gw" needs it'],
    ['crypto map gw ikev2-ipv4 ca rootA', 'no certificate name rootA --yes', 'policy "gw"'],
    ['crypto map gw ikev2-ipv4 ca subA plant', 'ca remove plant --yes', 'policy "gw" needs it'],
    [
      'ocsp verify-object hq verify-others off ca-chain plant',
      'ca remove plant --yes',
      'OCSP object "hq" needs it',
    ],
    [
      'ocsp verify-object hq signing-certs responder:rootA,plant',
      'ca remove plant --yes',
      'OCSP object "hq" needs it',
    ],
    [
      'ocsp verify-object hq signing-certs responder:any trust-ocsp-signing subA',
      'cert remove subA --yes',
      'OCSP object "hq" needs it',
    ],
    [
      'ocsp verify-object hq signing-certs rootA',
      'cert remove rootA --yes',
      'OCSP object "hq" needs it',
    ],
    [
      'ocsp verify-object hq signing-certs responder',
      'cert remove responder --yes',
      'OCSP object "hq" needs it',
    ],
    ['agent serve name gw1 to responder', 'cert remove responder --yes', 'is served "gw1"'],
  ])('is not taken away after "%s" by "%s": %s', async (set, remove, why) => {
    const bench = await makeOne();
    expect(await failing(bench, set)).toBeUndefined();
    for (const line of [remove, `${remove} dry-run`]) {
      const { code, err } = await run(bench, line);
      expect(err).toContain(why);
      expect(err).toContain('hint:');
      expect(code).toBe(3);
    }
    const left = await bench.withStore(async (store) => [
      (await store.caCertificates.list()).length,
      (await store.authorities.list()).length,
      (await store.certificates.names()).length,
    ]);
    expect(left).toEqual([2, 1, 2]);
  });

  it('is taken away once nobody needs it', async () => {
    const bench = await makeOne();
    const lines = [
      'crypto map gw ikev2-ipv4 ca rootA plant',
      'crypto map gw ikev2-ipv4 ca subA',
      'cert remove rootA --yes',
      'ca remove plant --yes',
      'no crypto map gw',
      'cert remove subA --yes',
    ];
    expect(await failing(bench, ...lines)).toBeUndefined();
  });

  it('lets a CA profile go whose label a CA certificate stands for', async () => {
    const bench = await makeOne();
    const lines = [
      'crypto map gw ikev2-ipv4 ca rootA',
      `ca add rootA url http://ra.example/ root ${join(bench.directory, 'root.der')}`,
      'ca remove rootA --yes',
    ];
    expect(await failing(bench, ...lines)).toBeUndefined();
  });

  it('keeps a certificate that is shown to another agent', async () => {
    const bench = await makeOne();
    await bench.withStore(async ({ nameSettings }) => {
      await nameSettings.set(parseLabel('gw1', 'name'), 'fetch-as', 'responder');
      await nameSettings.set(parseLabel('gw1', 'name'), 'auto-fetch-days', '20');
    });
    const { code, err } = await run(bench, 'cert remove responder --yes');
    expect({ code, err }).toMatchObject({
      code: 3,
      err: expect.stringContaining('fetching "gw1"'),
    });
  });
});

const profile = (name: string) => `  ${name}: { url: http://ra.example/, root: root.der }\n`;
const policy = (ca: string) => `crypto-policy:\n  gw: { kind: ikev2-ipv4, ca: ${ca} }\n`;

describe('config apply', () => {
  it.each([
    ['crypto-policy:\n  gw: { kind: ikev2-ipv4, ca: rootB }\n', 'line 2, crypto-policy.gw.ca'],
    ['crypto-policy:\n  gw:\n    kind: ikev2-ipv4\n    ca: [rootA, plnat]\n', 'line 4'],
    ['ocsp:\n  hq: { verify-others: off, ca-chain: rootB }\n', 'line 2, ocsp.hq.ca-chain'],
    ['ocsp:\n  hq: { signing-certs: "responder:rootB" }\n', 'line 2, ocsp.hq.signing-certs'],
    ['ocsp:\n  hq: { signing-certs: respnder }\n', 'line 2, ocsp.hq.signing-certs'],
    [
      'ocsp:\n  hq: { signing-certs: rootA }\ncrypto-policy:\n  gw: { ocsp-cert-validator: hp, ca: rootB }\n',
      'line 4, crypto-policy.gw.ocsp-cert-validator: there is no OCSP object "hp" (Did you mean "hq"?)',
    ],
    [
      'ca-crl:\n  a: { url: /a }\ncrypto-policy:\n  gw:\n    ca: rootB\n    ca-crl: [a, aa]\n',
      'line 6, crypto-policy.gw.ca-crl[2]: there is no CRL "aa" (Did you mean "a"?)',
    ],
    [
      'ocsp:\n  hq: { signing-certs: rootA }\ncertificates:\n  gw1: { staple-ocsp: hp }\ncrypto-policy:\n  gw: { ca: rootB }\n',
      'line 4, certificates.gw1.staple-ocsp: there is no OCSP object "hp" (Did you mean "hq"?)',
    ],
  ])('changes nothing when a label is not known: %j', async (text, where) => {
    const bench = await makeOne();
    const file = `retention: { versions: 3 }\n${text}`;
    for (const more of [[], ['--dry-run']]) {
      const { code, err } = await apply(bench, file, ...more);
      expect(err).toMatch(/Did you mean "(?:rootA|plant|responder)"\?/);
      expect(err).toContain(where.replace(/\d+/, (line) => String(Number(line) + 1)));
      expect(code).toBe(3);
    }
    const set = await bench.withStore((store) => store.settings.get('retention-versions'));
    expect(set).toBeUndefined();
  });

  it('takes CAs that come with the file, and refuses those that go with it', async () => {
    const bench = await makeOne();
    const both = `ca:\n${profile('plant')}${profile('newCa')}${policy('newCa')}`;
    expect(await apply(bench, both)).toMatchObject({ code: 0 });
    const gone = await apply(bench, `ca:\n${profile('plant')}${policy('newCa')}`);
    expect(gone.err).toContain('crypto-policy.gw.ca: there is no CA certificate');
    const stays = await apply(bench, `ca:\n${profile('plant')}`);
    expect(stays.err).toContain('policy "gw" needs "newCa", which is not in it');
    expect([gone.code, stays.code]).toEqual([3, 3]);
  });

  it('keeps the OCSP object that a staple is got by, unless that goes, too', async () => {
    const bench = await makeOne();
    expect(await failing(bench, 'ocsp verify-object hq signing-certs rootA')).toBeUndefined();
    await bench.withStore(({ nameSettings }) =>
      nameSettings.set(parseLabel('gw1', 'name'), 'staple-ocsp', 'hq'),
    );
    const removed = await run(bench, 'no ocsp verify-object hq');
    expect(removed.err).toContain('the staple of "gw1" needs it');
    const stays = await apply(bench, 'ocsp: {}\n');
    expect(stays.err).toContain('the staple of "gw1" needs "hq", which is not in it');
    expect([removed.code, stays.code]).toEqual([3, 3]);
    expect(await apply(bench, 'ocsp: {}\ncertificates: {}\n')).toMatchObject({ code: 0, err: '' });
  });

  it('takes away together what needs each other, and has another take its place', async () => {
    const bench = await makeOne();
    const first =
      'ca: { newCa: { url: http://ra.example/, root: root.der } }\n' +
      'ocsp: { hq: { verify-others: off, ca-chain: newCa } }\n' +
      'ca-crl: { a: { url: http://crl.example/a } }\n' +
      'crypto-policy: { gw: { kind: ikev2-ipv4, ca: newCa, ocsp-cert-validator: hq, ca-crl: a } }\n';
    expect(await apply(bench, first)).toMatchObject({ code: 0 });
    expect(await apply(bench, first.replaceAll('newCa', 'other').replaceAll('hq', 'x'))).toEqual({
      code: 0,
      out: expect.stringContaining('changes made'),
      err: '',
    });
    const none = 'ca: {}\nocsp: {}\nca-crl: {}\ncrypto-policy: {}\n';
    expect(await apply(bench, none)).toMatchObject({ code: 0, err: '' });
    expect((await apply(bench, none)).out).toContain('Nothing was changed');
  });
});
