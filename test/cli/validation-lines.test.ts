import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { run as runLine } from '../../src/cli/run.ts';
import { someDay, type Issued } from '../harness/certificates.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { makeCrl } from '../revocation/crl-made.ts';
import { fakeIo } from './fake-io.ts';
import { makeBench, type Bench, type Outcome } from './run-cli.ts';

/** What every line finds, made once: the files of a small PKI, and a store that knows its root. */
const template = mkdtempSync(join(tmpdir(), 'certkeeper-lines-'));

function pem({ certificate }: Issued): string {
  return encodePem('CERTIFICATE', certificateDer(certificate));
}

beforeAll(async () => {
  const write = (name: string, octets: Uint8Array | string): void =>
    writeFileSync(join(template, name), octets);
  for (const [name, { certificate }] of Object.entries({ root, sub, leaf })) {
    write(`${name}.der`, certificateDer(certificate));
  }
  write('two.pem', pem(root) + pem(sub));
  write('root.crl', makeCrl(root, {}));
  write('sub.crl', makeCrl(sub, {}));
  const io = { CERTKEEPER_STATE: join(template, 'state') };
  for (const line of [
    'cert import cert-name rootA file DIR/root.der ca',
    'ocsp verify-object hq verify-others off ca-chain rootA nonce off',
    'ca-crl name root der url DIR/root.crl',
    'ca-crl name sub der url DIR/sub.crl',
    'crypto map gateways ikev2-ipv4 ca rootA revocation relaxed ocsp',
  ]) {
    const outside = fakeIo({ env: io });
    const code = await runLine(wordsOf(line), outside);
    if (code !== 0) throw new Error(`${line}: ${outside.err()}`);
  }
});

afterAll(() => rmSync(template, { recursive: true, force: true }));

function wordsOf(line: string): readonly string[] {
  return line.replaceAll('DIR', template).split(' ');
}

/** A store of its own: an OCSP object, two CRLs and a policy. */
async function makeOne(at: Date = someDay): Promise<Bench> {
  const bench = makeBench(at);
  cpSync(join(template, 'state'), bench.state, { recursive: true });
  return bench;
}

function run(bench: Bench, line: string): Promise<Outcome> {
  return bench.run(wordsOf(line));
}

async function policy(bench: Bench, name: string): Promise<unknown> {
  const { out } = await run(bench, `--json show crypto policy ${name}`);
  const shown: { readonly policies?: readonly unknown[] } = JSON.parse(out);
  return shown.policies?.[0];
}

