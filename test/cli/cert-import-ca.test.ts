import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { password, vectorPath } from '../pkcs/vectors.ts';
import { rootPem } from './certificates.ts';
import { makeBench, type Bench } from './run-cli.ts';

function rootIn(bench: Bench): string {
  const path = join(bench.directory, 'root.pem');
  writeFileSync(path, rootPem);
  return path;
}

describe('cert import … ca', () => {
  it('puts a CA certificate into the local CA store, and says that nothing is trusted for that', async () => {
    const bench = makeBench();
    const words = ['cert', 'import', 'cert-name', 'rootA', 'file', rootIn(bench), 'ca'];
    expect(await bench.run(words)).toEqual({
      code: 0,
      out:
        'CA certificate "rootA" (CN=Test Root,O=Test) is in the local CA store, ' +
        'valid until 2036-11-18T02:19:29Z; nothing is trusted for that\n',
      err: '',
    });
    expect((await bench.run(words)).out).toContain('is here already, the same');
    expect(await bench.withStore((store) => store.authorities.list())).toEqual([]);
    expect(await bench.withStore((store) => store.certificates.list({ all: true }))).toEqual([]);
  });

  it('says the same in JSON', async () => {
    const bench = makeBench();
    const words = ['cert', 'import', 'cert-name', 'rootA', 'file', rootIn(bench), 'ca', '--json'];
    expect(JSON.parse((await bench.run(words)).out)).toMatchObject({
      label: 'rootA',
      imported: true,
      subject: 'CN=Test Root,O=Test',
      notAfter: '2036-11-18T02:19:29Z',
    });
  });

  it('completes the chain of a later import', async () => {
    const bench = makeBench();
    const sub = ['cert', 'import', 'cert-name', 'sub', 'file', vectorPath('sub.crt'), 'ca'];
    expect((await bench.run(sub)).code).toBe(0);
    const device = ['cert', 'import', 'cert-name', 'device', 'file', vectorPath('ec.crt')];
    const { code, out, err } = await bench.run([...device, 'complete-chain']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('is imported without a key and 1 issuer');
  });

  it('refuses a file with two, names them, and says how to take them one by one', async () => {
    const bench = makeBench();
    const path = join(bench.directory, 'two.pem');
    writeFileSync(path, rootPem + readFileSync(vectorPath('sub.crt'), 'utf8'));
    const { code, err } = await bench.run([
      'cert',
      'import',
      'cert-name',
      'rootA',
      'file',
      path,
      'ca',
    ]);
    expect(code).toBe(9);
    expect(err).toContain('there are 2 certificates in the file: "CN=Test Root,O=Test", "CN=sub');
    expect(err).toContain('csplit');
  });

  it.each([
    ['key-file', vectorPath('pkcs8-ec.pem')],
    ['chain-file', vectorPath('sub.crt')],
    ['ca-root', 'L'],
    ['key-provider', 'pkcs11:token=t'],
    ['complete-chain'],
  ])('takes no %s', async (...more) => {
    const bench = makeBench();
    const words = ['cert', 'import', 'cert-name', 'rootA', 'file', rootIn(bench), 'ca', ...more];
    expect(await bench.run(words, { env: { PASS: password } })).toMatchObject({ code: 2, out: '' });
  });
});

describe('cert import … complete-chain', () => {
  it('refuses what lacks an issuer', async () => {
    const bench = makeBench();
    const words = ['cert', 'import', 'cert-name', 'device', 'file', vectorPath('ec.crt')];
    expect(await bench.run([...words, 'complete-chain'])).toMatchObject({
      code: 9,
      err: expect.stringContaining('its chain is not complete, the certificate of'),
    });
    expect(await bench.run(words)).toMatchObject({
      code: 0,
      err: expect.stringContaining('warning: the chain of "device" is not complete'),
    });
  });
});

describe('cert chain-limit', () => {
  it('sets how many issuers go along, and no cert chain-limit the usual number', async () => {
    const bench = makeBench();
    expect((await bench.run(['cert', 'chain-limit', '2'])).out).toBe(
      'Up to 2 issuers go along with a certificate\n',
    );
    expect(await bench.withStore((store) => store.settings.get('chain-limit'))).toBe('2');
    expect((await bench.run(['no', 'cert', 'chain-limit'])).out).toBe(
      'Up to 4 issuers go along with a certificate again\n',
    );
    expect(await bench.withStore((store) => store.settings.get('chain-limit'))).toBeUndefined();
    for (const bad of ['0', '9']) {
      expect((await bench.run(['cert', 'chain-limit', bad])).code).toBe(2);
    }
  });
});
