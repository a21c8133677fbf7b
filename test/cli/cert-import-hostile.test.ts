import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { toDer, fromDer } from '../../src/asn1/codec.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { oids } from '../../src/asn1/oids.ts';
import { octetString } from '../../src/asn1/primitives.ts';
import {
  EncryptedPrivateKeyInfo,
  PBES2Params,
} from '../../src/crypto/encrypted-private-key-info.ts';
import { pbkdf2Algorithm } from '../../src/crypto/pbkdf2.ts';
import { aesCbcAlgorithm } from '../../src/crypto/content-encryption.ts';
import {
  AuthenticatedSafe,
  EncryptedData,
  PFX,
  SafeContents,
  type ContentInfo,
  type SafeBag,
} from '../../src/pkcs/pfx.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { seeded } from '../harness/seeded.ts';
import { password, vector, vectorPath } from '../pkcs/vectors.ts';
import { makeBench, type Bench } from './run-cli.ts';

const env = { PASS: password, WRONG: 'wrong-word' };

/** Everything in every table, but for leases and the trail of what was tried. */
function rowsOf({ state }: Bench): Readonly<Record<string, readonly unknown[]>> {
  const database = new Sqlite(join(state, 'store.db'), { readonly: true });
  try {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .pluck()
      .all()
      .map(String)
      .filter(
        (name) => name !== 'leases' && !name.startsWith('audit') && name !== 'sqlite_sequence',
      );
    return Object.fromEntries(
      tables.map((name) => [name, database.prepare(`SELECT * FROM "${name}"`).all()]),
    );
  } finally {
    database.close();
  }
}

function data(content: Uint8Array): ContentInfo {
  return { contentType: oids.data, content: toDer(octetString, content) };
}

function pfxOf(parts: readonly ContentInfo[]): Uint8Array {
  return toDer(PFX, { version: 3, authSafe: data(toDer(AuthenticatedSafe, parts)) });
}

/** PBES2 that wants so many iterations. */
function pbes2(iterations: number) {
  const random = seeded(7);
  return algorithmIdentifier(
    'pbes2',
    toDer(PBES2Params, {
      keyDerivationFunc: pbkdf2Algorithm(random.bytes(16), iterations, 32),
      encryptionScheme: aesCbcAlgorithm({ keyOctets: 32, iv: random.bytes(16) }),
    }),
  );
}

function encryptedPart(iterations: number): ContentInfo {
  const content = toDer(EncryptedData, {
    version: 0,
    encryptedContentInfo: {
      contentType: oids.data,
      contentEncryptionAlgorithm: pbes2(iterations),
      encryptedContent: new Uint8Array(64),
    },
  });
  return { contentType: oids.encryptedData, content };
}

/** Bags of bags of bags. */
function nested(depth: number): Uint8Array {
  let bags: readonly SafeBag[] = [];
  for (let i = 0; i < depth; i++)
    bags = [{ bagId: oids.safeContentsBag, bagValue: toDer(SafeContents, bags) }];
  return pfxOf([data(toDer(SafeContents, bags))]);
}

function dearMac(iterations: number): Uint8Array {
  const pfx = fromDer(PFX, vector('aes-ec.p12'));
  if (!pfx.macData) throw new Error('no MAC');
  return toDer(PFX, { ...pfx, macData: { ...pfx.macData, iterations } });
}

const dearKey = encodePem(
  'ENCRYPTED PRIVATE KEY',
  toDer(EncryptedPrivateKeyInfo, {
    encryptionAlgorithm: pbes2(2_000_000_000),
    encryptedData: new Uint8Array(64),
  }),
);

const p12 = vector('aes-ec.p12');

/** A store with one certificate in it, which nothing bad may touch. */
async function makeFilledBench(): Promise<Bench> {
  const bench = makeBench();
  const words = ['cert', 'import', 'cert-name', 'gw1', 'file', vectorPath('aes-ec.p12')];
  expect((await bench.run([...words, 'password', 'env:PASS'], { env })).code).toBe(0);
  return bench;
}

/** How it looks when a file is refused by one error, nothing is told of secrets, and nothing changed. */
const refused = { isExpected: true, out: '', errors: 1, isDiscreet: true, isUnchanged: true };

/** Try to put a file in the place of the certificate. */
async function attempt(bench: Bench, words: readonly string[]) {
  const before = JSON.stringify(rowsOf(bench));
  const { code, out, err } = await bench.run(
    ['cert', 'import', 'cert-name', 'gw1', 'replace', ...words],
    { env },
  );
  const outcome = {
    isExpected: [2, 3, 4, 9].includes(code),
    out,
    errors: err.match(/^error: /gm)?.length,
    isDiscreet: !/wrong-word|geheim/.test(err),
    isUnchanged: JSON.stringify(rowsOf(bench)) === before,
  };
  return { outcome, err };
}

/** Count how often this process has a file open. */
function holdersOf(path: string): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // That of the listing itself is gone by now.
      return '';
    }
  });
  return targets.filter((target) => target === path).length;
}

