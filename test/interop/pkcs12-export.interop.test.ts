import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { programPath } from '../../scripts/peer-packages.ts';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { vectorPath } from '../pkcs/vectors.ts';
import { runCertkeeper } from './openssl/command-line.ts';
import { opensslEnv } from './openssl/pki.ts';

/** A key type, and a password; each needs more of UTF-16 than the one before. */
const rows = [
  { kind: 'ec', what: 'ASCII', password: 'ge heim"1' },
  { kind: 'rsa', what: 'ASCII', password: 'geheim' },
  { kind: 'ed25519', what: 'ASCII', password: 'geheim' },
  { kind: 'ec', what: 'beyond ASCII', password: 'grün€' },
  { kind: 'rsa', what: 'beyond 16 bits a character', password: 'pass😀𝔊' },
] as const;

const encrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----[^]*-----END ENCRYPTED PRIVATE KEY-----/;

let directory: string;

beforeEach((context) => {
  requirePeer(context, 'openssl');
  requirePeer(context, 'libnss3-tools');
  requirePeer(context, 'gnutls-bin');
  requirePeer(context, 'openjdk-17-jre-headless');
});

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-p12-'));
  if (!hasPeer('openssl')) return;
  for (const kind of ['ec', 'rsa', 'ed25519']) {
    const file = vectorPath(`aes-${kind}.p12`);
    const words = ['cert', 'import', 'cert-name', kind, 'file', file];
    await certkeeper([...words, 'password', 'env:PASS'], 'geheim');
    // The key as OpenSSL takes it out of the file that OpenSSL made.
    openssl(`pkcs12 -in ${file} -passin pass:geheim -nocerts -nodes -out in`);
    openssl(`pkey -in in -out ${kind}.key`);
  }
}, 60_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function path(file: string): string {
  return join(directory, file);
}

function read(file: string): string {
  return readFileSync(path(file), 'utf8');
}

/** Run `openssl` with the words of a line, and give what it prints. */
function openssl(line: string): string {
  const options = { cwd: directory, env: opensslEnv(), encoding: 'utf8', stdio: 'pipe' } as const;
  return execFileSync('openssl', line.split(' '), options);
}

/** Run a program to its end, in a locale of UTF-8, and give all it says. */
function peer(program: string, ...args: readonly string[]): string {
  const env = { ...opensslEnv(), PATH: programPath, LC_ALL: 'C.UTF-8', HOME: directory };
  const options = { cwd: directory, env, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(program, args, options);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout + stderr;
}

async function certkeeper(words: readonly string[], password: string): Promise<string> {
  const { code, out, err } = await runCertkeeper(path('state'), words, { PASS: password });
  if (code !== 0) throw new Error(`${words.join(' ')}: ${err}`);
  return out;
}

/** Export a certificate with its key as PKCS#12, and have its password in a file, too. */
async function exportPkcs12(kind: string, password: string): Promise<void> {
  writeFileSync(path('pass'), password);
  const words = ['cert', 'export', kind, 'to', path('out.p12'), 'form', 'pkcs12', 'with-key'];
  await certkeeper([...words, 'replace', 'password', 'env:PASS'], password);
}

/** Have GnuTLS decrypt the key in a text, and give its public half as PEM. */
function publicKeyByGnutls(text: string, password: string): string {
  writeFileSync(path('enc.key'), `${encrypted.exec(text)?.[0] ?? ''}\n`);
  const words = ['--pubkey-info', '--load-privkey', path('enc.key'), '--password', password];
  return /-----BEGIN PUBLIC KEY-----[^]*/.exec(peer('certtool', ...words))?.[0].trim() ?? '';
}

function publicKeyByOpenssl(kind: string): string {
  return openssl(`pkey -in ${kind}.key -pubout`).trim();
}

/** Make an empty database of NSS. */
function makeNssDatabase(): readonly string[] {
  const database = path('nss');
  rmSync(database, { recursive: true, force: true });
  mkdirSync(database);
  peer('certutil', '-N', '-d', database, '--empty-password');
  return ['-d', database];
}

let imported = 0;

/** Import `in.p12` under a new name. */
async function importing(password: string): Promise<string> {
  const words = ['cert', 'import', 'cert-name', `in${++imported}`, 'file', path('in.p12')];
  return certkeeper([...words, 'password', 'env:PASS'], password);
}

describe('a PKCS#12 file of ours', () => {
  it.each(rows)(
    'with $kind under a password $what is read by OpenSSL without -legacy',
    async ({ kind, password }) => {
      await exportPkcs12(kind, password);
      const open = 'pkcs12 -in out.p12 -passin file:pass';
      openssl(`${open} -nocerts -nodes -out key`);
      openssl('pkey -in key -out out.key');
      expect(read('out.key')).toBe(read(`${kind}.key`));
      const certificates = openssl(`${open} -nokeys`);
      expect(certificates.match(/^subject=.*$/gm)).toEqual([
        `subject=O = Test, CN = ${kind}`,
        'subject=O = Test, CN = sub',
      ]);
      expect(certificates).toContain(`friendlyName: ${kind}`);
      // Which certificate is the key's is told by localKeyID.
      expect(openssl(`${open} -nokeys -clcerts`).match(/^subject=/gm)).toHaveLength(1);
      const said = peer('openssl', ...`${open} -info -noout`.split(' '));
      expect(said).toContain('MAC: sha256, Iteration 100000');
      expect(said.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 100000/g)).toHaveLength(2);
    },
  );

  it('is refused by OpenSSL under another password', async () => {
    await exportPkcs12('ec', 'geheim');
    expect(() => openssl('pkcs12 -in out.p12 -passin pass:Geheim -noout')).toThrow(
      'invalid password',
    );
  });

  // NSS has no Ed25519.
  it.each(rows.filter(({ kind }) => kind !== 'ed25519'))(
    'with $kind under a password $what is imported by NSS',
    async ({ kind, password }) => {
      await exportPkcs12(kind, password);
      const database = makeNssDatabase();
      peer('pk12util', '-i', path('out.p12'), '-w', path('pass'), '-K', '', ...database);
      expect(peer('certutil', '-K', ...database)).toContain(kind);
      expect(peer('certutil', '-L', ...database)).toMatch(new RegExp(`^${kind} +u,u,u`, 'm'));
      expect(peer('certutil', '-O', '-n', kind, ...database)).toContain('CN=sub,O=Test');
    },
  );

  it.each(rows)('with $kind under a password $what is read by GnuTLS', async (row) => {
    const { kind, password } = row;
    await exportPkcs12(kind, password);
    const words = ['--p12-info', '--inder', '--infile', path('out.p12')];
    const said = peer('certtool', ...words, '--password', password);
    expect(said.match(/Type: Certificate/g)).toHaveLength(2);
    expect(said).toContain(`Friendly name: ${kind}`);
    expect(publicKeyByGnutls(said, password)).toBe(publicKeyByOpenssl(kind));
  });

  // Java takes no others: "Password is not ASCII".
  it.each(rows.filter(({ what }) => what === 'ASCII'))(
    'with $kind is a PrivateKeyEntry of Java with its chain, and its key signs there',
    async ({ kind, password }) => {
      await exportPkcs12(kind, password);
      const store = ['-keystore', path('out.p12'), '-storetype', 'PKCS12'];
      const open = [...store, '-storepass:file', path('pass')];
      const said = peer('keytool', '-list', '-v', ...open);
      expect(said).toContain(`Alias name: ${kind}`);
      expect(said).toContain('Entry type: PrivateKeyEntry');
      expect(said).toContain('Certificate chain length: 2');
      expect(peer('keytool', '-certreq', '-alias', kind, ...open)).toContain(
        'BEGIN NEW CERTIFICATE REQUEST',
      );
    },
  );
}, 120_000);