describe('each line that gateways have for judging peers', () => {
  it.each([
    ['crypto map P ikev2-ipv4 ca rootA', { kind: 'ikev2-ipv4', ca: ['rootA'] }],
    ['crypto map P ikev2-ipv6 ca rootA ocsp', { kind: 'ikev2-ipv6', ocsp: 'on' }],
    ['crypto template P ikev2-dynamic ca rootA ocsp nonce', { ocsp: 'nonce' }],
    ['crypto map P ikev2-ipv4 ca-crl list ca-crl-name root sub', { 'ca-crl': ['root', 'sub'] }],
    ['crypto map P ikev2-ipv4 ca-crl list ca-crl-name root,sub', { 'ca-crl': ['root', 'sub'] }],
    [
      'crypto map P ikev2-ipv4 ca-crl list ca-crl-name root ca-crl list ca-crl-name sub',
      { 'ca-crl': ['root', 'sub'] },
    ],
    ['crypto map P ikev2-ipv4 ocsp ca-crl list ca-crl-name sub', { ocsp: 'on', 'ca-crl': ['sub'] }],
    ['crypto map P ikev2-ipv4 ca-crl list ca-crl-name sub ocsp', { ocsp: 'on', 'ca-crl': ['sub'] }],
    ['crypto template P ikev2-dynamic ocsp-cert-validator hq', { 'ocsp-cert-validator': 'hq' }],
    [
      'crypto template P ikev2-dynamic ocsp-cert-validator /Common/hq',
      { 'ocsp-cert-validator': 'hq' },
    ],
    ['crypto map P ikev2-ipv4 revocation strict', { revocation: 'strict' }],
    ['crypto map P ikev2-ipv4 revocation relaxed', { revocation: 'relaxed' }],
    ['crypto map P ikev2-ipv4 revocation ifuri', { revocation: 'ifuri' }],
    ['crypto map P ikev2-ipv4 max-chain-length 16', { 'max-chain-length': 16 }],
    ['crypto map --name P --kind ikev2-ipv4 --max-chain-length=1', { 'max-chain-length': 1 }],
    ['crypto map name ocsp ikev2-ipv4 ocsp', { name: 'ocsp', ocsp: 'on' }],
  ])('sets a policy: %s', async (line, words) => {
    const bench = await makeOne();
    expect(await run(bench, line)).toMatchObject({ code: 0 });
    const name = 'name' in words ? 'ocsp' : 'P';
    expect(await policy(bench, name)).toMatchObject({ name, ...words });
    expect((await run(bench, `no crypto map name ${name} ikev2-ipv4`)).code).toBe(0);
    expect(await policy(bench, 'gateways')).toMatchObject({ name: 'gateways' });
  });

  it.each([
    ['show ocsp', 'hq'],
    ['show ocsp all', 'hq'],
    ['show ocsp verify-object hq', 'hq'],
    ['show ca-crl', 'sub.crl'],
    ['show ca-crl all', 'root.crl'],
    ['show ca-crl name sub', 'sub.crl'],
    ['show crypto policy', 'gateways'],
    ['show crypto policy gateways', 'gateways'],
    ['verify DIR/leaf.der chain DIR/sub.der ca rootA policy gateways', 'accept'],
    ['verify DIR/leaf.der chain DIR/sub.der policy gateways', 'accept'],
    ['verify DIR/leaf.der chain DIR/sub.der ca rootA policy gateways at 2026-12-01', 'verdict'],
  ])('shows and judges: %s', async (line, text) => {
    const { code, out } = await run(await makeOne(), line);
    expect(out).toContain(text);
    expect(code).toBe(0);
  });

  it.each([
    ['no ocsp', 'Policy "gateways" asks no more by OCSP'],
    ['no ocsp policy gateways', 'Policy "gateways" asks no more by OCSP'],
    ['no ocsp nonce', 'Policy "gateways" asks no more by OCSP'],
    ['no ocsp verify-object hq', 'OCSP object "hq" is removed'],
    ['no ocsp verify-object hq verify-others off', 'OCSP object "hq" is removed'],
    ['no ca-crl name sub', 'CRL "sub" is fetched no more'],
    ['no ca-crl name sub der url DIR/sub.crl', 'CRL "sub" is fetched no more'],
    ['no crypto map gateways', 'Policy "gateways" is removed'],
    ['no crypto template gateways ikev2-dynamic', 'Policy "gateways" is removed'],
  ])('is undone: %s', async (line, text) => {
    const bench = await makeOne();
    expect(await run(bench, `${line} dry-run`)).toMatchObject({ code: 0 });
    const { code, out } = await run(bench, line);
    expect(out).toContain(text);
    expect(code).toBe(0);
    expect((await run(bench, 'show audit')).out).toContain(line.split(' ', 2).join(' '));
  });

  it.each([
    ['no ocsp policy nobody', 'there is no policy "nobody"'],
    ['no ocsp verify-object hq2', 'there is none'],
    ['no ca-crl name nobody', 'there is none'],
    ['no crypto map nobody', 'there is none'],
    ['ca-crl name ocsp der url DIR/sub.crl', 'it is a word of "crypto map"'],
    ['ca-crl name ca-crl der url DIR/sub.crl', 'it is a word of "crypto map"'],
    ['crypto map P ikev2-ipv4 ocsp-cert-validator hp', 'no OCSP object "hp", did you mean "hq"?'],
    ['crypto map P ikev2-ipv4 ca-crl list ca-crl-name root,subs', 'did you mean "sub"?'],
    ['crypto map P ikev2-ipv4 ca rootB', 'Did you mean "rootA"?'],
    ['crypto map P ikev2-dynamic ca rootA', 'Cannot use "ikev2-dynamic" as kind'],
    ['crypto map P ikev2-ipv4 max-chain-length 17', 'out of range'],
    ['crypto map ocsp ikev2-ipv4 ca rootA', 'write "name ocsp"'],
    ['cert import cert-name two file DIR/two.pem ca', 'there are 2 certificates in the file'],
    ['verify DIR/leaf.der policy gatewys', 'Did you mean "gateways"?'],
    ['verify DIR/leaf.der ca rootA ocsp-object hp', 'Cannot use OCSP object "hp"'],
  ])('is refused: %s', async (line, why) => {
    const { code, err } = await run(await makeOne(), line);
    expect(err).toContain(why);
    expect([2, 3, 9]).toContain(code);
  });
});