describe('cert import leaves the store as it was, and says what is wrong with', () => {
  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(), 'it is empty'],
    ['zeros', new Uint8Array(4096), 'as PEM'],
    ['octets by chance', seeded(1).bytes(4096), 'Cannot read'],
    [
      'octets by chance that begin as DER',
      Uint8Array.from([0x30, 0x82, ...seeded(2).bytes(4096)]),
      'Cannot read',
    ],
    [
      'a PKCS#12 file that is cut off in the middle',
      p12.subarray(0, p12.length / 2),
      'Cannot read',
    ],
    ['a PKCS#12 file that lacks its last octet', p12.subarray(0, -1), 'Cannot read'],
    ['a PKCS#12 file with more behind it', Uint8Array.from([...p12, 0]), 'Cannot read'],
    ['a MAC of 2 000 000 000 iterations', dearMac(2_000_000_000), '2000000000 iterations'],
    ['a MAC of a negative number of iterations', dearMac(-1), '-1 iterations'],
    [
      'certificates under 2 000 000 000 iterations',
      pfxOf([encryptedPart(2_000_000_000)]),
      '2000000000',
    ],
    ['safes in safes in safes', nested(10), 'nested deeper than 4'],
    ['more safes in safes than DER may have', nested(60), 'Cannot read'],
    ['more than 1 MiB of PKCS#12', pfxOf([data(new Uint8Array(1_100_000))]), 'Cannot read'],
    [
      'more bags than anybody has',
      pfxOf([
        data(
          toDer(
            SafeContents,
            Array.from({ length: 1500 }, () => ({
              bagId: oids.certBag,
              bagValue: Uint8Array.of(5, 0),
            })),
          ),
        ),
      ]),
      'Cannot read',
    ],
  ])('%s', async (_, octets, why) => {
    const bench = await makeFilledBench();
    const path = join(bench.directory, 'bad');
    writeFileSync(path, octets);
    const { outcome, err } = await attempt(bench, ['file', path, 'password', 'env:PASS']);
    expect(outcome).toEqual(refused);
    expect(err).toMatch(new RegExp(why));
  });

  it.each([
    [
      'a wrong password',
      ['file', vectorPath('aes-rsa.p12'), 'password', 'env:WRONG'],
      'password is wrong',
    ],
    [
      'a password for the old kinds that is wrong',
      ['file', vectorPath('legacy-rsa.p12'), 'password', 'env:WRONG'],
      'password is wrong',
    ],
    ['a password that is missing', ['file', vectorPath('aes-rsa.p12')], 'it needs a password'],
    [
      'a wrong password without a MAC to check it by',
      ['file', vectorPath('no-mac.p12'), 'password', 'env:WRONG'],
      'password is wrong',
    ],
    [
      'a wrong password of a key',
      [
        'file',
        vectorPath('ec.crt'),
        'key-file',
        vectorPath('pkcs8-ec.pem'),
        'password',
        'env:WRONG',
      ],
      'passphrase is wrong',
    ],
    [
      'the key of another certificate',
      [
        'file',
        vectorPath('rsa.crt'),
        'key-file',
        vectorPath('pkcs8-ec.pem'),
        'password',
        'env:PASS',
      ],
      'is not the one of',
    ],
    ['a directory', ['file', '/'], 'it is a directory'],
    ['a device without an end', ['file', '/dev/zero'], 'it is over 4 MiB'],
    ['a device without a beginning', ['file', '/dev/null'], 'it is empty'],
  ])('%s', async (_, words, why) => {
    const { outcome, err } = await attempt(await makeFilledBench(), words);
    expect(outcome).toEqual(refused);
    expect(err).toMatch(new RegExp(why));
  });

  it('a key under 2 000 000 000 iterations', async () => {
    const bench = await makeFilledBench();
    const path = join(bench.directory, 'dear.key');
    writeFileSync(path, dearKey);
    const words = ['file', vectorPath('ec.crt'), 'key-file', path, 'password', 'env:PASS'];
    const { outcome, err } = await attempt(bench, words);
    expect(outcome).toEqual(refused);
    expect(err).toMatch(/2000000000 iterations/);
  });

  it('a file of 1 GiB, which is not read to its end', async () => {
    const bench = await makeFilledBench();
    const path = join(bench.directory, 'sparse');
    writeFileSync(path, '');
    truncateSync(path, 2 ** 30);
    const { outcome, err } = await attempt(bench, ['file', path]);
    expect(outcome).toEqual(refused);
    expect(err).toMatch(/it is over 4 MiB/);
  });

  it.each(['file', 'key-file', 'chain-file', 'password'])(
    'a pipe that nobody writes to, as %s',
    async (word) => {
      const bench = await makeFilledBench();
      const pipe = join(bench.directory, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const words = {
        file: ['file', pipe],
        'key-file': ['file', vectorPath('ec.crt'), 'key-file', pipe],
        'chain-file': ['file', vectorPath('ec.crt'), 'chain-file', pipe],
        password: ['file', vectorPath('aes-ec.p12'), 'password', `file:${pipe}`],
      }[word];
      const { outcome, err } = await attempt(bench, words ?? []);
      expect(outcome).toEqual(refused);
      expect(err).toMatch(/nobody writes to this pipe/);
    },
  );

  it('a directory of our own', async () => {
    const bench = await makeFilledBench();
    mkdirSync(join(bench.directory, 'dir'));
    const { outcome, err } = await attempt(bench, ['file', join(bench.directory, 'dir')]);
    expect(outcome).toEqual(refused);
    expect(err).toMatch(/it is a directory/);
  });
});

describe('cert import', () => {
  it('reads a pipe to its end, however late its writer has something to say', async () => {
    const bench = makeBench();
    const pipe = join(bench.directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    // Held open for reading and writing, so that it has a writer from the beginning.
    const held = openSync(pipe, 'r+');
    const run = bench.run(['cert', 'import', 'cert-name', 'gw1', 'file', pipe]);
    // What is written before anybody reads is gone with the last who holds the pipe.
    await expect.poll(() => holdersOf(pipe), { timeout: 20_000 }).toBe(2);
    writeSync(held, readFileSync(vectorPath('ec.crt')));
    closeSync(held);
    const { code, err } = await run;
    expect({ code, err: err.replace(/^warning: .*\n/gm, '') }).toEqual({ code: 0, err: '' });
  });
});
