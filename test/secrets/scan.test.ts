import { createHash, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { valuesOf } from './haystacks.ts';
import { privateKeySecrets } from './private-key-secrets.ts';
import { makeScanner } from './scan.ts';

const password = 'Tr0ub4dor&3-hunter2';
const key = createHash('sha256').update('a key').digest();
const scan = makeScanner([
  { name: 'password', octets: Buffer.from(password) },
  { name: 'key', octets: key },
]);

function found(text: string | Uint8Array): readonly string[] {
  const octets = typeof text === 'string' ? Buffer.from(text) : text;
  return scan({ place: 'here', octets })
    .map(({ secret, form }) => `${secret} ${form}`)
    .toSorted();
}

function inLines(text: string, length: number, end: string): string {
  return text.replace(new RegExp(`.{${length}}`, 'g'), `$&${end}`);
}

describe('a scan', () => {
  it('finds a secret as it is, whatever stands around it', () => {
    expect(found(`say "${password}" twice`)).toStrictEqual(['password raw']);
    expect(found(Buffer.concat([randomBytes(5000), key, randomBytes(5000)]))).toStrictEqual([
      'key raw',
    ]);
  });

  it('finds it in hexadecimal, with colons, blanks and line ends', () => {
    const hex = key.toString('hex');
    expect(found(`x${hex}y`)).toStrictEqual(['key hex']);
    expect(found(hex.toUpperCase())).toStrictEqual(['key HEX']);
    expect(found(inLines(hex, 2, ':'))).toStrictEqual(['key hex']);
    expect(found(inLines(inLines(hex.toUpperCase(), 2, ' '), 30, '\n    '))).toStrictEqual([
      'key HEX',
    ]);
  });

  it.each([0, 1, 2])('finds it in base64 behind %i octets and before others', (before) => {
    const around = Buffer.concat([Buffer.alloc(before, 0xfb), key, Buffer.alloc(9, 0xfb)]);
    expect(found(around.toString('base64'))).toContain('key base64');
    expect(found(inLines(around.toString('base64'), 10, '\r\n'))).toContain('key base64');
    expect(found(JSON.stringify(inLines(around.toString('base64'), 10, '\n')))).toContain(
      'key base64',
    );
    expect(found(around.toString('base64url'))).toContain('key base64url');
    const text = Buffer.concat([Buffer.alloc(before, 0xfb), Buffer.from(`${password}:x`)]);
    expect(found(text.toString('base64'))).toContain('password base64');
  });

  it('finds it in UTF-16, of either order, and in base64 in UTF-16', () => {
    expect(found(Buffer.from(password, 'utf16le'))).toContain('password UTF-16');
    expect(found(Buffer.from(password, 'utf16le').swap16())).toContain('password raw');
    expect(found(Buffer.from(key.toString('base64'), 'utf16le'))).toContain('key base64');
  });

  it('finds it percent-encoded, and backwards', () => {
    const percent = [...key].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('');
    expect(found(percent)).toStrictEqual(['key URL-encoded']);
    expect(found(key.toReversed())).toStrictEqual(['key reversed']);
  });

  it('finds half of it', () => {
    expect(found(key.subarray(0, 20))).toStrictEqual(['key raw']);
    expect(found(key.subarray(9))).toStrictEqual(['key raw']);
    expect(found(password.slice(0, 10))).toStrictEqual(['password raw']);
  });

  it('finds nothing in what is none', () => {
    expect(found(randomBytes(1_000_000))).toStrictEqual([]);
    expect(found(randomBytes(100_000).toString('base64'))).toStrictEqual([]);
    expect(found('password: (given), key: file:key.pem')).toStrictEqual([]);
  });

  it.each([
    ['ec', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
    ['ed25519', generateKeyPairSync('ed25519').privateKey],
    ['rsa', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ])('finds a private key (%s) in PKCS #8, PEM and JWK, and not its public key', (name, made) => {
    const pkcs8 = made.export({ format: 'der', type: 'pkcs8' });
    const look = makeScanner(privateKeySecrets(name, pkcs8));
    const texts = [
      pkcs8,
      made.export({ format: 'pem', type: 'pkcs8' }),
      Buffer.from(pkcs8).toString('base64'),
      JSON.stringify({ pem: made.export({ format: 'pem', type: 'pkcs8' }) }),
      JSON.stringify(made.export({ format: 'jwk' })),
    ];
    for (const text of texts) {
      expect(look({ place: 'here', octets: Buffer.from(text) })).not.toStrictEqual([]);
    }
    const jwk = createPublicKey(made).export({ format: 'jwk' });
    for (const text of [jwk.n, jwk.x, jwk.y]) {
      const octets = Buffer.from(text ?? '', 'base64url');
      expect(look({ place: 'here', octets })).toStrictEqual([]);
      expect(look({ place: 'here', octets: Buffer.from(octets.toString('hex')) })).toStrictEqual(
        [],
      );
    }
  });
});

function database(): { readonly path: string; readonly connection: Sqlite.Database } {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-scan-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'x.db');
  const connection = new Sqlite(path);
  onTestFinished(() => void connection.close());
  connection.exec('CREATE TABLE t (a TEXT, b BLOB)');
  return { path, connection };
}

describe('a scan of a database', () => {
  it('finds a secret across the pages of a long value, in the value and in the file', () => {
    const { path, connection } = database();
    // Wherever the page ends, one of them lies across it.
    const long = Buffer.concat(Array.from({ length: 300 }, () => key));
    connection.prepare('INSERT INTO t VALUES (?, ?)').run('x', long);
    const findings = valuesOf(path).flatMap(scan);
    expect(findings).toStrictEqual([{ secret: 'key', form: 'raw', place: `${path}: t.b` }]);
    for (let before = 3900; before < 4200; before += 3) {
      connection.exec('DELETE FROM t');
      const value = Buffer.concat([Buffer.alloc(before, 1), key, Buffer.alloc(5000, 1)]);
      connection.prepare('INSERT INTO t VALUES (?, ?)').run('x', value);
      const inFile = scan({ place: 'file', octets: readFileSync(path) });
      expect(inFile, `behind ${before}`).toMatchObject([{ secret: 'key', form: 'raw' }]);
    }
  });

  it('finds what was deleted in the free pages of the file, and in no value', () => {
    const { path, connection } = database();
    connection.prepare('INSERT INTO t VALUES (?, ?)').run(password, Buffer.alloc(9000));
    connection.exec('DELETE FROM t');
    expect(valuesOf(path).flatMap(scan)).toStrictEqual([]);
    expect(scan({ place: 'file', octets: readFileSync(path) })).toMatchObject([
      { secret: 'password', form: 'raw' },
    ]);
  });
});
