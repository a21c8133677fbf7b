import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectHostKey } from '../../src/retrieval/host-key-check.ts';
import {
  checkFingerprints,
  fingerprintOf,
  keyTypeOf,
  knownKeysOf,
  type HostKeys,
} from '../../src/retrieval/host-keys.ts';
import { requirePeer } from '../harness/require.ts';

// Made with ssh-keygen -t ed25519; -lf says SHA256:… of it in the test below.
const ed25519 = 'AAAAC3NzaC1lZDI1NTE5AAAAIEmjUV6mBDpCyfTHTqI1ZCuTgFEGtWpaXVIXNR4M8rVn';
const rsa = 'AAAAB3NzaC1yc2EAAAADAQABAAAAAQ==';
const key = Buffer.from(ed25519, 'base64');
const line = (hosts: string): string => `${hosts} ssh-ed25519 ${ed25519} comment\n`;
const url = 'sftp://files.example/ca.crl';
const server = { url, host: 'files.example', port: 22 };

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'certkeeper-hosts-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function known(text: string): HostKeys {
  const path = join(directory(), 'known_hosts');
  writeFileSync(path, text);
  return { type: 'known-hosts', path };
}

describe('knownKeysOf()', () => {
  it.each([
    'files.example',
    'FILES.example',
    'other,files.example',
    '*.example',
    'file?.example',
    '*',
    'f*s*e',
    '!other.example,*.example',
  ])('finds files.example in %s', (hosts) => {
    expect(knownKeysOf(line(hosts), 'files.example', 22)).toEqual([
      { type: 'ssh-ed25519', key: ed25519, isRevoked: false },
    ]);
  });

  it.each([
    'file.example',
    '*.example.org',
    '*files.example.',
    '[files.example]:2222',
    '*.example,!files.example',
    'file??.example',
    '#files.example',
    '@cert-authority files.example',
    '@unheard files.example',
    '',
    '|1|x|y',
  ])('does not find it in %s', (hosts) => {
    expect(knownKeysOf(line(hosts), 'files.example', 22)).toEqual([]);
  });

  it('looks for another port by its number', () => {
    expect(knownKeysOf(line('[files.example]:2222'), 'files.example', 2222)).toHaveLength(1);
    expect(knownKeysOf(line('files.example'), 'files.example', 2222)).toEqual([]);
  });

  it('finds what ssh-keygen -H has hashed', (context) => {
    requirePeer(context, 'openssh-client');
    const path = join(directory(), 'known_hosts');
    writeFileSync(path, line('[files.example]:2222'));
    execFileSync('ssh-keygen', ['-q', '-H', '-f', path], { stdio: 'ignore' });
    const text = readFileSync(path, 'utf8');
    expect(text).not.toContain('files');
    expect(knownKeysOf(text, 'files.example', 2222)).toHaveLength(1);
    expect(knownKeysOf(text, 'file.example', 2222)).toEqual([]);
  });

  it('looks at a line of many asterisks in no time', () => {
    expect(knownKeysOf(line(`${'*a'.repeat(500)}b`), 'a'.repeat(200), 22)).toEqual([]);
  });
});

describe('fingerprintOf()', () => {
  it('is what ssh-keygen says', (context) => {
    requirePeer(context, 'openssh-client');
    const path = join(directory(), 'key.pub');
    writeFileSync(path, `ssh-ed25519 ${ed25519}\n`);
    const said = execFileSync('ssh-keygen', ['-lf', path], { encoding: 'utf8' });
    expect(said).toContain(fingerprintOf(key));
    expect(checkFingerprints([`${fingerprintOf(key)}=`])).toEqual([fingerprintOf(key)]);
    expect(keyTypeOf(key)).toBe('ssh-ed25519');
  });
});

describe('keyTypeOf()', () => {
  it('takes anything', () => {
    expect(keyTypeOf(Uint8Array.of(0, 0))).toBe('');
    expect(keyTypeOf(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x1b, 0x41))).toBe('?A');
  });
});

describe('expectHostKey()', () => {
  it.each<readonly [string, HostKeys | undefined]>([
    ['nothing at all', undefined],
    ['no fingerprint', { type: 'fingerprints', fingerprints: [] }],
    ['MD5', { type: 'fingerprints', fingerprints: ['MD5:00:11:22'] }],
    ['half a fingerprint', { type: 'fingerprints', fingerprints: ['SHA256:abc'] }],
  ])('refuses %s', async (_, hostKeys) => {
    await expect(expectHostKey(hostKeys, server)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('takes one of the fingerprints, and tells of any other key what it is', async () => {
    const fingerprints = [`SHA256:${'A'.repeat(43)}`, fingerprintOf(key)];
    const { options, refusal } = await expectHostKey(
      { type: 'fingerprints', fingerprints },
      server,
    );
    expect(options.hostVerifier(key)).toBe(true);
    expect(refusal()).toBeUndefined();
    expect(options.hostVerifier(Buffer.from(rsa, 'base64'))).toBe(false);
    expect(refusal()).toMatchObject({ code: 'HOST_KEY_UNTRUSTED' });
    expect(refusal()?.message).toMatch(/ssh-rsa SHA256:\S+, expected SHA256:A+ or SHA256:/);
  });

  it('asks for the types of known keys only, and for no signature with SHA-1', async () => {
    const ofRsa = known(`files.example ssh-rsa ${rsa}\n`);
    const { options } = await expectHostKey(ofRsa, server);
    expect(options.algorithms.serverHostKey).toEqual(['rsa-sha2-512', 'rsa-sha2-256']);
    expect(options.hostVerifier(key)).toBe(false);
  });

  it('takes no revoked key, whatever else is said of it', async () => {
    const both = known(`${line('files.example')}@revoked ${line('*')}`);
    const { options } = await expectHostKey(both, server);
    expect(options.hostVerifier(key)).toBe(false);
  });

  it.each([
    ['no line about the host', line('other.example')],
    ['only a revoked key', `@revoked ${line('files.example')}`],
    ['only a DSA key', `files.example ssh-dss ${rsa}\n`],
  ])('refuses a known_hosts file that has %s', async (_, text) => {
    await expect(expectHostKey(known(text), server)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('says that the known_hosts file is not there', async () => {
    const path = '/nowhere/known_hosts';
    await expect(expectHostKey({ type: 'known-hosts', path }, server)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
  });
});
