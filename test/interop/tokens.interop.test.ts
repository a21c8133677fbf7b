import { execFile } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/agent/system-clock.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import { openLab, reference } from '../ca/lab-under-test.ts';
import { requirePeer } from '../harness/require.ts';
import { runCertkeeper, type CommandResult } from './openssl/command-line.ts';
import { modulePath, pin, setUpSoftHsm, type SoftHsm } from './softhsm.ts';

beforeEach((context) => {
  for (const name of ['softhsm2', 'opensc', 'openssl'] as const) requirePeer(context, name);
});

const openssl = promisify(execFile);

/** What a command prints as JSON, as far as it is read here. */
interface Shown {
  readonly certificate?: { readonly keyUri?: string };
}

/** A lab, a token, and an operator who has set up both. */
interface Bench {
  readonly hsm: SoftHsm;
  readonly state: string;
  run(...argv: readonly string[]): Promise<CommandResult>;
  /** Run what has to work, and give what it printed as JSON. */
  done(...argv: readonly string[]): Promise<Shown>;
  /** Everything that was printed. */
  readonly printed: string[];
  certificate(name: string): X509Certificate;
  keyUri(name: string): Promise<string>;
}

async function setUp(settings: Partial<LabSettings> = {}): Promise<Bench> {
  const hsm = await setUpSoftHsm();
  const lab = await openLab({ directory: hsm.directory, clock: systemClock, settings });
  await lab.writeFiles();
  const server = await lab.listen(0);
  onTestFinished(() => server.close());
  const state = join(hsm.directory, 'state');
  const printed: string[] = [];
  const run: Bench['run'] = async (...argv) => {
    const result = await runCertkeeper(state, argv, { ...hsm.env, CMP_SECRET: 's3cret' });
    printed.push(result.out, result.err);
    return result;
  };
  const done: Bench['done'] = async (...argv) => {
    const { code, out, err } = await run(...argv, '--json');
    if (code !== 0) throw new Error(`certkeeper ${argv.join(' ')} gave ${code}: ${out}${err}`);
    const json: Shown = JSON.parse(out);
    return json;
  };
  const root = join(hsm.directory, 'root.pem');
  await done(
    'ca',
    'add',
    'lab',
    'url',
    server.url,
    'root',
    root,
    'reference',
    reference,
    'secret',
    'env:CMP_SECRET',
  );
  await done('crypto', 'token', 'add', 't1', 'module', modulePath, 'pin', `file:${hsm.pinFile}`);
  return {
    hsm,
    state,
    run,
    done,
    printed,
    certificate: (name) =>
      new X509Certificate(readFileSync(join(state, 'certs', `${name}.cert.pem`))),
    async keyUri(name) {
      const { certificate } = await done('show', 'cert', name);
      return certificate?.keyUri ?? '';
    },
  };
}

const initial = ['subject-name', 'CN=gw1,O=Test', 'cert-name', 'gw1', 'ca-root', 'lab'];

async function initialized(bench: Bench, keyType = 'p-256'): Promise<void> {
  const words = ['key-type', keyType, 'key-provider', 'pkcs11:token=t1', ...initial];
  await bench.done('cmp', 'initialize', ...words);
}

/** Whether pkcs11-tool, with the key the URI names, makes a signature that openssl takes for the certificate's. */
async function expectSigns({ hsm, certificate }: Bench, uri: string, name = 'gw1'): Promise<void> {
  const id = (/id=([%0-9A-F]+)/.exec(uri)?.[1] ?? '').replaceAll('%', '');
  const path = (file: string) => join(hsm.directory, file);
  writeFileSync(path('data'), 'octets');
  await openssl('openssl', ['dgst', '-sha256', '-binary', '-out', path('hash'), path('data')]);
  const files = ['--input-file', path('hash'), '--output-file', path('signature')];
  const how = ['--mechanism', 'ECDSA', '--signature-format', 'openssl'];
  await hsm.tool('--sign', '--id', id, ...how, ...files);
  const publicKey = certificate(name).publicKey.export({ format: 'pem', type: 'spki' });
  writeFileSync(path('public.pem'), publicKey);
  const verify = [
    'dgst',
    '-sha256',
    '-verify',
    path('public.pem'),
    '-signature',
    path('signature'),
  ];
  const { stdout } = await openssl('openssl', [...verify, path('data')]);
  expect(stdout).toContain('Verified OK');
}

