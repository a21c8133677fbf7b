import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { openLab, reference } from '../ca/lab-under-test.ts';
import { requirePeer } from '../harness/require.ts';
import { runCertkeeper } from './openssl/command-line.ts';
import { modulePath, setUpSoftHsm } from './softhsm.ts';

beforeEach((context) => {
  for (const name of ['softhsm2', 'opensc'] as const) requirePeer(context, name);
});

const driver = join(import.meta.dirname, '../kill/driver.ts');

it('an update with a token key, killed after each write, goes on with the one key it has made in the token', async () => {
  const hsm = await setUpSoftHsm();
  const lab = await openLab({ directory: hsm.directory, clock: systemClock, settings: {} });
  await lab.writeFiles();
  const server = await lab.listen(0);
  onTestFinished(() => server.close());
  const state = join(hsm.directory, 'state');
  const env = { ...hsm.env, CMP_SECRET: 's3cret' };
  const done = async (words: string): Promise<void> => {
    const { code, err } = await runCertkeeper(state, words.split(' '), env);
    expect({ words, code, err: code === 0 ? '' : err }).toEqual({ words, code: 0, err: '' });
  };
  const dies = async (words: string, write: number): Promise<boolean> => {
    const child = spawn(process.execPath, [driver, ...words.split(' '), '--state', state], {
      env: { PATH: process.env['PATH'], ...env, CERTKEEPER_KILL_AT: `write ${write}` },
      stdio: 'ignore',
    });
    await once(child, 'close');
    return child.signalCode === 'SIGKILL';
  };
  const newest = async (): Promise<{ readonly version: number; readonly isWaiting: boolean }> => {
    const { store, close } = await compose({ stateDirectory: state, log: silentLog });
    const isWaiting = (await store.transactions.outstanding()).length > 0;
    const version = (await store.certificates.current('gw1'))?.version ?? 0;
    await close();
    return { version, isWaiting };
  };

  const root = join(hsm.directory, 'root.pem');
  await done(
    `ca add lab url ${server.url} root ${root} reference ${reference} secret env:CMP_SECRET`,
  );
  await done(`crypto token add t1 module ${modulePath} pin file:${hsm.pinFile}`);
  await done(
    'cmp initialize key-type p-256 key-provider pkcs11:token=t1 subject-name CN=gw1 cert-name gw1',
  );

  const update = 'cmp update current-cert gw1';
  let write = 1;
  for (; await dies(update, write); write++) {
    const { version, isWaiting } = await newest();
    expect([write, write + 1], `write ${write}`).toContain(version);
    if (isWaiting || version > write) await done('cmp poll current-cert gw1');
    else await done(update);
    // One certificate and one key for each of the updates so far.
    expect(await newest(), `write ${write}`).toEqual({ version: write + 1, isWaiting: false });
    expect(await hsm.privateKeys(), `write ${write}`).toHaveLength(write + 1);
    const pem = readFileSync(join(state, 'certs/gw1.cert.pem'));
    const serial = new X509Certificate(pem).serialNumber;
    const current = (await lab.certificates()).filter(({ status }) => status === 'current');
    expect(
      current.map(({ der }) => new X509Certificate(der).serialNumber),
      `write ${write}`,
    ).toEqual([serial]);
  }
  expect(write).toBeGreaterThan(6);
}, 240_000);
