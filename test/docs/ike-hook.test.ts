import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commands } from '../../src/cli/grammar.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';

const hook = join(import.meta.dirname, '../../examples/ike-hook.sh');

/** Run the hook with a certkeeper in its path that writes down what it was told, and ends with a code. */
function run(words: readonly string[], exitCode: number, socket = '/nowhere') {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-hook-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const told = join(directory, 'told');
  const script = (name: string, text: string): void => {
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(directory, name), 0o755);
  };
  script('certkeeper', `printf '%s\\n' "$@" >"${told}"; echo 'reason revoked'; exit ${exitCode}`);
  script('logger', 'exit 1');
  const env = { PATH: `${directory}:${process.env['PATH']}`, CERTKEEPER_SOCKET: socket };
  const { status, stderr } = spawnSync(hook, words, { env, encoding: 'utf8' });
  const asked = (): readonly string[] => readFileSync(told, 'utf8').trimEnd().split('\n');
  return { status, stderr, asked };
}

describe('examples/ike-hook.sh', () => {
  it.each([
    [
      ['peer', 'a b.pem'],
      ['verify', 'a b.pem', 'policy', 'gateways'],
    ],
    [
      ['peer', 'p.pem', 'CN=gw1, O=Test'],
      ['verify', 'p.pem', 'policy', 'gateways', 'identity', 'CN=gw1, O=Test'],
    ],
    [
      ['own', 'gw1'],
      ['verify', 'cert-name', 'gw1', 'policy', 'gateways'],
    ],
  ])('asks what certkeeper understands, and goes on by its acceptance: %j', (words, line) => {
    const { status, asked } = run(words, 0);
    expect({ status, line: asked() }).toStrictEqual({ status: 0, line });
    expect(parseCommandLine(line, commands)).toMatchObject({ type: 'run' });
  });

  it('asks the agent at its socket, where there is one', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'certkeeper-hook-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const socket = join(directory, 'agent.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    onTestFinished(() => void server.close());
    const line = run(['own', 'gw1'], 0, socket).asked();
    expect(line.slice(-2)).toStrictEqual(['socket', socket]);
    expect(parseCommandLine(line, commands)).toMatchObject({ type: 'run' });
  });

  it.each([
    [9, 'refused: reason revoked'],
    [3, 'no verdict (exit code 3)'],
    [127, 'no verdict (exit code 127)'],
  ])('refuses when certkeeper ends with %i, and says so', (code, said) => {
    expect(run(['peer', 'p.pem'], code)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(said),
    });
  });

  it.each([[[]], [['peer']], [['own', 'a', 'b']], [['other', 'x']]])(
    'refuses when it is called otherwise: %j',
    (words) => {
      expect(run(words, 0)).toMatchObject({ status: 1, stderr: expect.stringContaining('usage') });
    },
  );
});