/** Whether the token has the public key of the certificate under the id the URI names. */
async function isInToken({ hsm, keyUri, certificate }: Bench, keyType: string): Promise<boolean> {
  const id = (/id=([%0-9A-F]+);/.exec(await keyUri('gw1'))?.[1] ?? '').replaceAll('%', '');
  const { publicKey } = certificate('gw1');
  if (keyType.startsWith('p-')) {
    // pkcs11-tool 0.23 lists keys on P-384 but does not export them.
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const point = spki.subarray(keyType === 'p-256' ? -65 : -97).toString('hex');
    return (await hsm.tool('--list-objects', '--type', 'pubkey', '--id', id)).includes(point);
  }
  const file = join(hsm.directory, 'public.der');
  await hsm.tool('--read-object', '--type', 'pubkey', '--id', id, '--output-file', file);
  const inToken = createPublicKey({ key: readFileSync(file), format: 'der', type: 'spki' });
  return publicKey.equals(inToken);
}

describe('a certificate with its key in SoftHSM', () => {
  it.each(['p-256', 'p-384', 'rsa-2048'])(
    'is got for a %s key that never was outside, and delivered without a key file',
    async (keyType) => {
      const bench = await setUp();
      await initialized(bench, keyType);
      expect(readdirSync(join(bench.state, 'certs')).toSorted()).toEqual([
        'gw1.cert.pem',
        'gw1.chain.pem',
      ]);
      const privateHalf = await bench.hsm.tool('--list-objects', '--type', 'privkey');
      expect(privateHalf).toMatch(/label:\s*gw1\n/);
      expect(privateHalf).toMatch(/Usage:\s*sign\n/);
      expect(privateHalf).toMatch(/sensitive, always sensitive, never extractable, local/);

      expect(await isInToken(bench, keyType)).toBe(true);

      const { directory } = bench.hsm;
      const chain = [
        '-CAfile',
        join(directory, 'root.pem'),
        '-untrusted',
        join(directory, 'issuing.pem'),
      ];
      const certificate = join(bench.state, 'certs', 'gw1.cert.pem');
      const { stdout } = await openssl('openssl', ['verify', ...chain, certificate]);
      expect(stdout).toMatch(/OK/);
    },
  );

  it('is updated under a signature of the token, with the next key in the token', async () => {
    const bench = await setUp();
    await initialized(bench);
    const [first, old] = [await bench.keyUri('gw1'), bench.certificate('gw1')];
    await bench.done('cmp', 'update', 'current-cert', 'gw1');
    const second = await bench.keyUri('gw1');
    expect(second).not.toBe(first);
    expect(bench.certificate('gw1').publicKey.equals(old.publicKey)).toBe(false);
    expect(await bench.hsm.privateKeys()).toEqual(['gw1', 'gw1']);
    await expectSigns(bench, second);
    expect(readdirSync(join(bench.state, 'certs')).filter((name) => /key/.test(name))).toEqual([]);
  });

  it('is updated to a key of another type in the token, and keeps its key with key-reuse', async () => {
    const bench = await setUp();
    await initialized(bench, 'rsa-2048');
    await bench.done('cmp', 'update', 'current-cert', 'gw1', 'key-type', 'p-256');
    const before = [await bench.keyUri('gw1'), bench.certificate('gw1')] as const;
    await bench.done('cmp', 'update', 'current-cert', 'gw1', 'key-reuse');
    expect(await bench.keyUri('gw1')).toBe(before[0]);
    const after = bench.certificate('gw1');
    expect(after.publicKey.equals(before[1].publicKey)).toBe(true);
    expect(after.serialNumber).not.toBe(before[1].serialNumber);
    expect(await bench.hsm.privateKeys()).toHaveLength(2);
    await expectSigns(bench, before[0]);
  });

  it.each([
    ['for it', () => ['cert', 'key', 'gw1', 'reuse'], ['no', 'cert', 'key', 'gw1']],
    [
      'for all',
      (state: string) => ['cmp', 'cert-store', 'location', join(state, 'certs'), 'key', 'reuse'],
      ['no', 'cmp', 'cert-store'],
    ],
  ])('keeps its key in the token while that is set %s', async (_, reuse, noMore) => {
    const bench = await setUp();
    await initialized(bench);
    const [uri, old] = [await bench.keyUri('gw1'), bench.certificate('gw1')];
    await bench.done(...reuse(bench.state));
    await bench.done('cmp', 'update', 'current-cert', 'gw1');
    expect(await bench.keyUri('gw1')).toBe(uri);
    expect(bench.certificate('gw1').publicKey.equals(old.publicKey)).toBe(true);
    expect(bench.certificate('gw1').serialNumber).not.toBe(old.serialNumber);
    expect(await bench.hsm.privateKeys()).toEqual(['gw1']);
    await expectSigns(bench, uri);

    await bench.done(...noMore);
    await bench.done('cmp', 'update', 'current-cert', 'gw1');
    expect(await bench.hsm.privateKeys()).toEqual(['gw1', 'gw1']);
    await expectSigns(bench, await bench.keyUri('gw1'));
  });

  it('signs for a further one, whose key another program made in the token', async () => {
    const bench = await setUp();
    await initialized(bench);
    const made = [
      '--keypairgen',
      '--key-type',
      'EC:prime256v1',
      '--id',
      '0a',
      '--label',
      'by hand',
    ];
    await bench.hsm.tool(...made);
    const words = ['current-cert', 'gw1', 'cert-name', 'gw2', 'subject-name', 'CN=gw2'];
    const provider = ['key-provider', 'pkcs11:token=t1;object=by%20hand'];
    await bench.done('cmp', 'enroll', ...words, ...provider);
    expect(await bench.keyUri('gw2')).toBe('pkcs11:token=t1;object=by%20hand;id=%0A;type=private');
    await expectSigns(bench, await bench.keyUri('gw2'), 'gw2');
  });

  it('moves into the token with an update, whose files wait until the old key file is out of the way', async () => {
    const bench = await setUp();
    await bench.done('cmp', 'initialize', 'key-type', 'p-256', ...initial);
    const words = ['current-cert', 'gw1', 'key-provider', 'pkcs11:token=t1'];
    const { code, err } = await bench.run('cmp', 'update', ...words);
    // The new certificate beside the old key would be a pair that does not fit.
    expect({ code, err }).toEqual({ code: 10, err: expect.stringContaining('gw1.key.pem') });
    rmSync(join(bench.state, 'certs', 'gw1.key.pem'));
    await bench.done('cmp', 'poll', 'current-cert', 'gw1');
    await expectSigns(bench, await bench.keyUri('gw1'));
  });
});

