import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { password, vector, vectorPath } from '../pkcs/vectors.ts';
import { makeBench, type Bench } from './run-cli.ts';

const env = { PASS: password, WRONG: 'secret-word' };
const pass = ['password', 'env:PASS'] as const;

function importing(...words: readonly string[]): readonly string[] {
  return ['cert', 'import', 'cert-name', 'device', ...words];
}

/** Everything an import can write. */
async function contents(bench: Bench): Promise<unknown> {
  return bench.withStore(async (store) => ({
    certificates: await store.certificates.list({ all: true }),
    caCertificates: await store.caCertificates.list(),
    keyRequests: await store.keyRequests.list(),
    history: await store.history.list(1),
  }));
}

const empty = { certificates: [], caCertificates: [], keyRequests: [], history: [] };

function pemOf(subject: string): string {
  return encodePem('CERTIFICATE', certificateDer(issue({ subject }).certificate));
}

describe('cert import of something bad', () => {
  it.each<[string, number, string, (path: string) => readonly string[]]>([
    [
      'a wrong password',
      3,
      'the password is wrong',
      () => ['file', vectorPath('aes-ec.p12'), 'password', 'env:WRONG'],
    ],
    [
      'a mismatched pair',
      9,
      'is not the one of "CN=rsa,O=Test"',
      () => ['file', vectorPath('rsa.crt'), 'key-file', vectorPath('pkcs8-ec.pem'), ...pass],
    ],
    [
      'binary junk',
      3,
      'Cannot read',
      (path) => {
        writeFileSync(
          path,
          Uint8Array.from({ length: 5000 }, (_, i) => (i * 197 + 31) & 0xff),
        );
        return ['file', path];
      },
    ],
    [
      'a PKCS#12 that was cut off',
      3,
      'Cannot read',
      (path) => {
        writeFileSync(path, vector('aes-ec.p12').subarray(0, 900));
        return ['file', path, ...pass];
      },
    ],
    [
      'an empty file',
      3,
      'it is empty',
      (path) => {
        writeFileSync(path, '');
        return ['file', path];
      },
    ],
    [
      'a PEM with 100 MB of garbage before the certificate',
      3,
      'it is over 4 MiB',
      (path) => {
        writeFileSync(path, '');
        truncateSync(path, 100_000_000);
        const file = openSync(path, 'a');
        writeSync(file, pemOf('CN=late'));
        closeSync(file);
        return ['file', path];
      },
    ],
    [
      'thousands of certificates in one file',
      3,
      'there are 3000 certificates in it, allowed are 200',
      (path) => {
        writeFileSync(path, pemOf('CN=one').repeat(3000));
        return ['file', path];
      },
    ],
    [
      'a certificate with its end cut off',
      3,
      'Cannot read',
      (path) => {
        writeFileSync(path, pemOf('CN=one').slice(0, 300));
        return ['file', path];
      },
    ],
    [
      'an end entity as a CA certificate',
      9,
      'is not a CA (basicConstraints)',
      () => ['file', vectorPath('ec.crt'), 'ca'],
    ],
    [
      'a CA certificate with a key',
      9,
      'there is a private key with it',
      () => ['file', vectorPath('aes-ec.p12'), ...pass, 'ca'],
    ],
  ])('refuses %s in two lines, and the store is untouched', async (_, exitCode, message, words) => {
    const bench = makeBench();
    const before = await contents(bench);
    const file = join(bench.directory, 'given');
    const { code, out, err } = await bench.run(importing(...words(file)), { env });
    expect({ code, out }).toEqual({ code: exitCode, out: '' });
    expect(err).toContain(message);
    expect(err).not.toContain('bug in certkeeper');
    expect(err).not.toContain(env.WRONG);
    expect(await contents(bench)).toEqual(before);
    expect(before).toEqual(empty);
  });

  it.each([
    ['a path', '../device'],
    ['an absolute path', '/etc/passwd'],
    ['a NUL', 'dev\0ice'],
    ['a line break', 'dev\nice'],
    ['a space', 'dev ice'],
    ['65 characters', 'd'.repeat(65)],
    ['a megabyte', 'd'.repeat(1_000_000)],
    ['letters that only look like others', 'dеvice'],
    ['marks that turn the text around', 'dev\u202eice'],
    ['a dot in front', '.device'],
    ['a hyphen in front', '-device'],
    ['nothing', ''],
  ])('refuses %s as a name, before it reads a file', async (_, name) => {
    const bench = makeBench();
    for (const more of [[], ['ca']]) {
      const words = ['cert', 'import', 'cert-name', name, 'file', vectorPath('ec.crt'), ...more];
      const { code, out, err } = await bench.run(words);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain('as cert-name: not a name');
      // oxlint-disable-next-line no-control-regex -- they are what must not come through
      expect(err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
    expect(await contents(bench)).toEqual(empty);
  });
});
