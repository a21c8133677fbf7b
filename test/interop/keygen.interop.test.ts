import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { requirePeer } from '../harness/require.ts';
import { runCertkeeper } from './openssl/command-line.ts';
import { modulePath, setUpSoftHsm } from './softhsm.ts';

beforeEach((context) => requirePeer(context, 'openssl'));

const run = promisify(execFile);

/** A CA that has never heard of CMP: a directory for `openssl ca` and `openssl x509 -req`. */
interface PlainCa {
  readonly directory: string;
  path(name: string): string;
  openssl(...argv: readonly string[]): Promise<string>;
  /** Run a command line that ends well, its words with spaces between them. */
  done(words: string): Promise<string>;
}

const configuration = (directory: string): string => `[ca]
default_ca = plain
[plain]
dir = ${directory}
database = ${directory}/index
serial = ${directory}/serial
new_certs_dir = ${directory}/issued
certificate = ${directory}/ca.pem
private_key = ${directory}/ca.key
default_md = sha256
default_days = 30
policy = any
copy_extensions = copy
[any]
commonName = supplied
organizationName = optional
`;

async function plainCa(env: Readonly<Record<string, string>> = {}): Promise<PlainCa> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-plain-ca-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = (name: string): string => join(directory, name);
  mkdirSync(path('issued'));
  writeFileSync(path('index'), '');
  writeFileSync(path('serial'), '01\n');
  writeFileSync(path('conf'), configuration(directory));
  const openssl: PlainCa['openssl'] = async (...argv) => {
    const { stdout, stderr } = await run('openssl', argv, { cwd: directory });
    return stdout + stderr;
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const self = ['-subj', '/CN=Plain CA', '-days', '60', '-keyout', 'ca.key', '-out', 'ca.pem'];
  await openssl('req', '-x509', ...key, ...self);
  return {
    directory,
    path,
    openssl,
    async done(words) {
      const { code, out, err } = await runCertkeeper(path('state'), words.split(' '), env);
      if (code !== 0) throw new Error(`certkeeper ${words} gave ${code}: ${err}`);
      return out;
    },
  };
}

const asking = 'subject-name CN=gw1,O=Test cert-name gw1';

/** Import the answer of a CA, with its own certificate. */
function importAnswer({ path, done }: PlainCa): Promise<string> {
  const files = `file ${path('answer.pem')} chain-file ${path('ca.pem')}`;
  return done(`cert import cert-name gw1 ${files}`);
}

describe('a request of crypto keygen', () => {
  it.each([
    ['rsa-keygen modulus 2048', 'fqdn', 'gw1.example', 'DNS:gw1.example'],
    ['keygen key-type rsa-3072', 'ip', '192.0.2.1', 'IP Address:192.0.2.1'],
    ['keygen key-type p-256', 'ip', '2001:db8::1', 'IP Address:2001:DB8:0:0:0:0:0:1'],
    ['keygen key-type p-384', 'rfc822-addr', 'ops@example.org', 'email:ops@example.org'],
    ['keygen key-type ed25519', 'fqdn', 'gw1.example', 'DNS:gw1.example'],
  ] as const)(
    'is verified, signed and taken back with openssl: %s with %s %s',
    async (command, type, id, shown) => {
      const ca = await plainCa();
      await ca.done(`crypto ${command} id-type ${type} id ${id} ${asking}`);
      const csr = ca.path('state/certs/gw1.csr.pem');
      const text = await ca.openssl('req', '-in', csr, '-verify', '-noout', '-text');
      expect(text).toMatch(/verify OK/);
      expect(text).toMatch(/Subject: O ?= ?Test, CN ?= ?gw1/);
      expect(text).toContain(shown);

      const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-copy_extensions', 'copy'];
      await ca.openssl('x509', '-req', '-in', csr, ...signing, '-days', '30', '-out', 'answer.pem');
      expect(await importAnswer(ca)).toContain('with its key');
      const answer = new X509Certificate(readFileSync(ca.path('answer.pem')));
      const key = createPrivateKey(readFileSync(ca.path('state/certs/gw1.csr-key.pem')));
      expect(answer.checkPrivateKey(key)).toBe(true);
      expect(answer.subjectAltName).toBe(shown);
    },
  );

  it('is taken by openssl ca, and its answer deployed with the key', async () => {
    const ca = await plainCa();
    const csr = ca.path('gw1.csr');
    const keygen = 'crypto keygen id-type fqdn id gw1.example';
    await ca.done(`${keygen} key-type p-256 ${asking} file ${csr}`);
    const signed = ['-config', 'conf', '-batch', '-notext', '-in', csr, '-out', 'answer.pem'];
    await ca.openssl('ca', ...signed);
    mkdirSync(ca.path('tls'), { mode: 0o755 });
    const [key, cert] = [ca.path('tls/gw1.key'), ca.path('tls/gw1.pem')];
    await ca.done(`cert deploy cert-name gw1 key ${key} cert ${cert} later`);
    await importAnswer(ca);
    await ca.done('cert deploy cert-name gw1');
    await ca.openssl('verify', '-CAfile', 'ca.pem', cert);
    const deployed = new X509Certificate(readFileSync(cert));
    expect(deployed.checkPrivateKey(createPrivateKey(readFileSync(key)))).toBe(true);
    // The request is over: another one is in nobody's way.
    const again = await ca.done(`${keygen} key-type p-384 ${asking} file -`);
    expect(again).toContain('BEGIN CERTIFICATE REQUEST');
  });

  it('is signed in the token its key stays in', async (context) => {
    for (const name of ['softhsm2', 'opensc'] as const) requirePeer(context, name);
    const hsm = await setUpSoftHsm();
    const ca = await plainCa(hsm.env);
    await ca.done(`crypto token add t1 module ${modulePath} pin file:${hsm.pinFile}`);
    const id = 'id-type fqdn id gw1.example';
    await ca.done(`crypto keygen key-type p-256 ${id} ${asking} key-provider pkcs11:token=t1`);
    const csr = ca.path('state/certs/gw1.csr.pem');
    expect(await ca.openssl('req', '-in', csr, '-verify', '-noout')).toMatch(/verify OK/);
    expect(await hsm.privateKeys()).toEqual(['gw1']);
    expect(() => readFileSync(ca.path('state/certs/gw1.csr-key.pem'))).toThrow('ENOENT');
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '30', '-out', 'answer.pem'];
    await ca.openssl('x509', '-req', '-in', csr, ...signing);
    expect(await importAnswer(ca)).toContain('with its key');
  });
});