describe('a token', () => {
  it('has no key more after a dry run, or a request that came to nothing', async () => {
    const bench = await setUp();
    const words = ['key-type', 'p-256', 'key-provider', 'pkcs11:token=t1', ...initial];
    await bench.done('cmp', 'initialize', ...words, 'dry-run');
    const refused = await bench.run('cmp', 'initialize', ...words, 'popo', 'encrypted-certificate');
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('KEY_UNUSABLE') });
    expect(await bench.hsm.privateKeys()).toEqual([]);
  });

  it('that is pulled out leaves the transaction as it was, and poll goes on when it is back', async () => {
    const bench = await setUp({ polls: 1, checkAfterSeconds: 1 });
    const polled = ['cmp', 'poll', 'current-cert', 'gw1'];
    await bench.run(
      'cmp',
      'initialize',
      'key-type',
      'p-256',
      'key-provider',
      'pkcs11:token=t1',
      ...initial,
    );
    const old = bench.certificate('gw1');
    const waiting = await bench.run('cmp', 'update', 'current-cert', 'gw1', 'wait', '0');
    expect(waiting.code).toBe(8);
    const before = await bench.done('show', 'cmp', 'outstanding-req');

    bench.hsm.remove();
    for (let i = 0; i < 2; i++) {
      const { code, err } = await bench.run(...polled);
      expect({ code, err }).toEqual({ code: 4, err: expect.stringContaining('TOKEN_UNAVAILABLE') });
      expect(err).toContain('stays outstanding');
    }
    expect(await bench.done('show', 'cmp', 'outstanding-req')).toEqual(before);

    bench.hsm.putBack();
    await bench.done(...polled);
    expect(bench.certificate('gw1').serialNumber).not.toBe(old.serialNumber);
    await expectSigns(bench, await bench.keyUri('gw1'));
    expect(await bench.done('show', 'cmp', 'outstanding-req')).toMatchObject({ outstanding: [] });
  });

  it('that is pulled out before a request lets none begin', async () => {
    const bench = await setUp();
    await initialized(bench);
    bench.hsm.remove();
    const { code, err } = await bench.run('cmp', 'update', 'current-cert', 'gw1');
    expect({ code, err }).toEqual({ code: 4, err: expect.stringContaining('TOKEN_UNAVAILABLE') });
    expect(await bench.done('show', 'cmp', 'outstanding-req')).toMatchObject({ outstanding: [] });
    bench.hsm.putBack();
    await bench.done('cmp', 'update', 'current-cert', 'gw1');
  });

  it('is asked with a wrong PIN once, until somebody tries by hand', async () => {
    const bench = await setUp();
    await initialized(bench);
    const wrong = 'Wrong-4711-pin';
    writeFileSync(bench.hsm.pinFile, wrong);
    for (const said of ['CKR_PIN_INCORRECT', 'is not asked again', 'is not asked again']) {
      const { code, err } = await bench.run('cmp', 'update', 'current-cert', 'gw1');
      expect({ code, err }).toEqual({ code: 4, err: expect.stringContaining('TOKEN_PIN_WRONG') });
      expect(err).toContain(said);
    }
    writeFileSync(bench.hsm.pinFile, pin);
    expect((await bench.run('cmp', 'update', 'current-cert', 'gw1')).code).toBe(4);
    expect(await bench.done('crypto', 'token', 'check', 't1')).toMatchObject({ token: 't1' });
    await bench.done('cmp', 'update', 'current-cert', 'gw1');
    expect(bench.printed.join('')).not.toContain(wrong);
  });

  it('keeps its PIN to itself: not in the store, in files or in what is printed', async () => {
    const bench = await setUp();
    await initialized(bench);
    await bench.run('show', 'cert', 'gw1', '--verbose');
    await bench.run('crypto', 'token', 'show', '--verbose');
    await bench.run('cmp', 'update', 'current-cert', 'gw1', '--verbose');
    const uri = `pkcs11:token=t1?pin-value=${pin}`;
    await bench.run('cmp', 'update', 'current-cert', 'gw1', 'key-provider', uri, '--verbose');
    await bench.run('crypto', 'token', 'add', 't1', 'module', modulePath, 'pin', pin, '--verbose');
    expect(bench.printed.join('')).toContain('pkcs11:token=t1;object=gw1;id=');
    expect(bench.printed.join('')).not.toContain(pin);
    const names = readdirSync(bench.state, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name)).toContain('store.db');
    for (const { parentPath, name } of files) {
      expect(readFileSync(join(parentPath, name)).includes(pin), name).toBe(false);
    }
    // The control: it is where it belongs.
    expect(readFileSync(bench.hsm.pinFile).includes(pin)).toBe(true);
  });
});
