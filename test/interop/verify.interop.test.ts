import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { run as runLine } from '../../src/cli/run.ts';
import { fakeIo } from '../cli/fake-io.ts';
import type { Outcome } from '../cli/run-cli.ts';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { opensslEnv } from './openssl/pki.ts';

/** Bundles, CRLs and responses made by openssl, and its responder; CRLs over HTTP by a server here. */
let directory: string;
let responder: ChildProcess | undefined;
let web: Server | undefined;
let crlUrl = '';
let fetches = 0;

function openssl(line: string): void {
  execFileSync('openssl', line.split(' '), { cwd: directory, stdio: 'pipe', env: opensslEnv() });
}

function file(name: string): string {
  return join(directory, name);
}

interface Made {
  readonly name: string;
  readonly serial: string;
  readonly issuer: string;
  readonly extensions: string;
}

function make({ name, serial, issuer, extensions }: Made): void {
  writeFileSync(file(`${name}.ext`), extensions);
  openssl(`genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${name}.key`);
  openssl(`req -config /dev/null -new -key ${name}.key -subj /CN=${name} -out ${name}.csr`);
  openssl(
    `x509 -req -in ${name}.csr -CA ${issuer}.crt -CAkey ${issuer}.key -set_serial ${serial} -days 30 -extfile ${name}.ext -out ${name}.crt`,
  );
}

function makeCrl(ca: string, index: string): void {
  writeFileSync(file(`${ca}.txt`), index);
  writeFileSync(file(`${ca}.num`), '01\n');
  writeFileSync(
    file(`${ca}.cnf`),
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${ca}.txt\ncrlnumber=${ca}.num\ndefault_md=sha256\ndefault_crl_days=7\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n`,
  );
  openssl(`ca -config ${ca}.cnf -gencrl -keyfile ${ca}.key -cert ${ca}.crt -out ${ca}.crl`);
}

beforeAll(async () => {
  if (!hasPeer('openssl')) return;
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-verify-'));
  web = createServer((request, response) => {
    fetches++;
    response.end(readFileSync(file(request.url?.slice(1) ?? '')));
  });
  crlUrl = await new Promise((resolve) => {
    web?.listen(0, '127.0.0.1', () => {
      const address = web?.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    });
  });
  openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out root.key');
  openssl(
    'req -config /dev/null -x509 -new -key root.key -subj /CN=root -days 30 -out root.crt ' +
      '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign',
  );
  const point = (ca: string): string => `crlDistributionPoints=URI:${crlUrl}/${ca}.crl\n`;
  const ofCa = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n';
  make({ name: 'sub', serial: '0x10', issuer: 'root', extensions: `${ofCa}${point('root')}` });
  for (const [name, serial] of [
    ['good', '0x1000'],
    ['revoked', '0x1001'],
    ['unknown', '0x1002'],
  ] as const) {
    const extensions = `keyUsage=digitalSignature\nsubjectAltName=DNS:${name}.example\n${point('sub')}`;
    make({ name, serial, issuer: 'sub', extensions });
  }
  const ofResponder = 'extendedKeyUsage=OCSPSigning\nkeyUsage=digitalSignature\n';
  make({ name: 'ocsp', serial: '0x2000', issuer: 'sub', extensions: ofResponder });
  const goneResponder = `${ofResponder}${point('sub')}`;
  make({ name: 'gone', serial: '0x2001', issuer: 'sub', extensions: goneResponder });
  makeCrl('root', '');
  makeCrl(
    'sub',
    'R\t300101000000Z\t251101000000Z,keyCompromise\t1001\tunknown\t/CN=revoked\n' +
      'R\t300101000000Z\t251101000000Z,superseded\t2001\tunknown\t/CN=gone\n',
  );
  writeFileSync(
    file('index.txt'),
    'V\t300101000000Z\t\t1000\tunknown\t/CN=good\n' +
      'R\t300101000000Z\t251101000000Z,keyCompromise\t1001\tunknown\t/CN=revoked\n',
  );
  const args = '-index index.txt -CA sub.crt -rsigner ocsp.crt -rkey ocsp.key -nmin 60 -port 0';
  responder = spawn('openssl', ['ocsp', ...args.split(' ')], { cwd: directory, env: opensslEnv() });
  responderUrl = `http://127.0.0.1:${await portOf(responder)}`;
  for (const [name, signer, out] of [
    ['good', 'ocsp', 'good'],
    ['revoked', 'ocsp', 'revoked'],
    ['good', 'gone', 'gone'],
  ] as const) {
    openssl(
      `ocsp -issuer sub.crt -cert ${name}.crt -index index.txt -CA sub.crt -rsigner ${signer}.crt -rkey ${signer}.key -no_nonce -nmin 60 -respout ${out}.resp`,
    );
  }
}, 60_000);
afterAll(() => {
  responder?.kill();
  web?.close();
  if (directory) rmSync(directory, { recursive: true });
});
beforeEach((context) => requirePeer(context, 'openssl'));

