import { describe, expect, it } from 'vitest';
import { asBuffer } from '../../src/base/bytes.ts';
import { password, vector, vectorPath } from '../pkcs/vectors.ts';
import { makeBench, type Outcome } from './run-cli.ts';

const env = { PASS: password, WRONG: 'secret-word' };

function importing(...words: readonly string[]): readonly string[] {
  return ['cert', 'import', 'cert-name', 'device', ...words];
}

const p12 = ['file', vectorPath('aes-ec.p12')] as const;
const pass = ['password', 'env:PASS'] as const;

async function initialize(...words: readonly string[]): Promise<Outcome> {
  const what = ['cert-name', 'gw1', 'subject-name', 'CN=gw1'];
  return makeBench().run(['cmp', 'initialize', ...what, ...words], { env });
}

const missingRoot =
  'warning: the chain of "device" is not complete: the certificate of "CN=Root,O=Test" is missing; ' +
  'give it along with the certificate, or import it with "cert import … ca"\n';

describe('cert import', () => {
  it.each([
    ['PKCS#12', ['file', vectorPath('aes-ec.p12'), ...pass]],
    ['old PKCS#12', ['file', vectorPath('legacy-ec.p12'), ...pass]],
    [
      'PEM files for certificate, chain and encrypted key',
      [
        'file',
        vectorPath('ec.crt'),
        'chain-file',
        vectorPath('sub.crt'),
        'key-file',
        vectorPath('sec1-ec.pem'),
        ...pass,
      ],
    ],
  ])('takes %s', async (_, words) => {
    const bench = makeBench();
    const { code, out, err } = await bench.run(importing(...words), { env });
    // The root is in none of the files for the third.
    expect({ code, err: err.replace(missingRoot, '') }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^Certificate "device" \(CN=ec,O=Test\) is imported with its key and [12] issuers?, valid until 20\d\d/,
    );
    const { keyId, chain } = await bench.withStore(async (store) => {
      const current = await store.certificates.current('device');
      return { keyId: current?.keyId, chain: current?.chain.length };
    });
    expect(keyId).toBeGreaterThan(0);
    expect(chain).toBeGreaterThan(0);
  });

  it('takes certificates and key together from standard input', async () => {
    const bench = makeBench();
    const input = ['ec.crt', 'pkcs8-ec.pem', 'sub.crt']
      .map((name) => asBuffer(vector(name)).toString('utf8'))
      .join('');
    const { code, err } = await bench.run(importing('file', '-', ...pass), { env, input });
    expect({ code, err }).toEqual({ code: 0, err: missingRoot });
  });

  it('says the same in JSON, and that nothing was done the second time', async () => {
    const bench = makeBench();
    const command = importing(...p12, ...pass, '--json');
    const first: unknown = JSON.parse((await bench.run(command, { env })).out);
    expect(first).toMatchObject({
      name: 'device',
      imported: true,
      version: 1,
      subject: 'CN=ec,O=Test',
      hasKey: true,
      chain: 2,
    });
    const second: unknown = JSON.parse((await bench.run(command, { env })).out);
    expect(second).toMatchObject({ imported: false, version: 1 });
  });

  it('shows the certificate among the others, and its chain is trusted by nobody', async () => {
    const bench = makeBench();
    await bench.run(importing(...p12, ...pass), { env });
    expect((await bench.run(['show', 'cert'])).out).toContain('import');
    expect(await bench.withStore((store) => store.authorities.list())).toEqual([]);
  });

  it('replaces a certificate only when told to', async () => {
    const bench = makeBench();
    await bench.run(importing(...p12, ...pass), { env });
    const other = importing('file', vectorPath('aes-rsa.p12'), ...pass);
    expect(await bench.run(other, { env })).toMatchObject({
      code: 3,
      err: expect.stringContaining('code: CERT_EXISTS'),
    });
    const { code, out } = await bench.run([...other, 'replace'], { env });
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('CN=rsa,O=Test') });
  });

  it.each([
    ['a wrong password', [...p12, 'password', 'env:WRONG'], 3, 'the password is wrong'],
    ['a missing one', p12, 3, 'it needs a password'],
    [
      'a key of another certificate',
      ['file', vectorPath('rsa.crt'), 'key-file', vectorPath('pkcs8-ec.pem'), ...pass],
      9,
      'the key (p-256) is not the one of "CN=rsa,O=Test"',
    ],
    [
      'a key-file beside a key',
      [...p12, 'key-file', vectorPath('pkcs8-ec.pem'), ...pass],
      2,
      'there is a key in file already',
    ],
    [
      'a key-file without a key',
      ['file', vectorPath('ec.crt'), 'key-file', vectorPath('sub.crt')],
      3,
      'there is no key in it',
    ],
    ['standard input twice', ['file', '-', 'chain-file', '-'], 2, 'standard input twice'],
    [
      'several keys',
      ['file', vectorPath('java-two-keys.p12'), ...pass],
      3,
      'there are 2 private keys in it: "one", "two"',
    ],
    ['a file there is none of', ['file', '/nowhere'], 3, 'no such file'],
    ['an unknown CA', [...p12, ...pass, 'ca-root', 'L'], 3, 'Cannot find CA "L"'],
  ])('refuses %s, and stores nothing', async (_, words, exitCode, message) => {
    const bench = makeBench();
    const { code, out, err } = await bench.run(importing(...words), { env });
    expect({ code, out }).toEqual({ code: exitCode, out: '' });
    expect(err).toContain(message);
    expect(err).not.toContain(env.WRONG);
    expect(await bench.withStore((store) => store.certificates.list({ all: true }))).toEqual([]);
  });

  it('takes one key of several by its alias', async () => {
    const bench = makeBench();
    const words = importing('file', vectorPath('java-two-keys.p12'), ...pass, 'alias', 'two');
    expect((await bench.run(words, { env })).out).toContain('(CN=two)');
  });
});

describe('key-password', () => {
  it.each(['pkcs8-ec', 'pkcs8-3des-ec', 'sec1-ec', 'pkcs1-rsa'])(
    'opens the key-file %s',
    async (name) => {
      const key = ['key-file', vectorPath(`${name}.pem`)];
      // The key was read when the CA is what is missing.
      const { err } = await initialize(...key, 'key-password', 'env:PASS');
      expect(err).toContain('code: CA_UNKNOWN');
      const wrong = await initialize(...key, 'key-password', 'env:WRONG');
      expect(wrong).toMatchObject({ code: 3, err: expect.stringContaining('passphrase is wrong') });
      expect(wrong.err).not.toContain(env.WRONG);
      expect((await initialize(...key)).err).toContain('it is encrypted');
    },
  );

  it('is refused without key-file', async () => {
    expect(await initialize('key-type', 'p-256', 'key-password', 'env:PASS')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Cannot use key-password without key-file'),
    });
  });
});
