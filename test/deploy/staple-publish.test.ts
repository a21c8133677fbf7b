import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { parseLabel } from '../../src/base/label.ts';
import { digest } from '../../src/crypto/digest.ts';
import { placeholder } from '../../src/deploy/staple-files.ts';
import { publishStaple } from '../../src/deploy/staple-publish.ts';
import type { DeliveryFs } from '../../src/deploy/delivery-fs.ts';
import type { StaplePublication, StapleTarget } from '../../src/store/staples-contract.ts';
import { decodeOcspResponse } from '../../src/x509/ocsp-response.ts';
import { failingFs } from './failing-fs.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-staple-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
});

const certificate = utf8('CERT');
const [one, two] = [utf8('STAPLE 1'), utf8('STAPLE 2')];

/** Publish to an endpoint; without a staple, withdraw. */
async function publish(
  target: StapleTarget,
  staple: Uint8Array | undefined,
  parts: Partial<StaplePublication> & { readonly mode?: number; readonly fs?: DeliveryFs } = {},
): Promise<boolean> {
  const { mode, fs, ...rest } = parts;
  const endpoint = { label: parseLabel('web', 'to'), target, ...(mode !== undefined && { mode }) };
  const publication: StaplePublication = {
    name: parseLabel('gw1', 'cert-name'),
    certificate,
    chain: [],
    way: 'alone',
    ...(staple && { staple }),
    ...rest,
  };
  return (await publishStaple(endpoint, publication, undefined, fs ? { fs } : {})).isChanged;
}

/** The error of a publication that fails as it should: by its code. */
async function failure(doing: Promise<boolean>): Promise<CertError> {
  const error = await doing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CertError && error.code === 'DELIVERY_FAILED') return error;
  throw new Error(`Not a DELIVERY_FAILED: ${String(error)}`);
}

/** A program that tries a configuration, and says how often it was asked. */
function nginx(exitCode: number): { readonly program: string; asked(): number } {
  const program = join(directory, 'nginx');
  writeFileSync(program, `#!/bin/sh\necho x >> ${program}.asked\necho no good\nexit ${exitCode}\n`);
  chmodSync(program, 0o755);
  const asked = (): number =>
    existsSync(`${program}.asked`) ? readFileSync(`${program}.asked`, 'utf8').length / 2 : 0;
  return { program, asked };
}

const toNginx = (program: string): Extract<StapleTarget, { readonly pidFile: string }> => ({
  type: 'nginx',
  file: join(directory, 's.der'),
  pidFile: join(directory, 'pid'),
  program,
});
const fileOf = (der: Uint8Array): string => `${toHex(digest('sha1', der))}.der`;
const text = (name: string): string => readFileSync(join(directory, name), 'utf8');
const octets = (name: string): Uint8Array => new Uint8Array(readFileSync(join(directory, name)));
const there = (name: string): boolean => existsSync(join(directory, name));

