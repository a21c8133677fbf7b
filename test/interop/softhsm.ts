import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { programPath } from '../../scripts/peer-packages.ts';

const run = promisify(execFile);

/** Where Debian has it. */
export const modulePath = '/usr/lib/softhsm/libsofthsm2.so';

/** Unlike anything that is there by chance. */
export const pin = 'Pin-4711-geheim';

/** A SoftHSM of its own, with a token `t1`. */
export interface SoftHsm {
  readonly directory: string;
  /** For the environment of whoever uses it. */
  readonly env: Readonly<Record<string, string>>;
  /** File with the PIN. */
  readonly pinFile: string;
  /** Pull the token out; put it back. */
  remove(): void;
  putBack(): void;
  /** Run pkcs11-tool in a session with `t1`, and give what it wrote. */
  tool(...args: readonly string[]): Promise<string>;
  /** Labels of the private keys in it, in no order. */
  privateKeys(): Promise<readonly string[]>;
}

/** Set up a SoftHSM; it is gone after the test. */
export async function setUpSoftHsm(): Promise<SoftHsm> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-softhsm-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const name of ['tokens', 'empty']) mkdirSync(join(directory, name));
  const conf = join(directory, 'softhsm2.conf');
  const point = (name: string) =>
    writeFileSync(
      conf,
      `directories.tokendir = ${join(directory, name)}\nobjectstore.backend = file\n`,
    );
  point('tokens');
  const env = { SOFTHSM2_CONF: conf };
  const inEnv = { env: { PATH: programPath, ...env }, cwd: directory };
  const init = ['--init-token', '--free', '--label', 't1', '--so-pin', '12345678', '--pin', pin];
  await run('softhsm2-util', init, inEnv);
  const pinFile = join(directory, 'pin');
  writeFileSync(pinFile, `${pin}\n`, { mode: 0o600 });
  const tool: SoftHsm['tool'] = async (...args) => {
    const session = ['--module', modulePath, '--token-label', 't1', '--login', '--pin', pin];
    const { stdout } = await run('pkcs11-tool', [...session, ...args], inEnv);
    return stdout;
  };
  return {
    directory,
    env,
    pinFile,
    remove: () => point('empty'),
    putBack: () => point('tokens'),
    tool,
    async privateKeys() {
      const listed = await tool('--list-objects', '--type', 'privkey');
      return [...listed.matchAll(/^\s*label:\s*(.*)$/gm)].map(([, label = '']) => label);
    },
  };
}
