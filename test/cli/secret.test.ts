import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { parseSecretSource, resolveSecret } from '../../src/cli/secret.ts';
import { fakeIo, type FakeIoOptions } from './fake-io.ts';

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-secret-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function resolveText(text: string, options: FakeIoOptions = {}): Promise<string> {
  const context = { io: fakeIo(options), log: silentLog };
  const octets = await resolveSecret(parseSecretSource(text, 'ca-psk'), 'ca-psk', context);
  return Buffer.from(octets).toString('latin1');
}

describe('resolveSecret()', () => {
  it.each([
    ['sesame', 'sesame'],
    ['sesame\n', 'sesame'],
    ['sesame\r\n', 'sesame'],
    ['sesame\n\n', 'sesame\n'],
    [' sesame ', ' sesame '],
    ['\u00ff\u0001', '\u00ff\u0001'],
  ])('takes from a file holding %j the octets %j [P6]', async (content, secret) => {
    const path = join(makeDirectory(), 'psk');
    writeFileSync(path, content, 'latin1');
    expect(await resolveText(`file:${path}`)).toBe(secret);
  });

  it.each([
    ['a NUL octet', 'ses\0ame', 'it contains a NUL octet'],
    ['nothing but a newline', '\n', 'it is empty'],
    ['too much', 'x'.repeat(65_537), 'it is longer than 65536 octets'],
  ])('refuses a file with %s, without repeating it [P6]', async (_, content, why) => {
    const path = join(makeDirectory(), 'psk');
    writeFileSync(path, content);
    const error = { code: 'SECRET_UNAVAILABLE', message: expect.stringContaining(why) };
    await expect(resolveText(`file:${path}`)).rejects.toMatchObject(error);
  });

  it('refuses a directory', async () => {
    const path = join(makeDirectory(), 'psk');
    mkdirSync(path);
    await expect(resolveText(`file:${path}`)).rejects.toThrow('it is a directory');
  });

  it('takes a systemd credential from its directory', async () => {
    const directory = makeDirectory();
    writeFileSync(join(directory, 'psk'), 'sesame\n');
    expect(await resolveText('cred:psk', { env: { CREDENTIALS_DIRECTORY: directory } })).toBe(
      'sesame',
    );
  });

  it('takes the environment, standard input, the answer to a prompt, and a literal', async () => {
    expect(await resolveText('env:PSK', { env: { PSK: 'sesame' } })).toBe('sesame');
    expect(await resolveText('file:-', { input: 'sesame\n' })).toBe('sesame');
    expect(await resolveText('prompt', { isTTY: true, input: 'sesame\n' })).toBe('sesame');
    expect(await resolveText('sesame')).toBe('sesame');
  });

  it('asks for a secret by the name of its parameter', async () => {
    const io = fakeIo({ isTTY: true, input: 'sesame\n' });
    await resolveSecret({ kind: 'prompt' }, 'ca-psk', { io, log: silentLog });
    expect(io.err()).toBe('ca-psk: \n');
  });
});

describe('parseSecretSource()', () => {
  it.each(['', 'file:', 'env:', 'cred:', 'cred:../psk', 'cred:.psk'])('refuses %j', (text) => {
    expect(() => parseSecretSource(text, 'ca-psk')).toThrow(
      'Cannot use the secret given to ca-psk',
    );
  });

  it.each(['ref:env:PW', 'ref:file:psk', ':cred:psk', 'ref:prompt'])(
    'refuses %j where no reference value belongs, and does not take it for the secret',
    (text) => {
      const parse = () => parseSecretSource(text, 'tunnel-password');
      expect(parse).toThrow(
        'Cannot use the secret given to tunnel-password: it has no reference value',
      );
      expect(() => parseSecretSource(`gw1:${text}`, 'ca-psk', true)).toThrow('no reference value');
    },
  );

  it.each(['file:a:env:b', 'env:prompt', 'a:b:c', 'prompt:er'])('takes %j as it is', (text) => {
    expect(parseSecretSource(text, 'password')).not.toHaveProperty('reference');
  });

  it('takes a reference value in front where one belongs', () => {
    expect(parseSecretSource('gw1:env:PSK', 'ca-psk', true)).toEqual({
      kind: 'env',
      name: 'PSK',
      reference: 'gw1',
    });
  });
});
