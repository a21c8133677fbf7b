import { describe, expect, it } from 'vitest';
import { commandSender, type ProgramRun } from '../../src/traps/command-sender.ts';
import { isRetried } from '../../src/traps/destination.ts';
import { logSender } from '../../src/traps/log-sender.ts';
import {
  decodeNotification,
  encodeNotification,
} from '../../src/traps/alarms/notification-json.ts';
import { allNames, sample } from './samples.ts';

const command = {
  type: 'command',
  name: 'pager',
  command: ['/usr/local/bin/page', '--now', '$HOME'],
  timeoutSeconds: 30,
} as const;

describe('commandSender()', () => {
  it('hands the notification over in the environment, and the arguments as they are', async () => {
    const runs: ProgramRun[] = [];
    const { send } = commandSender(command, async (run) => void runs.push(run));
    expect(await send(sample('clmCertExpired', { text: 'a\0b' }))).toBe('acknowledged');
    expect(runs).toMatchObject([
      {
        command: command.command,
        timeoutMs: 30_000,
        env: {
          CERTKEEPER_NOTIFICATION: 'clmCertExpired',
          CERTKEEPER_SEVERITY: 'warning',
          CERTKEEPER_SEQUENCE: '41',
          CERTKEEPER_TEXT: 'ab',
          CERTKEEPER_NAME: 'gw1',
          CERTKEEPER_NOT_AFTER: '2027-03-01T00:00:00Z',
          CERTKEEPER_REASON: 'badPOP',
        },
      },
    ]);
    expect(JSON.parse(runs[0]?.env['CERTKEEPER_JSON'] ?? '')).toMatchObject({ sequence: 41 });
  });

  it('fails with what was wrong with the program', async () => {
    const { send } = commandSender(command, async () => 'it ended with exit code 3');
    await expect(send(sample())).rejects.toMatchObject({
      code: 'NOTIFICATION_FAILED',
      message:
        'Cannot send clmCertAboutToExpire to "pager" ("/usr/local/bin/page"): it ended with exit code 3',
    });
  });
});

describe('logSender()', () => {
  it('writes one line of JSON for each', async () => {
    const lines: string[] = [];
    const { send } = logSender(
      { type: 'log', name: 'file', path: '/x' },
      (line) => void lines.push(line),
    );
    for (const name of allNames) expect(await send(sample(name, { text: 'a\nb' }))).toBe('sent');
    expect(lines).toHaveLength(14);
    expect(lines.filter((line) => line.includes('\n'))).toEqual([]);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ notification: 'clmCertAboutToExpire' });
  });

  it('fails when it cannot write', async () => {
    const { send } = logSender({ type: 'log', name: 'file', path: '/x' }, () => {
      throw new Error('ENOSPC: no space left on device');
    });
    await expect(send(sample())).rejects.toMatchObject({
      code: 'NOTIFICATION_FAILED',
      message: 'Cannot send clmCertAboutToExpire to "file": ENOSPC: no space left on device',
    });
  });
});

describe('isRetried()', () => {
  it('is so for all but traps', () => {
    const snmp = { type: 'snmp', name: 'noc', host: 'h', port: 162, version: '2c' } as const;
    expect(isRetried({ ...snmp, kind: 'trap' })).toBe(false);
    expect(isRetried({ ...snmp, kind: 'inform' })).toBe(true);
    expect(isRetried(command)).toBe(true);
  });
});

describe('a stored notification', () => {
  it.each(allNames)('is read as it was written: %s', (name) => {
    const { certificate: _, ...source } = sample(name, { details: { endpoint: 'x' } });
    for (const notification of [sample(name), source])
      expect(decodeNotification(encodeNotification(notification))).toEqual(notification);
  });
});