describe('a staple in a plain file', () => {
  it('is written once, replaced by the next, and removed when it is withdrawn', async () => {
    const target = { type: 'file', file: join(directory, 's.der') } as const;
    expect(await publish(target, one)).toBe(true);
    expect(text('s.der')).toBe('STAPLE 1');
    expect(statSync(target.file).mode & 0o777).toBe(0o644);
    expect(await publish(target, one)).toBe(false);
    expect(await publish(target, two)).toBe(true);
    expect(text('s.der')).toBe('STAPLE 2');
    expect(await publish(target, undefined)).toBe(true);
    expect(there('s.der')).toBe(false);
    expect(await publish(target, undefined)).toBe(false);
    expect(readdirSync(directory)).toEqual(['gw1@web.staple.previous']);
  });

  it('has the mode it is told, or keeps the one it has', async () => {
    const target = { type: 'file', file: join(directory, 's.der') } as const;
    await publish(target, one, { mode: 0o640 });
    expect(statSync(target.file).mode & 0o777).toBe(0o640);
    await publish(target, two);
    expect(statSync(target.file).mode & 0o777).toBe(0o640);
    expect(await publish(target, two, { mode: 0o644 })).toBe(true);
    expect(statSync(target.file).mode & 0o777).toBe(0o644);
  });

  it('is the old one when the unit that reads it cannot be reloaded, withdrawn or not', async () => {
    const file = join(directory, 's.der');
    await publish({ type: 'file', file }, one);
    const target = { type: 'file', file, unit: 'certkeeper-none.service' } as const;
    await failure(publish(target, two));
    expect(text('s.der')).toBe('STAPLE 1');
    await failure(publish(target, undefined));
    expect(text('s.der')).toBe('STAPLE 1');
    // Whoever reloads it for a new certificate tells it of both.
    await publish(target, two, { way: 'with-certificate' });
    expect(text('s.der')).toBe('STAPLE 2');
  });

  it.each([
    [
      'its directory is gone',
      () => rmSync(directory, { recursive: true }),
      'there is no directory',
    ],
    ['it is a link', () => symlinkSync('/etc/passwd', join(directory, 's.der')), 'symbolic link'],
    ['it is a directory', () => mkdirSync(join(directory, 's.der')), 's.der'],
    ['everybody may write there', () => chmodSync(directory, 0o777), 'every user of this machine'],
  ])('is refused by name where %s', async (_, prepare, expected) => {
    prepare();
    const target = { type: 'file', file: join(directory, 's.der') } as const;
    for (const staple of [one, undefined]) {
      const { message } = await failure(publish(target, staple));
      expect(message).toContain('Cannot deliver "OCSP response of gw1" to "web": ');
      expect(message).toContain(expected);
    }
  });

  it('is the old one or the new one after every failure of the disk', async () => {
    const target = { type: 'file', file: join(directory, 's.der') } as const;
    const counted = failingFs();
    await publish(target, one, { fs: counted });
    await publish(target, two, { fs: counted });
    for (const fault of ['once', 'for ever'] as const) {
      for (let call = 1; call <= counted.calls(); call++) {
        await publish(target, one, { fs: failingFs() });
        const fs = failingFs(new Map([[call, fault]]));
        const told = await publish(target, two, { fs }).catch(String);
        expect(typeof told === 'string' ? told : 'no space left').toContain('no space left');
        // A delivery that was killed is taken back or finished by the next.
        expect(['STAPLE 1', 'STAPLE 2']).toContain(text('s.der'));
        await publish(target, two, { fs: failingFs() });
        expect(text('s.der')).toBe('STAPLE 2');
        const gone = failingFs(new Map([[call, fault]]));
        await publish(target, undefined, { fs: gone }).catch(() => {});
        await publish(target, undefined, { fs: failingFs() });
        expect(there('s.der')).toBe(false);
      }
    }
  });

  it('that a killed process had put aside is told of again', async () => {
    const target = { type: 'file', file: join(directory, 's.der') } as const;
    writeFileSync(join(directory, '.s.der.withdrawn'), one);
    expect(await publish(target, undefined)).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('a staple for nginx', () => {
  it('comes with the directives that name it, which go when it is withdrawn', async () => {
    const { program } = nginx(0);
    await publish(toNginx(program), one, { way: 'with-certificate' });
    expect(text('s.der')).toBe('STAPLE 1');
    expect(text('s.der.include')).toContain(
      `\nssl_stapling on;\nssl_stapling_file "${directory}/s.der";\n`,
    );
    await publish(toNginx(program), undefined, { way: 'with-certificate' });
    expect(octets('s.der')).toEqual(placeholder);
    expect(text('s.der.include')).not.toContain('ssl_stapling');
  });

  it('is quoted in its directive', async () => {
    const file = join(directory, 'a "b\\ c.der');
    await publish({ ...toNginx('nginx'), file }, one, { way: 'with-certificate' });
    expect(text('a "b\\ c.der.include')).toContain(`"${directory}/a \\"b\\\\ c.der";`);
  });

  it('is tried, and taken back where nginx cannot use it', async () => {
    const good = nginx(0);
    await publish(toNginx(good.program), one, { way: 'with-certificate' });
    const { program, asked } = nginx(1);
    const { message } = await failure(publish(toNginx(program), two));
    expect(message).toContain('Cannot use the configuration of nginx');
    expect(message).toContain('no good');
    expect([text('s.der'), asked()]).toEqual(['STAPLE 1', 1]);
    await failure(publish(toNginx(program), undefined));
    expect(text('s.der')).toBe('STAPLE 1');
    expect(text('s.der.include')).toContain('ssl_stapling on');
  });

  it('stands for the next start of an nginx that does not run, which is said each time', async () => {
    const { program, asked } = nginx(0);
    for (let time = 0; time < 2; time++) {
      const { message } = await failure(publish(toNginx(program), one));
      expect(message).toContain(`Cannot read pid file "${directory}/pid"`);
      expect(text('s.der')).toBe('STAPLE 1');
    }
    expect(asked()).toBe(1);
  });
});

describe('a placeholder', () => {
  it('is an OCSPResponse that says tryLater', () => {
    expect(decodeOcspResponse(placeholder)).toMatchObject({ responseStatus: 'tryLater' });
  });
});

describe('a staple for ProFTPD', () => {
  it('has the fingerprint of its certificate for a name, and makes room for the next', async () => {
    const target = { type: 'proftpd', directory } as const;
    const former = certificate;
    const certificateOf = { certificate: utf8('NEW') };
    await publish(target, one);
    expect(text(fileOf(former))).toBe('STAPLE 1');

    // The server still serves the old certificate then.
    await publish(target, two, { ...certificateOf, former, way: 'with-certificate' });
    expect([text(fileOf(former)), text(fileOf(certificateOf.certificate))]).toEqual([
      'STAPLE 1',
      'STAPLE 2',
    ]);
    await publish(target, two, { ...certificateOf, former });
    expect(there(fileOf(former))).toBe(false);
    await publish(target, undefined, certificateOf);
    expect(there(fileOf(certificateOf.certificate))).toBe(false);
  });
});

describe('a staple for a listener', () => {
  it('is looked for by the listener', async () => {
    expect(await publish({ type: 'listener' }, one)).toBe(false);
    expect(await publish({ type: 'listener' }, undefined)).toBe(false);
  });
});
