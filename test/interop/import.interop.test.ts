import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { requirePeer } from '../harness/require.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { runCertkeeper, type CommandResult } from './openssl/command-line.ts';
import { opensslEnv } from './openssl/pki.ts';
import { modulePath, setUpSoftHsm, type SoftHsm } from './softhsm.ts';

beforeEach((context) => requirePeer(context, 'openssl'));

const endEntity = 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature';
const authority = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign';
const identifiers = 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid';

/** A directory with a root, two CAs one below the other, and an operator who has none of them yet. */
interface Bench {
  path(file: string): string;
  /** Run `openssl` with the words of a line in the directory. */
  openssl(line: string): string;
  /** Sign the request in NAME.csr into NAME.crt. */
  certify(name: string, issuer: string, extensions: string): void;
  /** Run a command line of so many words without spaces. */
  run(line: string): Promise<CommandResult>;
}

let serial = 100;

function setUp(env: Readonly<Record<string, string>> = {}): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-import-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'served'), { mode: 0o700 });
  const path = (file: string): string => join(directory, file);
  const openssl = (line: string): string =>
    execFileSync('openssl', line.split(' '), {
      cwd: directory,
      stdio: 'pipe',
      env: opensslEnv(),
      encoding: 'utf8',
    });
  const certify = (name: string, issuer: string, extensions: string): void => {
    writeFileSync(path(`${name}.ext`), `${extensions}\n${identifiers}\n`);
    openssl(
      `x509 -req -in ${name}.csr -CA ${issuer}.crt -CAkey ${issuer}.key -set_serial ${serial++} ` +
        `-days 825 -extfile ${name}.ext -out ${name}.crt`,
    );
  };
  const newKey = 'req -config /dev/null -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  openssl(
    `${newKey} -x509 -days 3650 -subj /O=Test/CN=Root -keyout root.key -out root.crt ` +
      '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign',
  );
  for (const [name, issuer] of [
    ['upper', 'root'],
    ['lower', 'upper'],
  ] as const) {
    openssl(`${newKey} -subj /O=Test/CN=${name} -keyout ${name}.key -out ${name}.csr`);
    certify(name, issuer, authority);
  }
  const state = path('state');
  return {
    path,
    openssl,
    certify,
    run: (line) => runCertkeeper(state, line.split(' '), env),
  };
}

