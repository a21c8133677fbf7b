import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { CertError } from '../../src/base/errors.ts';
import { commands } from '../../src/cli/grammar.ts';
import { run } from '../../src/cli/run.ts';
import type { AuditRecord } from '../../src/store/audit-contract.ts';
import { fakeIo } from './fake-io.ts';
import { makeBench, type Bench } from './run-cli.ts';

function acts(bench: Bench): Promise<readonly AuditRecord[]> {
  return bench.withStore((store) => store.audit.list());
}

const addCa = ['ca', 'add', 'rootA', 'url', 'http://ra.example/pkix/'] as const;

describe('the audit trail', () => {
  it('says who did what, with which arguments, and how it ended', async () => {
    const bench = makeBench();
    await bench.run(['cmp', 'history', 'keep', '7'], { env: { SUDO_USER: 'alice' } });

    const user: unknown = expect.stringMatching(/\(sudo by alice\)$/);
    const { out: json } = await bench.run(['show', 'audit', '--json']);
    expect(JSON.parse(json)).toMatchObject({
      audit: [
        {
          id: 1,
          at: '2026-12-01T00:00:00Z',
          what: 'cmp history',
          arguments: [{ parameter: 'keep', value: '7' }],
          state: 'done',
          result: { at: '2026-12-01T00:00:00Z', exitCode: 0 },
          actor: { type: 'user', user, pid: process.pid },
        },
      ],
    });
    const { out } = await bench.run(['show', 'audit']);
    expect(out).toMatch(
      /^AT +WHO +TTY +RESULT +WHAT\n2026-12-01T00:00:00Z +\S.* done +cmp history keep 7\n$/,
    );
  });

  it('says with which error a command ended', async () => {
    const bench = makeBench();
    await bench.run(['cert', 'restore', 'gw1']);
    const text: unknown = expect.stringContaining('"gw1"');
    expect(await acts(bench)).toMatchObject([
      {
        what: 'cert restore',
        result: { exitCode: 3, code: 'CERT_UNKNOWN', text },
      },
    ]);
    const { out } = await bench.run(['show', 'audit']);
    expect(out).toContain('failed 3 CERT_UNKNOWN  cert restore cert-name gw1\n');
  });

  it('says with which code a command ended that threw nothing', async () => {
    const bench = makeBench();
    const file = join(bench.directory, 'gw.yaml');
    writeFileSync(file, 'retention: { histori: 8 }\n');
    expect((await bench.run(['config', 'apply', file])).err).toContain('code: CONFIG_INVALID');
    expect(await acts(bench)).toMatchObject([
      {
        what: 'config apply',
        result: { exitCode: 3, code: 'CONFIG_INVALID', text: expect.stringContaining('1 fault') },
      },
    ]);
    const { out } = await bench.run(['show', 'audit']);
    expect(out).toContain('failed 3 CONFIG_INVALID  config apply ');
  });

  it('has a line for what was begun and never ended', async () => {
    const bench = makeBench();
    await bench.withStore((store) =>
      store.audit.begin({
        at: new Date('2026-11-30T00:00:00Z'),
        actor: { type: 'agent', pid: 1, host: 'gw' },
        what: 'renew',
        arguments: [['cert-name', 'gw1']],
      }),
    );
    const { out } = await bench.run(['show', 'audit']);
    expect(out).toContain('agent       unfinished  renew cert-name gw1\n');
  });

  it('shows the newest, and those about one certificate among all', async () => {
    const bench = makeBench();
    await bench.run(['clear', 'cmp', 'cert-name', 'gw1', '--yes']);
    for (const keep of ['1', '2', '3']) await bench.run(['cmp', 'history', 'keep', keep]);

    const newest = await bench.run('show audit last 2'.split(' '));
    expect(newest.out.match(/keep \d/g)).toStrictEqual(['keep 3', 'keep 2']);
    const about = await bench.run('show audit last 1 cert-name gw1'.split(' '));
    expect(about.out).toMatch(/ failed 3 CERT_UNKNOWN +clear cmp cert-name gw1\n$/);
    const none = await bench.run('show audit gw2'.split(' '));
    expect(none.out).toMatch(/^There is nothing about "gw2" in the audit trail in /);
  });

  it('writes nothing of commands that look, of a dry run and of words that are wrong', async () => {
    const bench = makeBench();
    for (const words of [
      ['show', 'cert'],
      ['show', 'audit'],
      ['cmp', 'history', 'keep', 'many'],
      ['cmp', 'histroy', 'keep', '1'],
      [...addCa, 'root', join(bench.directory, 'missing.pem')],
    ]) {
      await bench.run(words);
    }
    expect(existsSync(bench.state)).toBe(false);

    await bench.withStore(async () => undefined);
    await bench.run('cmp update current-cert gw1 --dry-run'.split(' '));
    expect(await acts(bench)).toStrictEqual([]);
  });

  it('has every line typed in the shell as an act', async () => {
    const bench = makeBench();
    const input = 'configure\ncmp history keep 5\nshow cert\nno cmp history\nexit\n';
    await bench.run(['shell', '--keep-going'], { input });
    expect((await acts(bench)).map((act) => act.what)).toStrictEqual([
      'no cmp history',
      'cmp history',
    ]);
  });

  it('says of a backup where it went, and whether the key is in it', async () => {
    const bench = makeBench();
    await bench.withStore(async () => undefined);
    const file = join(bench.directory, 'backup.db');
    await bench.run(['store', 'backup', file, 'with-key']);
    expect(await acts(bench)).toMatchObject([
      {
        what: 'store backup',
        arguments: expect.arrayContaining([
          ['file', file],
          ['with-key', ''],
        ]),
        result: { exitCode: 0 },
      },
    ]);
  });

  it('keeps a command from doing anything when it cannot be written', async () => {
    const bench = makeBench();
    await bench.withStore(async () => undefined);
    const full = new CertError('STORE_FULL', 'Cannot write');
    const io = fakeIo();
    const code = await run(['cmp', 'history', 'keep', '5'], io, async (_globals, _io, log) => {
      const services = await compose({ stateDirectory: bench.state, log });
      const audit = { ...services.store.audit, begin: () => Promise.reject(full) };
      return { ...services, store: { ...services.store, audit } };
    });
    expect([code, io.err()]).toStrictEqual([4, expect.stringContaining('code: STORE_FULL')]);
    expect(await bench.withStore((store) => store.settings.list())).toStrictEqual(new Map());
  });

  it('leaves the result of a command as it is when that cannot be written', async () => {
    const bench = makeBench();
    await bench.withStore(async () => undefined);
    const full = new CertError('STORE_FULL', 'Cannot write');
    const io = fakeIo();
    const code = await run(['cmp', 'history', 'keep', '5'], io, async (_globals, _io, log) => {
      const services = await compose({ stateDirectory: bench.state, log });
      const audit = { ...services.store.audit, end: () => Promise.reject(full) };
      return { ...services, store: { ...services.store, audit } };
    });
    expect(code).toBe(0);
    expect(io.err()).toContain('the audit trail does not say how "cmp history" ended');
    expect((await acts(bench))[0]?.result).toBeUndefined();
  });
});

describe('what commands change', () => {
  it('is nothing for those that show, and something for those that undo or clear', () => {
    const looking = commands.filter(({ changes }) => changes === 'nothing');
    const shown = commands.filter(({ words }) => words.includes('show'));
    expect(shown.filter(({ changes }) => changes !== 'nothing')).toStrictEqual([]);
    expect(looking.filter(({ words }) => words[0] === 'no' || words[0] === 'clear')).toStrictEqual(
      [],
    );
  });

  it('is something for those that let keys out, too', () => {
    const letOut = commands.filter(({ words }) =>
      ['cert export', 'store backup', 'store restore', 'store rekey'].includes(words.join(' ')),
    );
    expect(letOut).toHaveLength(4);
    expect(letOut.filter(({ changes }) => changes === 'nothing')).toStrictEqual([]);
  });
});