let responderUrl = '';

/** It says `ACCEPT [::]:41000 PID=…`. */
async function portOf(process: ChildProcess): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const [, port] = /ACCEPT \S*:(\d+)/.exec(said) ?? [];
        if (port !== undefined) resolve(port);
      });
    }
    process.on('exit', () => reject(new Error(`openssl ocsp ended: ${said}`)));
  });
}

/** A state directory. */
type Bench = string;

/** Run a command line by the real clock: what waits for a responder waits. */
async function run(state: Bench, line: string): Promise<Outcome> {
  const io = fakeIo({ env: { CERTKEEPER_STATE: state } });
  const code = await runLine(line.split(' '), io, (_globals, _outside, log) =>
    compose({ stateDirectory: state, log }),
  );
  return { code, out: io.out(), err: io.err() };
}

/** A bench that believes the root, and has an OCSP object and policies. */
async function gateway(): Promise<Bench> {
  const bench = mkdtempSync(join(tmpdir(), 'certkeeper-verify-'));
  onTestFinished(() => rmSync(bench, { recursive: true }));
  const lines = [
    `cert import cert-name root file ${file('root.crt')} ca`,
    `cert import cert-name sub file ${file('sub.crt')} ca`,
    `ca add plant url http://127.0.0.1:9/ root ${file('root.crt')} intermediate ${file('sub.crt')}`,
    `ocsp verify-object hq url ${responderUrl} verify-others off ca-chain plant profile rfc6960 nonce require timeout 10000 cache-error-timeout 20`,
    `ca-crl name sub pem url ${file('sub.crl')}`,
    `ca-crl name root pem url ${file('root.crl')}`,
    'crypto map points ikev2-ipv4 ca root crl-fallback on',
    'crypto map named ikev2-ipv4 ca root crl-distribution-points off ca-crl list ca-crl-name sub root',
    'crypto map asked ikev2-ipv4 ca root ocsp-cert-validator hq ca-crl list ca-crl-name root',
    'crypto map relaxed ikev2-ipv4 ca root ocsp-cert-validator hq revocation relaxed',
  ];
  for (const line of lines) expect(await run(bench, line)).toMatchObject({ code: 0 });
  return bench;
}

function verify(bench: Bench, name: string, more: string): Promise<Outcome> {
  return run(bench, `verify ${file(`${name}.crt`)} chain ${file('sub.crt')} ${more}`);
}

