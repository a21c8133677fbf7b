import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { storeUser } from '../../src/agent/store-user.ts';

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-user-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

it('finds an agent by its socket, as long as somebody listens there', async () => {
  const directory = folder();
  expect(await storeUser(directory)).toBeUndefined();
  const server = createServer();
  const socket = join(directory, 'agent.sock');
  await once(server.listen(socket), 'listening');
  expect(await storeUser(directory)).toStrictEqual({ type: 'agent', socket });
  await once(server.close(), 'close');
  expect(await storeUser(directory)).toBeUndefined();
});

it.skipIf(!existsSync('/proc/self/fd'))('finds another process that has it open', async () => {
  const directory = folder();
  const descriptor = openSync(join(directory, 'store.db'), 'w');
  expect(await storeUser(directory)).toBeUndefined();
  const child = spawn('sleep', ['600'], { stdio: [descriptor, 'ignore', 'ignore'] });
  closeSync(descriptor);
  await once(child, 'spawn');
  onTestFinished(() => void child.kill());
  expect(await storeUser(directory)).toStrictEqual({ type: 'process', pid: child.pid });
});
