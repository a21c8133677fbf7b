import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { parseLabel } from '../../src/base/label.ts';
import { publishStaple } from '../../src/deploy/staple-publish.ts';
import type { StapleTarget } from '../../src/store/staples-contract.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-staple-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
});

async function publish(target: StapleTarget, staple?: Uint8Array): Promise<void> {
  await publishStaple(
    { label: parseLabel('web', 'to'), target },
    {
      name: parseLabel('gw1', 'cert-name'),
      certificate: utf8('CERT'),
      chain: [],
      way: 'alone',
      ...(staple && { staple }),
    },
  );
}

describe('a file that is no staple', () => {
  const pem = '# my key\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';

  it.each(['file', 'lighttpd'] as const)('is neither replaced nor removed by %s', async (type) => {
    const file = join(directory, 'gw1.pem');
    writeFileSync(file, pem);
    const target = { type, file, pidFile: join(directory, 'pid') } as const;
    for (const staple of [utf8('STAPLE'), undefined]) {
      await expect(publish(target, staple)).rejects.toThrow(
        `"${file}" holds a certificate or a key`,
      );
      expect(readFileSync(file, 'utf8')).toBe(pem);
    }
  });
});

describe('a staple file that everybody may write', () => {
  it('is not left so', async () => {
    const file = join(directory, 's.der');
    writeFileSync(file, 'OLD');
    chmodSync(file, 0o666);
    await publish({ type: 'file', file }, utf8('STAPLE'));
    expect(statSync(file).mode & 0o777).toBe(0o664);
    chmodSync(file, 0o666);
    await publish({ type: 'file', file }, utf8('STAPLE'));
    expect(statSync(file).mode & 0o777).toBe(0o664);
  });
});

describe('a process that took the place of HAProxy', () => {
  it.runIf(process.getuid?.() === 0)(
    'is not given the key when a staple is withdrawn',
    async () => {
      const file = join(directory, 'gw1.pem');
      writeFileSync(
        file,
        encodePem('CERTIFICATE', utf8('CERT')) + encodePem('PRIVATE KEY', utf8('KEY')),
      );
      writeFileSync(`${file}.ocsp`, 'STAPLE');
      // The sockets of everybody are in there.
      const shared = join(directory, 'shared');
      mkdirSync(shared);
      chmodSync(shared, 0o1777);
      const heard: string[] = [];
      const server = createServer((peer) => {
        peer.on('error', () => {}).setEncoding('utf8');
        peer.once('data', (text: string) => {
          heard.push(text);
          peer.end('OCSP Response Key: 00\n\n');
        });
      });
      await new Promise<void>((resolve) => void server.listen(join(shared, 'api'), resolve));
      onTestFinished(() => void server.close());
      chownSync(join(shared, 'api'), 65_534, 65_534);
      const target = { type: 'haproxy', socket: join(shared, 'api'), file } as const;
      await expect(publish(target)).rejects.toThrow('Cannot trust the socket');
      expect(heard.join('')).not.toContain('PRIVATE KEY');
      expect(readFileSync(`${file}.ocsp`, 'utf8')).toBe('STAPLE');
    },
  );
});
