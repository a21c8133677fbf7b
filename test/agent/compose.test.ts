import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { parseLabel } from '../../src/base/label.ts';
import { silentLog } from '../../src/base/log.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import { onRequest, openHostileServer, responseText } from '../http/hostile-server.ts';

let stateDirectory: string;

beforeEach(() => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'certkeeper-compose-'));
});

afterEach(() => {
  rmSync(stateDirectory, { recursive: true });
});

describe('compose()', () => {
  it('joins store, keys, network and files', async () => {
    const writes: number[] = [];
    const services = await compose({
      stateDirectory,
      log: silentLog,
      onWrite: (count) => writes.push(count),
    });
    try {
      await services.store.settings.set('a', 'b');
      expect(writes.length).toBeGreaterThan(0);
      expect(services.random.bytes(16)).toHaveLength(16);
      const { key } = await (await services.keys()).generate('ed25519');
      expect(key.keyType).toBe('ed25519');
      const directory = join(stateDirectory, 'certs');
      await services.deliver({
        directory,
        name: parseLabel('gw1', 'cert-name'),
        keyPem: 'key',
        chainPem: 'chain',
        certificatePem: 'cert',
      });
      expect(readdirSync(directory)).toHaveLength(3);
    } finally {
      await services.close();
    }
  });

  it('connects with the timeouts of a CA profile, and checks the URL before', async () => {
    const server = await openHostileServer((socket) => {
      onRequest(socket, (text) =>
        socket.write(
          responseText(text.slice(-3), {
            'Content-Type': 'application/pkixcmp',
          }),
        ),
      );
    });
    const profile = caProfile({ label: parseLabel('ca', 'ca'), url: server.url, roots: [] });
    const timeouts = { ...profile, connectTimeoutSeconds: 2, responseTimeoutSeconds: 2 };
    const services = await compose({ stateDirectory, log: silentLog });
    try {
      const transport = services.connect(server.url, timeouts);
      expect([...(await transport.exchange(Uint8Array.of(1, 2, 3)))]).toEqual([1, 2, 3]);
      await transport.close();
      const unused = services.connect(server.url, timeouts);
      await unused.close();
      expect(() => services.connect('gopher://ra.example/', timeouts)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
      const proxy = { url: 'https://proxy.example' };
      expect(() => services.connect(server.url, { ...timeouts, proxy })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    } finally {
      await services.close();
      await server.close();
    }
  });

  it('loads neither HTTP nor cryptography nor delivery before they are used', () => {
    const program = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({
        load(url, context, next) {
          loaded.push(url);
          return next(url, context);
        },
      });
      const { compose } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/agent/compose.ts'))});
      const { silentLog } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/base/log.ts'))});
      const services = await compose({ stateDirectory: ${JSON.stringify(stateDirectory)}, log: silentLog });
      await services.store.statistics.read();
      await services.close();
      console.log(loaded.filter((url) => /undici|node:(?:http|https|crypto)$|src\\/(?:crypto|deploy|cmp)\\//.test(url)).join());
    `;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(output.trim()).toBe('');
  });
});