describe('verify, on what openssl made', () => {
  it('accepts by the CRLs that certificates name, which are fetched once, and refuses what they list', async () => {
    const bench = await gateway();
    fetches = 0;
    const good = await verify(bench, 'good', 'policy points identity dns:good.example');
    expect(good.out).toMatch(/0 +CN=good +good +CRL/);
    expect(good.code).toBe(0);
    const revoked = await verify(bench, 'revoked', 'policy points');
    expect(revoked.out).toContain('revoked (certificate 0): it is revoked (keyCompromise)');
    expect(revoked.code).toBe(9);
    expect(fetches).toBe(2);
  });

  it('accepts and refuses by configured CRLs in files, as PEM', async () => {
    const bench = await gateway();
    expect(await verify(bench, 'good', 'policy named')).toMatchObject({ code: 0 });
    expect(await verify(bench, 'revoked', 'policy named')).toMatchObject({ code: 9 });
    expect((await run(bench, 'show ca-crl name sub')).out).toMatch(/state +valid/);
  });

  it('asks its responder, whose word on each certificate is the verdict', async () => {
    const bench = await gateway();
    const good = await verify(bench, 'good', 'policy asked');
    expect(good.out).toMatch(/0 +CN=good +good +OCSP http/);
    const words = await Promise.all(
      ['revoked', 'unknown'].map(async (name) => {
        const { code, out } = await verify(bench, name, 'policy relaxed --json');
        const parsed: unknown = JSON.parse(out);
        return { code, parsed };
      }),
    );
    expect(words).toMatchObject([
      { code: 9, parsed: { reasons: [{ code: 'revoked', depth: 0 }] } },
      { code: 9, parsed: { reasons: [{ code: 'unknown', depth: 0 }] } },
    ]);
  });

  it('believes a stapled response without asking, unless a nonce is required', async () => {
    const bench = await gateway();
    await run(
      bench,
      'ocsp verify-object stapled url http://127.0.0.1:9/ verify-others off ca-chain plant profile rfc6960 nonce off',
    );
    const more = (name: string): string =>
      `ca root policy points ocsp-object ${name} staple ${file('good.resp')}`;
    const stapled = await verify(bench, 'good', more('stapled'));
    expect(stapled.out).toMatch(/0 +CN=good +good +staple/);
    const asked = await verify(bench, 'good', more('hq'));
    expect(asked.out).toMatch(/OCSP http\S+ +good/);
    const revoked = `ca root policy points ocsp-object stapled staple ${file('revoked.resp')}`;
    expect((await verify(bench, 'revoked', revoked)).out).toMatch(/reason +revoked/);
  });

  it('asks CRLs about responders where that is set, and believes none that they list', async () => {
    const bench = await gateway();
    for (const check of ['warn', 'crl', 'strict']) {
      const line =
        `ocsp verify-object ${check} url ${responderUrl} verify-others off ca-chain plant ` +
        `profile rfc6960 nonce off timeout 10000 check-responder ${check}`;
      expect(await run(bench, line)).toMatchObject({ code: 0 });
    }
    const by = (object: string, policy: string): Promise<Outcome> =>
      verify(bench, 'good', `policy ${policy} ocsp-object ${object} staple ${file('gone.resp')}`);
    expect((await by('warn', 'named')).out).toMatch(/0 +CN=good +good +staple .*not-checked/);
    const listed = await by('crl', 'named');
    expect(listed.out).toMatch(
      /staple +unauthorized-responder: .*"CN=gone" is revoked \(superseded\)/,
    );
    expect(listed.out).toMatch(/OCSP http\S+ +good, holds until \S+\n/);
    expect(listed.code).toBe(0);
  });

  it('believes a responder that no CRL tells of only where that is set', async () => {
    const bench = await gateway();
    await run(
      bench,
      `ocsp verify-object strict url ${responderUrl} verify-others off ca-chain plant ` +
        'profile rfc6960 nonce off timeout 10000 check-responder strict',
    );
    // Nothing says where the CRL of its CA would be.
    const unheard = await verify(bench, 'good', 'policy asked ocsp-object strict');
    expect(unheard.out).toContain('no word on the responder "CN=ocsp" itself');
    // The peer itself says where, and its CRL decides.
    expect(unheard.out).toMatch(/ CRL +good/);
    expect(unheard.code).toBe(0);
  });

  it('takes an intermediate CA for the anchor that is named, and finds no path without it', async () => {
    const bench = await gateway();
    const { code, out } = await run(bench, `verify ${file('good.crt')} ca sub policy points`);
    expect(code).toBe(0);
    expect(out).toMatch(/anchor +CN=sub/);
    // An intermediate CA as anchor, and no group of responders: whoever that CA has named is believed.
    const line = `verify ${file('good.crt')} ca sub staple ${file('good.resp')}`;
    expect((await run(bench, line)).out).toMatch(/0 +CN=good +good +staple/);
    await run(bench, 'cert remove sub --yes');
    const alone = await run(bench, `verify ${file('good.crt')} ca root policy points`);
    expect(alone.out).toContain('untrusted');
  });
});
