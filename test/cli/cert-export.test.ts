import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { decodePem, encodePem } from '../../src/asn1/pem.ts';
import { toHex } from '../../src/base/bytes.ts';
import { loadPrivateKeyPem } from '../../src/crypto/private-key-pem.ts';
import { readPkcs12 } from '../../src/pkcs/pkcs12.ts';
import { password, vector, vectorCertificate, vectorPath } from '../pkcs/vectors.ts';
import type { FakeIoOptions } from './fake-io.ts';
import { makeBench, type Bench, type Outcome } from './run-cli.ts';

const env = { PASS: password, OUT: 'grün€😀' };
const pkcs8 = readPkcs12(vector('aes-ec.p12'), password).keys[0]?.pkcs8 ?? new Uint8Array();

interface ExportBench extends Bench {
  readonly path: (name: string) => string;
  readonly cert: (words: readonly string[], options?: FakeIoOptions) => Promise<Outcome>;
}

/** A store with an imported certificate. */
async function makeExportBench(): Promise<ExportBench> {
  const bench = makeBench();
  const words = ['cert', 'import', 'cert-name', 'gw1', 'file', vectorPath('aes-ec.p12')];
  expect((await bench.run([...words, 'password', 'env:PASS'], { env })).code).toBe(0);
  return {
    ...bench,
    path: (name) => join(bench.directory, name),
    cert: (more, options) =>
      bench.run(['cert', 'export', 'cert-name', 'gw1', ...more], { env, ...options }),
  };
}

/** The certificates in a PEM text, by their names among the vectors. */
function namesIn(pem: string): readonly (string | undefined)[] {
  const names = ['ec', 'sub', 'root'];
  return decodePem(pem)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ der }) => names.find((name) => toHex(vectorCertificate(name)) === toHex(der)));
}

