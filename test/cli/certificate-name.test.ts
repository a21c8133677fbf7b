import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asBuffer } from '../../src/base/bytes.ts';
import { password, vector, vectorCertificate, vectorPath } from '../pkcs/vectors.ts';
import { makeBench, type Bench, type Outcome } from './run-cli.ts';
import { serveFiles } from './serve-files.ts';

const env = { PASS: password };
const certificate = text('ec.crt');
const key = text('pkcs8-ec.pem');
const pass = ['password', 'env:PASS'] as const;

function text(name: string): string {
  return asBuffer(vector(name)).toString('utf8');
}

async function naming(words: readonly string[], bench: Bench = makeBench()): Promise<Outcome> {
  return await bench.run(['certificate', 'name', 'gw1', ...words], { env });
}

describe('certificate name', () => {
  it('takes pem data with an encrypted key', async () => {
    const bench = makeBench();
    const words = ['pem', 'data', certificate, 'private-key', 'pem', 'encrypted', 'data', key];
    const { code, out, err } = await naming([...words, ...pass], bench);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining('Certificate "gw1" (CN=ec,O=Test) is imported with its key'),
    });
    // The certificate is for everybody.
    expect(err).toContain('the secret given to private-key in the process list');
    expect(err).not.toContain('pem data');
    expect(await bench.withStore((store) => store.certificates.current('gw1'))).toMatchObject({
      source: 'import',
    });
  });

  it.each(['\\n', ' '])('takes data whose line ends are %j', async (end) => {
    const line = (pem: string): string => pem.replaceAll('\n', end);
    const words = ['pem', 'data', line(certificate), 'private-key', 'pem', 'data', line(key)];
    expect(await naming([...words, ...pass])).toMatchObject({ code: 0 });
  });

  it('takes der and pem by URL and by path', async () => {
    const host = await serveFiles({ '/ec.der': vectorCertificate('ec') });
    const words = ['der', 'url', `${host.origin}/ec.der`];
    const byPath = ['private-key', 'pem', 'url', vectorPath('pkcs8-ec.pem')];
    expect(await naming([...words, ...byPath, ...pass])).toMatchObject({ code: 0 });
    const file = ['pem', 'url', `file:${vectorPath('ec.crt')}`];
    expect(await naming([...file, ...byPath, ...pass])).toMatchObject({ code: 0 });
  });

  it('takes the options of other programs, in any order', async () => {
    const bench = makeBench();
    const words = ['--private-key-pem-url', vectorPath('pkcs8-ec.pem'), ...pass];
    const more = [`--pem-url=${vectorPath('ec.crt')}`, '--name', 'gw1'];
    const { code } = await bench.run(['certificate', 'name', ...words, ...more], { env });
    expect(code).toBe(0);
  });

  it('takes the line a second time, and another certificate only with replace', async () => {
    const bench = makeBench();
    await naming(['pem', 'data', certificate], bench);
    expect((await naming(['pem', 'data', certificate], bench)).out).toContain('already, the same');
    const other = ['pem', 'url', vectorPath('rsa.crt')];
    expect(await naming(other, bench)).toMatchObject({ code: 3 });
    expect(await naming([...other, 'replace'], bench)).toMatchObject({ code: 0 });
  });

  it('keeps where peers find the certificate, and shows it, until a line says otherwise', async () => {
    const bench = makeBench();
    const url = 'http://pki.example/gw1.der';
    const words = ['pem', 'data', certificate];
    const said = await naming([...words, 'cert-enc', 'cert-hash-url', 'url', url], bench);
    expect(said).toMatchObject({ code: 0 });
    expect((await bench.run(['show', 'cert', 'gw1'])).out).toContain(url);
    expect((await bench.run(['show', 'cert', 'gw1', '--json'])).out).toContain(
      `"hash-url": "${url}"`,
    );
    await naming(words, bench);
    expect((await bench.run(['show', 'cert', 'gw1'])).out).not.toContain(url);
  });

  it.each([
    ['https', 'https://pki.example/gw1.der', 'it is not http'],
    ['no URL', 'gw1.der', 'not an http or https URL'],
    ['a password', 'http://u:s3cret@pki.example/', 'with a user name or password'],
    ['a long one', `http://pki.example/${'x'.repeat(1024)}`, '1043 characters'],
  ])('refuses a cert-hash-url that is %s', async (_, url, why) => {
    const { err } = await naming(['pem', 'data', certificate, 'cert-hash-url', 'url', url]);
    expect(err).toContain(why);
    expect(err).not.toContain('s3cret');
  });

  it.each([
    ['cert-enc alone', ['pem', 'data', certificate, 'cert-enc'], 'Cannot use cert-enc alone'],
    ['no certificate', ['private-key', 'pem', 'data', key], 'is missing'],
    ['two', ['pem', 'data', certificate, 'der', 'url', '/x'], 'exclude each other'],
    ['half a keyword', ['pem'], 'after pem comes data or url'],
    ['another word', ['pem', 'file', 'x'], 'after pem comes data or url'],
    [
      'half a long keyword',
      ['private-key', 'pem'],
      'after private-key pem comes data or encrypted or url',
    ],
    ['a forgotten value', ['pem', 'data'], 'the value of pem data is missing'],
    ['PEM as der', ['der', 'url', vectorPath('ec.crt')], 'it is PEM'],
    ['PKCS#12 as pem', ['pem', 'url', vectorPath('aes-ec.p12')], 'it is not PEM'],
    [
      'a key of another certificate',
      [
        'pem',
        'url',
        vectorPath('rsa.crt'),
        'private-key',
        'pem',
        'url',
        vectorPath('pkcs8-ec.pem'),
        ...pass,
      ],
      'is not the one of',
    ],
    [
      'encrypted data that is not',
      [
        'pem',
        'data',
        certificate,
        'private-key',
        'pem',
        'encrypted',
        'data',
        text('sec1-ec.pem'),
        ...pass,
      ],
      'it is not PKCS #8',
    ],
    [
      'a certificate as key',
      ['pem', 'data', certificate, 'private-key', 'pem', 'data', certificate],
      'there is no key in it',
    ],
    [
      'no password',
      ['pem', 'data', certificate, 'private-key', 'pem', 'data', key],
      'it is encrypted',
    ],
    [
      'nobody to ask for one',
      ['pem', 'data', certificate, 'private-key', 'pem', 'encrypted', 'data', key],
      'this is not a terminal',
    ],
    ['standard input twice', ['pem', 'url', '-', 'private-key', 'pem', 'url', '-'], 'twice'],
    [
      'a key over http',
      ['pem', 'data', certificate, 'private-key', 'pem', 'url', 'http://files.example/key'],
      'anybody on the way',
    ],
  ])('refuses %s, and writes nothing', async (_, words, why) => {
    const bench = makeBench();
    const { code, out, err } = await naming(words, bench);
    expect(code).toBeGreaterThan(1);
    expect(err).toContain(why);
    expect(out + err).not.toContain(key.slice(60, 100));
    expect(await bench.withStore((store) => store.certificates.current('gw1'))).toBeUndefined();
  });

  it('asks for the password of an encrypted key on a terminal', async () => {
    const words = ['pem', 'data', certificate, 'private-key', 'pem', 'encrypted', 'data', key];
    const { code, err } = await makeBench().run(['certificate', 'name', 'gw1', ...words], {
      isTTY: true,
      input: `${password}\n`,
    });
    expect(code).toBe(0);
    expect(err).toContain('password: ');
  });

  it('is taken from a pasted configuration, abbreviated and over several lines', async () => {
    const bench = makeBench();
    const lines = [
      'configure',
      `  cert name gw1 pem d "${certificate.trimEnd()}" priv pem enc data "${key.replaceAll('\n', '\\n')}" password env:PASS`,
      'end',
    ];
    const paste = `${lines.join('\n')}\n`.replace('cert name', 'certificate name');
    const { code, err } = await bench.run(['shell'], { env, input: paste });
    expect({ code, err: err.replace(/^warning: the chain.*\n/m, '') }).toEqual({
      code: 0,
      err: '',
    });
    expect((await bench.run(['show', 'cert'])).out).toContain('gw1');
  });

  it('is undone by no, which asks, and takes the files along', async () => {
    const bench = makeBench();
    const place = join(bench.directory, 'certs');
    mkdirSync(place, { mode: 0o700 });
    const words = ['pem', 'data', certificate, 'private-key', 'pem', 'data', key];
    await naming([...words, ...pass], bench);
    const files = ['cert', join(place, 'gw1.cert.pem'), 'key', join(place, 'gw1.key.pem')];
    const deployed = await bench.run(['cert', 'deploy', 'cert-name', 'gw1', ...files]);
    expect(deployed).toMatchObject({ code: 0 });
    expect(readdirSync(place)).toHaveLength(2);
    const no = ['no', 'certificate', 'name', 'gw1'];
    expect(await bench.run(no)).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
    expect(readdirSync(place)).toHaveLength(2);
    expect(await bench.run([...no, '--yes'])).toMatchObject({ code: 0 });
    expect(readdirSync(place)).toEqual([]);
    expect((await bench.run(['show', 'cert', 'gw1'])).code).toBe(3);
    expect(await bench.run([...no, '--yes'])).toMatchObject({ code: 3 });
  });

  it('has the key that OpenSSL has', async () => {
    const bench = makeBench();
    const words = ['pem', 'data', certificate, 'private-key', 'pem', 'data', key];
    await naming([...words, ...pass], bench);
    const spki = await bench.withStore(async (store) => {
      const current = await store.certificates.current('gw1');
      return (await store.keys.publicKey(current?.keyId ?? 0)).spki;
    });
    const argv = ['pkey', '-in', vectorPath('pkcs8-ec.pem'), '-passin', `pass:${password}`];
    const { stdout } = spawnSync('openssl', [...argv, '-pubout', '-outform', 'DER']);
    expect(Buffer.from(spki).equals(stdout)).toBe(true);
  });
});