describe('the answer of a CA without CMP', () => {
  it('is joined with its key and with CA certificates by label, and openssl verifies what is served', async () => {
    const { path, openssl, certify, run } = setUp();
    const keygen = `crypto keygen key-type p-256 id-type fqdn id gw1.example cert-name gw1 subject-name CN=gw1 file ${path('gw1.csr')}`;
    expect(await run(keygen)).toMatchObject({ code: 0 });
    certify('gw1', 'lower', endEntity);
    for (const label of ['lower', 'upper', 'root']) {
      const words = `cert import cert-name ${label} file ${path(`${label}.crt`)} ca`;
      expect(await run(words)).toMatchObject({ code: 0, err: '' });
    }
    const { code, out, err } = await run(
      `cert import cert-name gw1 file ${path('gw1.crt')} complete-chain`,
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('is imported with its key and 2 issuers');
    const [key, chain, cert] = ['key', 'chain', 'cert'].map((kind) => path(`served/${kind}.pem`));
    expect(
      await run(`cert deploy cert-name gw1 key ${key} chain ${chain} cert ${cert}`),
    ).toMatchObject({ code: 0, err: '' });
    expect(openssl(`verify -CAfile root.crt -untrusted ${chain} ${cert}`)).toContain(': OK');
    expect(openssl(`x509 -in ${cert} -noout -pubkey`)).toBe(openssl(`pkey -in ${key} -pubout`));
    // Both intermediates, the nearest first, and no root.
    const subjects = openssl(`storeutl -noout -text -certs ${chain}`).matchAll(
      /Subject:.*CN ?= ?(\w+)/g,
    );
    expect([...subjects].map(([, cn]) => cn)).toEqual(['lower', 'upper']);
  });

  it('is refused when the CA certified another key', async () => {
    const { path, openssl, certify, run } = setUp();
    await run(
      `crypto keygen key-type p-256 id-type fqdn id gw1.example cert-name gw1 subject-name CN=gw1 file ${path('gw1.csr')}`,
    );
    openssl(
      'req -config /dev/null -newkey rsa:2048 -nodes -subj /CN=gw1 -keyout other.key -out other.csr',
    );
    certify('other', 'lower', endEntity);
    const { code, err } = await run(`cert import cert-name gw1 file ${path('other.crt')}`);
    expect(code).toBe(9);
    expect(err).toContain('the key (p-256) is not the one of "CN=gw1"');
    expect(err).toContain('A key request of "gw1" waits for its answer');
  });
});

describe('cross-signed CAs of openssl', () => {
  it('lead to the anchor of the CA profile that is named', async () => {
    const { path, openssl, certify, run } = setUp();
    openssl(
      'req -config /dev/null -newkey rsa:2048 -nodes -x509 -days 3650 -subj /O=Test/CN=New -keyout new.key -out new.crt ' +
        '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign',
    );
    // The root's name and key, signed by the new one.
    openssl('req -config /dev/null -new -key root.key -subj /O=Test/CN=Root -out cross.csr');
    certify('cross', 'new', authority);
    openssl(
      'req -config /dev/null -newkey rsa:2048 -nodes -subj /CN=gw1 -keyout gw1.key -out gw1.csr',
    );
    certify('gw1', 'lower', endEntity);
    const bundle = ['root', 'gw1', 'cross', 'upper', 'lower'].map((name) =>
      readFileSync(path(`${name}.crt`), 'utf8'),
    );
    writeFileSync(path('bundle.pem'), bundle.join(''));
    for (const [label, anchor] of [
      ['old', 'root'],
      ['new', 'new'],
    ] as const) {
      await run(`ca add ${label} url http://127.0.0.1:9/ root ${path(`${anchor}.crt`)}`);
      const files = `file ${path('bundle.pem')} key-file ${path('gw1.key')}`;
      expect(
        await run(`cert import cert-name ${label}1 ${files} ca-root ${label} complete-chain`),
      ).toMatchObject({ code: 0 });
      const [chain, cert] = ['chain', 'cert'].map((kind) => path(`served/${label}-${kind}.pem`));
      expect(
        await run(`cert deploy cert-name ${label}1 chain ${chain} cert ${cert}`),
      ).toMatchObject({ code: 0 });
      const verified = openssl(`verify -CAfile ${anchor}.crt -untrusted ${chain} ${cert}`);
      expect(verified).toContain(': OK');
    }
  });
});

async function makeKey(hsm: SoftHsm, bench: Bench, label: string): Promise<void> {
  await hsm.tool('--keypairgen', '--key-type', 'EC:prime256v1', '--label', label, '--id', '4711');
  const der = bench.path(`${label}.der`);
  await hsm.tool('--read-object', '--type', 'pubkey', '--label', label, '--output-file', der);
  bench.openssl(`pkey -pubin -inform DER -in ${label}.der -out ${label}.pub`);
  bench.openssl(
    `x509 -new -force_pubkey ${label}.pub -subj /CN=${label} -CA lower.crt -CAkey lower.key -set_serial ${serial++} -out ${label}.crt`,
  );
}

describe('a certificate whose key was made in a token by others', () => {
  beforeEach((context) => {
    for (const name of ['softhsm2', 'opensc'] as const) requirePeer(context, name);
  });

  it('is imported with where the key is, and refused with the key of another', async () => {
    const hsm = await setUpSoftHsm();
    const bench = setUp(hsm.env);
    await makeKey(hsm, bench, 'gw1');
    const pub = publicKeyOf(bench, 'lower');
    bench.openssl(
      `x509 -new -force_pubkey ${pub} -subj /CN=other -CA lower.crt -CAkey lower.key -set_serial 9 -out other.crt`,
    );
    const added = `crypto token add t1 module ${modulePath} pin file:${hsm.pinFile}`;
    expect(await bench.run(added)).toMatchObject({ code: 0 });
    const provider = 'key-provider pkcs11:token=t1;object=gw1';
    const wrong = `cert import cert-name other file ${bench.path('other.crt')} ${provider}`;
    expect(await bench.run(wrong)).toMatchObject({
      code: 9,
      err: expect.stringContaining('the key (p-256) is not the one of "CN=other"'),
    });
    const right = `cert import cert-name gw1 file ${bench.path('gw1.crt')} ${provider}`;
    expect(await bench.run(right)).toMatchObject({
      code: 0,
      out: expect.stringContaining('is imported with its key'),
    });
    const { out } = await bench.run('show cert gw1 --json');
    expect(out).toContain('pkcs11:token=t1;object=gw1;id=%47%11');
    expect(await hsm.privateKeys()).toEqual(['gw1']);
  });
});

function publicKeyOf({ path, openssl }: Bench, name: string): string {
  writeFileSync(path(`${name}.pub`), openssl(`x509 -in ${name}.crt -noout -pubkey`));
  return `${name}.pub`;
}

describe('cert track of a TLS service', () => {
  it('sees that openssl s_server has a new certificate', async () => {
    const bench = setUp();
    const { path, openssl, certify, run } = bench;
    const port = await unusedPort();
    const serve = async (name: string): Promise<() => Promise<unknown>> => {
      openssl(
        `req -config /dev/null -newkey rsa:2048 -nodes -subj /CN=www -keyout ${name}.key -out ${name}.csr`,
      );
      certify(name, 'lower', endEntity);
      const words = `s_server -accept 127.0.0.1:${port} -cert ${name}.crt -key ${name}.key -www`;
      const server = spawn('openssl', words.split(' '), {
        cwd: path('.'),
        stdio: ['ignore', 'pipe', 'ignore'],
        env: opensslEnv(),
      });
      const ended = once(server, 'exit');
      onTestFinished(() => void server.kill('SIGKILL'));
      await once(server.stdout, 'data');
      return () => {
        server.kill();
        return ended;
      };
    };
    const stop = await serve('first');
    const track = 'cert track cert-name www --json';
    expect(await run(`${track} endpoint 127.0.0.1:${port}`)).toMatchObject({ code: 0 });
    expect(JSON.parse((await run(track)).out)).toMatchObject({ changed: false, version: 1 });
    await stop();
    expect(await run(track)).toMatchObject({ code: 5 });
    await serve('second');
    expect(JSON.parse((await run(track)).out)).toMatchObject({ changed: true, version: 2 });
    expect(await run('cmp update current-cert www')).toMatchObject({ code: 3 });
  });
});