describe('no ocsp', () => {
  it('has to be told which of several policies, and leaves what sources are left', async () => {
    const bench = await makeOne();
    await run(bench, 'crypto map P ikev2-ipv4 ca rootA ocsp-cert-validator hq unknown-fallback on');
    const { code, err } = await run(bench, 'no ocsp');
    expect(err).toContain('there are "P", "gateways"');
    expect(code).toBe(3);
    expect(await run(bench, 'no ocsp policy P')).toMatchObject({ code: 0 });
    const left = await policy(bench, 'P');
    expect(left).toMatchObject({ name: 'P', kind: 'ikev2-ipv4', ca: ['rootA'] });
    expect(left).not.toHaveProperty('ocsp-cert-validator');
    expect(left).not.toHaveProperty('unknown-fallback');
    expect((await run(bench, 'no ocsp policy P')).out).toContain('asked nobody by OCSP before');
  });

  it('is refused where nobody would be accepted any more', async () => {
    const bench = await makeOne();
    await run(bench, 'crypto map P ikev2-ipv4 ocsp crl-distribution-points off');
    expect((await run(bench, 'no ocsp policy P')).err).toContain('no source is left');
  });
});

describe('what works and perhaps not as meant', () => {
  it('is warned of: a CA that has expired, a deadline that ends a query', async () => {
    const bench = await makeOne(new Date('2046-01-01T00:00:00Z'));
    const tried = await run(bench, 'crypto map P ikev2-ipv4 ca rootA ocsp deadline 1000 dry-run');
    expect(tried.err).toMatch(/warning: CA "rootA" expired on .*: nobody below it is accepted/);
    expect(tried.err).toContain('deadline is 1000 ms, and a query by ocsp may take 2000 ms');
    expect(tried.code).toBe(0);
    await run(bench, 'crypto map P ikev2-ipv4 ca rootA ocsp-cert-validator hq deadline 100');
    const line = 'ocsp verify-object hq verify-others off ca-chain rootA timeout 6000';
    const { err } = await run(bench, line);
    expect(err).toContain('timeout is 6000 ms, and deadline of policy "P" 100 ms');
  });
});

describe('completion', () => {
  it.each([
    ['crypto map gateways ikev2-ipv4 ca ', 'rootA'],
    ['crypto map gateways ikev2-ipv4 ocsp-cert-validator ', 'hq'],
    ['crypto map gateways ikev2-ipv4 ca-crl list ca-crl-name ', 'root\nsub'],
    ['show crypto policy ', 'gateways'],
    ['no crypto map ', 'gateways'],
    ['no ca-crl name ', 'root\nsub'],
    ['show ca-crl name ', 'root\nsub'],
    ['no ocsp verify-object ', 'hq'],
    ['no ocsp policy ', 'gateways'],
    ['show ocsp verify-object ', 'hq'],
    ['ocsp verify-object x verify-others off ca-chain ', 'rootA'],
    ['verify a.pem ca ', 'rootA'],
    ['verify a.pem ocsp-object ', 'hq'],
  ])('offers names after "%s"', async (line, names) => {
    const bench = await makeOne();
    const { out } = await bench.run(['complete', 'bash', ' ', `certkeeper ${line}`]);
    expect(out).toContain(`${names}\n`);
  });
});