describe('cert export', () => {
  it.each([
    ['nothing else', [], ['ec', 'sub']],
    ['content cert', ['content', 'cert'], ['ec']],
    ['content chain', ['content', 'chain'], ['sub']],
    ['content fullchain', ['content', 'fullchain'], ['ec', 'sub']],
  ])('prints PEM without the root, with %s', async (_, words, names) => {
    const { cert } = await makeExportBench();
    const { code, out, err } = await cert(words);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(namesIn(out)).toEqual(names);
    expect(out).not.toContain('PRIVATE');
  });

  it('prints DER, octet by octet', async () => {
    const { cert } = await makeExportBench();
    const { code, out } = await cert(['form', 'der']);
    expect(code).toBe(0);
    expect(Buffer.from(out, 'latin1').toString('hex')).toBe(toHex(vectorCertificate('ec')));
  });

  it('writes the key only when asked to, for its owner alone, and says that it is not encrypted', async () => {
    const { cert, path } = await makeExportBench();
    const { code, out } = await cert(['to', path('gw1.pem'), 'with-key']);
    expect(code).toBe(0);
    expect(out).toBe(
      `2 certificates of "gw1" (version 1) and its key, which is not encrypted, are written to ${path('gw1.pem')}\n`,
    );
    const pem = readFileSync(path('gw1.pem'), 'utf8');
    expect(pem.endsWith(encodePem('PRIVATE KEY', pkcs8))).toBe(true);
    expect(namesIn(pem)).toEqual(['ec', 'sub']);
    expect(statSync(path('gw1.pem')).mode & 0o777).toBe(0o600);
  });

  it('encrypts the key under a password', async () => {
    const { cert, path } = await makeExportBench();
    const words = ['content', 'cert', 'with-key', 'password', 'env:OUT'];
    expect((await cert(['to', path('gw1.pem'), ...words])).code).toBe(0);
    const pem = readFileSync(path('gw1.pem'), 'utf8');
    expect(pem).not.toContain('-----BEGIN PRIVATE KEY-----');
    expect(toHex(loadPrivateKeyPem(pem, env.OUT).pkcs8)).toBe(toHex(pkcs8));
    const key = createPrivateKey({
      key: pem.slice(pem.indexOf('-----BEGIN ENC')),
      passphrase: env.OUT,
    });
    expect(key.asymmetricKeyType).toBe('ec');
    // Nobody reads that from standard output by accident, for it is a pipe.
    expect((await cert(words)).out).toContain('ENCRYPTED PRIVATE KEY');
  });

  it('writes PKCS#12 with the key, which can be imported again', async () => {
    const { cert, path, run } = await makeExportBench();
    const words = ['form', 'pkcs12', 'with-key', 'password', 'env:OUT'];
    const { code, out } = await cert(['to', path('gw1.p12'), ...words]);
    expect(code).toBe(0);
    expect(out).toBe(
      `2 certificates of "gw1" (version 1) and its key are written to ${path('gw1.p12')}\n`,
    );
    expect(statSync(path('gw1.p12')).mode & 0o777).toBe(0o600);
    const again = ['cert', 'import', 'cert-name', 'gw2', 'file', path('gw1.p12')];
    const imported = await run([...again, 'password', 'env:OUT'], { env });
    expect(imported.out).toContain('is imported with its key and 1 issuer');
  });

  it('writes PKCS#12 of certificates alone', async () => {
    const { cert, path } = await makeExportBench();
    const words = ['form', 'pkcs12', 'password', 'env:PASS', 'to', path('gw1.p12')];
    expect((await cert(words)).code).toBe(0);
    const { keys, certificates } = readPkcs12(
      Uint8Array.from(readFileSync(path('gw1.p12'))),
      password,
    );
    expect({ keys: keys.length, certificates: certificates.length }).toEqual({
      keys: 0,
      certificates: 2,
    });
  });

  it('exports the CA certificates of a label, and no key of them', async () => {
    const { run, path } = await makeExportBench();
    const words = ['cert', 'import', 'cert-name', 'rootZ', 'file', vectorPath('root.crt'), 'ca'];
    expect((await run(words)).code).toBe(0);
    const { code, out } = await run(['cert', 'export', 'rootZ']);
    expect([code, namesIn(out)]).toEqual([0, ['root']]);
    const der = await run(['cert', 'export', 'rootZ', 'form', 'der', 'to', path('root.der')]);
    expect(der.out).toBe(`1 certificate of "rootZ" is written to ${path('root.der')}\n`);
    expect(toHex(readFileSync(path('root.der')))).toBe(toHex(vectorCertificate('root')));
    const key = await run(['cert', 'export', 'rootZ', 'with-key', 'to', path('root.pem')]);
    expect(key.err).toContain('it is the label of CA certificates');
  });

  it('says of a request that its certificate is yet to be imported', async () => {
    const { run } = await makeExportBench();
    const words = 'crypto keygen key-type p-256 id-type fqdn id gw2 subject-name CN=gw2';
    expect((await run(words.split(' '))).code).toBe(0);
    const { code, err } = await run(['cert', 'export', 'gw2']);
    expect(code).toBe(3);
    expect(err).toContain('it is a request, and its certificate is yet to be imported');
  });

  it('says the same in JSON, and never with a key in it', async () => {
    const { cert, path } = await makeExportBench();
    const printed: unknown = JSON.parse((await cert(['content', 'cert', '--json'])).out);
    expect(printed).toMatchObject({ name: 'gw1', version: 1, form: 'pem', certificates: 1 });
    expect(printed).toHaveProperty('pem', encodePem('CERTIFICATE', vectorCertificate('ec')));
    const { out } = await cert(['with-key', 'to', path('gw1.pem'), '--json']);
    expect(JSON.parse(out)).toMatchObject({ withKey: true, file: path('gw1.pem') });
    expect(out).not.toContain('PRIVATE');
    expect(JSON.parse(out)).not.toHaveProperty('pem');
    for (const words of [
      ['with-key', 'password', 'env:PASS'],
      ['form', 'der'],
    ]) {
      const refused = await cert([...words, '--json']);
      expect(refused.code).toBe(2);
      expect(JSON.parse(refused.out)).toMatchObject({ error: { code: 'USAGE_INVALID' } });
      expect(refused.out).not.toContain('PRIVATE');
    }
  });

  it('exports an earlier version', async () => {
    const { cert, run } = await makeExportBench();
    const words = ['cert', 'import', 'cert-name', 'gw1', 'file', vectorPath('aes-rsa.p12')];
    await run([...words, 'password', 'env:PASS', 'replace'], { env });
    expect(namesIn((await cert(['content', 'cert'])).out)).toEqual([undefined]);
    expect(namesIn((await cert(['content', 'cert', 'version', '1'])).out)).toEqual(['ec']);
    const { code, err } = await cert(['version', '7']);
    expect(code).toBe(3);
    expect(err).toContain('Cannot export version 7 of "gw1": there is none');
  });

  it('leaves a file that is there alone, unless replace is said', async () => {
    const { cert, path } = await makeExportBench();
    writeFileSync(path('gw1.pem'), 'mine', { mode: 0o600 });
    const { code, err } = await cert(['with-key', 'to', path('gw1.pem')]);
    expect(code).toBe(3);
    expect(err).toContain('Add replace');
    expect(readFileSync(path('gw1.pem'), 'utf8')).toBe('mine');
    expect((await cert(['with-key', 'to', path('gw1.pem'), 'replace'])).code).toBe(0);
    expect(readFileSync(path('gw1.pem'), 'utf8')).toContain('PRIVATE KEY');
  });

  it.each<[string, readonly string[], FakeIoOptions, string]>([
    ['a key in clear on standard output', ['with-key'], {}, 'only encrypted'],
    [
      'a key on a terminal',
      ['with-key', 'password', 'env:PASS'],
      { isTTY: true },
      'never written to a terminal',
    ],
    ['DER on a terminal', ['form', 'der'], { isTTY: true }, 'der is not text'],
    ['DER with a key', ['form', 'der', 'with-key'], {}, 'one certificate and nothing else'],
    ['DER of a chain', ['form', 'der', 'content', 'chain'], {}, 'one certificate and nothing else'],
    ['PKCS#12 without a password', ['form', 'pkcs12', 'with-key'], {}, 'pkcs12 needs a password'],
    ['a password for certificates', ['password', 'env:PASS'], {}, 'only a key is encrypted'],
    ['a chain with a key', ['content', 'chain', 'with-key', 'to', 'x'], {}, 'with its certificate'],
  ])('refuses %s', async (_, words, options, why) => {
    const { cert } = await makeExportBench();
    const { code, out, err } = await cert(words, options);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(why);
  });

  it.each([
    ['an empty password', { PASS: '' }, 'it is empty'],
    ['a password that is not there', {}, 'it is not set'],
  ])('refuses %s, and writes nothing', async (_, given, why) => {
    const { cert, path } = await makeExportBench();
    const words = ['form', 'pkcs12', 'with-key', 'password', 'env:PASS', 'to', path('x.p12')];
    const { code, err } = await cert(words, { env: given });
    expect(code).toBe(3);
    expect(err).toContain(why);
    expect(existsSync(path('x.p12'))).toBe(false);
  });

  it('says that there is no such certificate, and that its key is not here', async () => {
    const { run, path, cert } = await makeExportBench();
    expect((await run(['cert', 'export', 'gw9'])).err).toContain(
      'Cannot export "gw9": there is no such certificate',
    );
    await run(['cert', 'import', 'cert-name', 'bare', 'file', vectorPath('rsa.crt')]);
    const { code, err } = await run(['cert', 'export', 'bare', 'with-key', 'to', path('x')]);
    expect(code).toBe(3);
    expect(err).toContain('Cannot export the key of "bare": there is none here');
    expect((await cert(['to', `${path('x')}/`])).code).toBe(2);
  });
});

describe('a key that was exchanged for another one in the database', () => {
  it('does not leave the store with a certificate it does not belong to', async () => {
    const { run, cert, path, state } = await makeExportBench();
    const other = ['cert', 'import', 'cert-name', 'gw2', 'file', vectorPath('aes-rsa.p12')];
    expect((await run([...other, 'password', 'env:PASS'], { env })).code).toBe(0);
    const database = new Sqlite(join(state, 'store.db'));
    database.exec('UPDATE certificates SET key_id = 3 - key_id');
    database.close();

    const damaged = expect.stringContaining('belongs to another certificate');
    const exported = await cert(['with-key', 'to', path('gw1.pem')]);
    expect(exported).toMatchObject({ code: 4, err: damaged });
    const files = ['key', path('gw1.key'), 'cert', path('gw1.crt')];
    const deployed = await run(['cert', 'deploy', 'cert-name', 'gw1', ...files]);
    expect(deployed).toMatchObject({ code: 4, err: damaged });
    for (const name of ['gw1.pem', 'gw1.key', 'gw1.crt'])
      expect(existsSync(path(name))).toBe(false);
  });
});
