import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { examineDeployedFiles, examineStateDirectory } from '../../src/agent/doctor-files.ts';
import { initialized, makeSite, named } from '../lifecycle/site.ts';

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-doctor-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const uid = process.geteuid?.();

describe('doctor, of the state directory', () => {
  it('is content with one that is closed to others', async () => {
    const directory = folder();
    writeFileSync(join(directory, 'store.db'), '', { mode: 0o600 });
    const findings = await examineStateDirectory(directory, uid);
    expect(findings.map(({ check, severity }) => [check, severity])).toStrictEqual([
      ['files', 'ok'],
      ['disk', 'ok'],
    ]);
    expect(await examineStateDirectory(join(directory, 'none'), uid)).toStrictEqual([]);
  });

  it('tells of whatever others can read, and closes nothing itself', async () => {
    const directory = folder();
    writeFileSync(join(directory, 'store.db'), '');
    writeFileSync(join(directory, 'store.key'), '');
    for (const name of ['store.db', 'store.key']) chmodSync(join(directory, name), 0o644);
    chmodSync(directory, 0o755);
    for (let time = 1; time <= 2; time++) {
      const findings = await examineStateDirectory(directory, uid);
      expect(findings.filter(({ check }) => check === 'files')).toMatchObject([
        { about: directory, severity: 'error', remedy: `Close it: chmod 700 ${directory}` },
        { about: join(directory, 'store.db'), severity: 'warning' },
        { about: join(directory, 'store.key'), severity: 'error' },
      ]);
    }
  });

  it('tells that it belongs to another user', async () => {
    const [finding] = await examineStateDirectory(folder(), (uid ?? 0) + 7);
    expect(finding).toMatchObject({ severity: 'warning' });
  });
});

describe('doctor, of deployed files', () => {
  it('looks whether hooks can be run, and keys are closed to others', async () => {
    const site = await makeSite();
    await initialized(site);
    const directory = folder();
    mkdirSync(join(directory, 'tls'));
    const key = join(directory, 'tls', 'gw1.key');
    const hook = join(directory, 'hook');
    await site.store.deployments.put(named('gw1'), {
      label: named('web'),
      files: [{ kind: 'key', path: key }],
    });
    await site.store.deployments.putHook(named('gw1'), { command: [hook], timeoutSeconds: 9 });
    const look = () => examineDeployedFiles(site.store);
    expect(await look()).toMatchObject([{ check: 'hook', severity: 'error' }]);
    writeFileSync(hook, '#!/bin/sh\n', { mode: 0o644 });
    expect(await look()).toMatchObject([{ text: `"${hook}" cannot be run by this user` }]);
    chmodSync(hook, 0o757);
    expect(await look()).toMatchObject([{ text: expect.stringContaining('can change') }]);
    chmodSync(hook, 0o755);
    writeFileSync(key, '', { mode: 0o600 });
    expect(await look()).toMatchObject([{ severity: 'ok' }]);
    chmodSync(key, 0o644);
    expect(await look()).toMatchObject([
      { check: 'hook', severity: 'ok' },
      { check: 'files', about: 'gw1', severity: 'error' },
    ]);
  });
});
