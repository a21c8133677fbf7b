import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkOcspObject } from '../../src/settings/check-ocsp-object.ts';
import { ocspObject, rfc6960Profile, type OcspObject } from '../../src/settings/ocsp-object.ts';
import { ocspSettings } from '../../src/settings/ocsp-settings.ts';

const signingCerts = [{ label: 'responder', forCa: 'its issuer' }] as const;

function errorsOf(given: Partial<OcspObject>): readonly string[] {
  return checkOcspObject(ocspObject({ name: 'o', signingCerts, ...given })).errors;
}

function warningsOf(given: Partial<OcspObject>): string {
  return checkOcspObject(ocspObject({ name: 'o', signingCerts, ...given })).warnings.join('\n');
}

describe('the table of settings', () => {
  it('has each word once, aliases included', () => {
    const words = ocspSettings.flatMap(({ word, aliases = [] }) => [word, ...aliases]);
    expect(new Set(words).size).toBe(words.length);
  });

  it('says the defaults an object has', () => {
    const object: Readonly<Record<string, unknown>> = { ...ocspObject({ name: 'o' }) };
    for (const { word, field, default: said } of ocspSettings) {
      if (said === undefined) continue;
      const value = object[field];
      const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
      expect(`${word} ${text}`).toBe(`${word} ${said}`);
    }
  });

  it('has a row for every field of an object', () => {
    const fields = new Set<string>(ocspSettings.map(({ field }) => field));
    const missing = Object.keys(ocspObject({ name: 'o' })).filter((field) => !fields.has(field));
    expect(missing).toEqual([]);
  });
});

describe('docs/revocation.md', () => {
  it('has each setting with its aliases, default and sentence', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/revocation.md'), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    for (const { word, aliases = [], default: said, sentence } of ocspSettings) {
      const row = rows.find((line) => line.startsWith(`| \`${word}\``));
      const expected = [...aliases.map((alias) => `\`${alias}\``), `| ${said ?? ''}`, sentence];
      expect(expected.filter((part) => row?.includes(part) !== true)).toEqual([]);
    }
  });
});

describe('checkOcspObject()', () => {
  it('has nothing against an object with a signing certificate, or with a group of CAs', () => {
    expect(errorsOf({})).toEqual([]);
    expect(errorsOf({ verifyOthers: false, signingCerts: [], caChain: 'roots' })).toEqual([]);
  });

  it.each<[string, Partial<OcspObject>, string]>([
    ['verify-others without signing-certs', { signingCerts: [] }, 'no signing-certs'],
    ['no verify-others and no ca-chain', { verifyOthers: false }, 'no ca-chain'],
    [
      'a signing certificate for no CA',
      { signingCerts: [{ label: 'r', forCa: [] }] },
      '"r" for no CA',
    ],
    ['cache-timeout below timeout', { cacheTimeoutSeconds: 4, timeoutMs: 4001 }, 'set it to 6 s'],
    ['cache-error-timeout below timeout', { timeoutMs: 30_001 }, 'set it to 32 s'],
    ['the same, at its end', { timeoutMs: 60_000 }, 'set it to 60 s'],
    ['a timeout that none can reach', { timeoutMs: 70_000 }, 'set timeout to 60000 ms at the most'],
    ['tunneling without an address', { tunneling: true }, 'tunnel-address'],
    [
      'a password of nobody',
      { tunneling: true, tunnel: { address: 'proxy', port: 3128, hasPassword: true } },
      'tunnel-username',
    ],
    ['a name with a space', { name: 'a b' }, '1 to 35'],
    ['a name of 36 characters', { name: 'n'.repeat(36) }, '1 to 35'],
    ['a password in the URL', { url: 'http://u:p@x/' }, 'without a password'],
    ['a URL of another scheme', { url: 'ldap://x' }, 'http or https'],
    ['a header with a line end', { hostHeader: 'a\r\nb' }, 'a host name'],
    ['no time at all', { timeoutMs: 0 }, '1 to 2147483647 ms'],
    ['half a second of skew', { clockSkewSeconds: 0.5 }, '0 to 86400 s'],
    ['a skew of more than a day', { clockSkewSeconds: 86_401 }, '0 to 86400 s'],
    ['an age below -1', { maxAgeSeconds: -2 }, '-1 to 214748364 s'],
    ['errors kept for an hour', { cacheErrorTimeoutSeconds: 3600 }, '5 to 60 s'],
    ['a resolver by its name', { dnsResolver: ['1.2.3.4', 'ns.example'] }, 'ns.example'],
    [
      'port 0',
      { tunneling: true, tunnel: { address: 'proxy', port: 0, hasPassword: false } },
      '1 to 65535',
    ],
  ])('refuses %s', (_, given, expected) => {
    const errors = errorsOf(given);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(expected);
  });

  it('warns of responses that have no end', () => {
    expect(warningsOf({})).toContain('without nextUpdate');
    expect(warningsOf({ maxAgeSeconds: 3600 })).not.toContain('without nextUpdate');
    expect(warningsOf({ rejectMissingNextUpdate: true })).not.toContain('without nextUpdate');
  });

  it('warns of what RFC 6960 refuses, until the profile closes it', () => {
    const chain = { verifyOthers: false, caChain: 'roots' };
    expect(warningsOf(chain)).toContain('accept-trusted-root');
    expect(warningsOf({ ...chain, issuerCriteriaCheck: false })).toContain('issuer-criteria-check');
    expect(warningsOf({ ...chain, ...rfc6960Profile })).not.toContain('RFC 6960');
  });

  it('warns of a nonce that responses made beforehand never have', () => {
    expect(warningsOf({})).toContain('RFC 5019');
    expect(warningsOf({ nonce: 'prefer' })).not.toContain('RFC 5019');
  });
});
