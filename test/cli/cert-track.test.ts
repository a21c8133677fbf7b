import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { vectorPath } from '../pkcs/vectors.ts';
import { gatewayPem } from './certificates.ts';
import { makeBench } from './run-cli.ts';

describe('cert track', () => {
  it('watches a file, and stores another certificate in it as the next version', async () => {
    const bench = makeBench();
    const path = join(bench.directory, 'www.pem');
    writeFileSync(path, gatewayPem);
    const track = ['cert', 'track', 'cert-name', 'www'];
    expect(await bench.run([...track, 'file', path])).toEqual({
      code: 0,
      out: `Certificate "www" (CN=gw1,O=Test) is tracked in ${path}, valid until 2027-11-21T02:19:29Z\n`,
      err: '',
    });
    expect((await bench.run(track)).out).toContain(`has not changed in ${path}`);
    expect((await bench.run(['show', 'cert'])).out).toMatch(/^Pub .* track +www +tracked$/m);
    writeFileSync(path, readFileSync(vectorPath('ec.crt')));
    const { out } = await bench.run([...track, '--json']);
    expect(JSON.parse(out)).toMatchObject({ changed: true, version: 2, source: path });
    rmSync(path);
    expect(await bench.run(track)).toMatchObject({
      code: 3,
      err: expect.stringContaining('code: FILE_UNREADABLE'),
    });
  });

  it('keeps the absolute path, wherever it is read from later', async () => {
    const bench = makeBench();
    const relative = join('test', 'vectors', 'pkcs12', 'ec.crt');
    await bench.run(['cert', 'track', 'cert-name', 'www', 'file', relative]);
    const source = await bench.withStore((store) => store.nameSettings.get('www', 'track-source'));
    expect(source).toBe(vectorPath('ec.crt'));
  });

  it.each([
    ['standard input', ['file', '-'], 2, 'Cannot track standard input'],
    ['a password in the URL', ['file', 'ftp://bob:geheim@h/x'], 2, 'Cannot keep the password'],
    ['no place at all', ['endpoint', 'www'], 2, 'it is no HOST:PORT'],
    ['two places', ['file', '/x', 'endpoint', 'h:1'], 2, ''],
    ['an unknown name alone', [], 3, 'it is not tracked yet'],
    ['a file there is none of', ['file', '/nowhere'], 3, '/nowhere'],
  ])('refuses %s, and stores nothing', async (_, words, exitCode, message) => {
    const bench = makeBench();
    const { code, out, err } = await bench.run(['cert', 'track', 'cert-name', 'www', ...words]);
    expect({ code, out }).toEqual({ code: exitCode, out: '' });
    expect(err).toContain(message);
    expect(err).not.toContain('geheim');
    const left = await bench.withStore(async (store) => [
      await store.certificates.list({ all: true }),
      await store.nameSettings.get('www', 'track-source'),
    ]);
    expect(left).toEqual([[], undefined]);
  });
});