describe('an encrypted key of ours', () => {
  it.each(rows)(
    'of kind $kind under a password $what is read by OpenSSL and GnuTLS',
    async ({ kind, password }) => {
      writeFileSync(path('pass'), password);
      const words = ['cert', 'export', kind, 'to', path('out.pem'), 'with-key', 'replace'];
      await certkeeper([...words, 'password', 'env:PASS'], password);
      openssl('pkey -in out.pem -passin file:pass -out out.key');
      expect(read('out.key')).toBe(read(`${kind}.key`));
      expect(publicKeyByGnutls(read('out.pem'), password)).toBe(publicKeyByOpenssl(kind));
    },
  );
}, 120_000);

describe('a PKCS#12 file of others', () => {
  it.each(rows)(
    'with $kind under a password $what is read as OpenSSL and GnuTLS make it',
    async ({ kind, password }) => {
      writeFileSync(path('pass'), password);
      const certificate = vectorPath(`${kind}.crt`);
      const files = `-in ${certificate} -inkey ${kind}.key -certfile ${vectorPath('sub.crt')}`;
      openssl(`pkcs12 -export ${files} -passout file:pass -out in.p12`);
      expect(await importing(password)).toContain('with its key and 1 issuer');

      const load = ['--load-certificate', certificate, '--load-privkey', path(`${kind}.key`)];
      const made = ['--p12-name', kind, '--outder', '--outfile', path('in.p12')];
      peer('certtool', '--to-p12', ...load, ...made, '--password', password);
      expect(await importing(password)).toContain('is imported with its key');
    },
  );

  it('is refused as NSS makes it, which is BER, with the command that converts it', async () => {
    await exportPkcs12('ec', 'geheim');
    const words = ['-w', path('pass'), '-K', '', ...makeNssDatabase()];
    peer('pk12util', '-i', path('out.p12'), ...words);
    peer('pk12util', '-o', path('in.p12'), '-n', 'ec', ...words);
    await expect(importing('geheim')).rejects.toThrow('openssl pkcs12 -in');
    openssl('pkcs12 -in in.p12 -passin pass:geheim -passout pass:geheim -out in.pem');
    const again = ['cert', 'import', 'cert-name', 'converted', 'file', path('in.pem')];
    expect(await certkeeper([...again, 'password', 'env:PASS'], 'geheim')).toContain(
      'is imported with its key',
    );
  });
}, 120_000);
