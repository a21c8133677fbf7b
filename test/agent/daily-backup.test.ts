import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDailyBackups, type DailyBackups } from '../../src/agent/daily-backup.ts';
import { examineBackups } from '../../src/agent/doctor-backup.ts';
import { startAgent } from '../../src/agent/agent.ts';
import { backupsKept } from '../../src/lifecycle/setting-keys.ts';
import { prepareRestore } from '../../src/store/restore.ts';
import { initialized, makeSite, random, type Site } from '../lifecycle/site.ts';

const hour = 3600;
const day = 24 * hour;

/** The state directory of a site. */
function stateOf({ certs }: Site): string {
  return join(dirname(certs), 'state');
}

function made(site: Site): readonly string[] {
  return readdirSync(join(stateOf(site), 'backups')).toSorted();
}

function backupsOf(site: Site, freeOctets?: () => number): DailyBackups {
  return createDailyBackups({
    ...site.context,
    directory: stateOf(site),
    ...(freeOctets && { freeOctets }),
  });
}

/** What stands, each with its severity. */
async function alarmsOf({ store }: Site): Promise<readonly string[]> {
  return (await store.alarms.list(9)).map(({ key, last }) => `${key} ${last.severity}`);
}

describe('the daily backup', () => {
  it('is made once a day of UTC, closed to others, and can be restored', async () => {
    const site = await makeSite();
    await initialized(site);
    const backups = backupsOf(site);
    await backups.look();
    expect(made(site)).toStrictEqual(['daily-2026-12-01.db']);
    const path = join(stateOf(site), 'backups', 'daily-2026-12-01.db');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    const first = readFileSync(path);
    await site.clock.advance(11 * hour);
    await backups.look();
    // Nor does an agent that is started anew make another one.
    await backupsOf(site).look();
    expect(readFileSync(path).equals(first)).toBe(true);
    await site.clock.advance(hour);
    await backups.look();
    expect(made(site)).toStrictEqual(['daily-2026-12-01.db', 'daily-2026-12-02.db']);

    const { counts, close } = await prepareRestore({
      directory: `${stateOf(site)}2`,
      file: path,
      storeKey: async () => new Uint8Array(readFileSync(join(stateOf(site), 'store.key'))),
      clock: site.clock,
      random,
      isDead: () => true,
    });
    close();
    expect(counts.certificates).toBe(1);
  });

  it('keeps as many as are set, and takes the oldest away when the new one is there', async () => {
    const site = await makeSite();
    await site.store.settings.set(backupsKept, '2');
    const backups = backupsOf(site);
    for (let n = 0; n < 4; n++) {
      await backups.look();
      await site.clock.advance(day);
    }
    expect(made(site)).toStrictEqual(['daily-2026-12-03.db', 'daily-2026-12-04.db']);
  });

  it('is made of none when 0 are to be kept, and leaves those that are there', async () => {
    const site = await makeSite();
    const backups = backupsOf(site);
    await backups.look();
    await site.store.settings.set(backupsKept, '0');
    await site.clock.advance(day);
    await backups.look();
    expect(made(site)).toStrictEqual(['daily-2026-12-01.db']);
  });

  it('takes those away first that were made while the clock was ahead', async () => {
    const site = await makeSite();
    await site.store.settings.set(backupsKept, '2');
    const backups = backupsOf(site);
    await backups.look();
    for (const name of ['daily-2031-01-01.db', 'daily-2030-01-01.db', 'mine.db']) {
      writeFileSync(join(stateOf(site), 'backups', name), '');
    }
    await site.clock.advance(day);
    await backups.look();
    expect(made(site)).toStrictEqual(['daily-2026-12-01.db', 'daily-2026-12-02.db', 'mine.db']);
  });

  it('does not fill the disk: it is told, tried again every hour, and told to be over', async () => {
    const site = await makeSite();
    let free = 10_000_000;
    const backups = backupsOf(site, () => free);
    await backups.look();
    expect(await alarmsOf(site)).toStrictEqual(['source source backup minor']);
    const [{ last } = { last: undefined }] = await site.store.alarms.list(9);
    expect(last).toMatchObject({
      name: 'clmRevocationSourceStale',
      text: expect.stringMatching(
        /^The daily backup of the store fails: Cannot make .* 9 MiB are free/,
      ),
      details: { reason: 'backup-failed', endpoint: 'backup', attempts: 1 },
    });
    free = 1_000_000_000;
    await site.clock.advance(hour - 1);
    await backups.look();
    expect(made(site)).toStrictEqual([]);
    await site.clock.advance(1);
    await backups.look();
    expect(made(site)).toStrictEqual(['daily-2026-12-01.db']);
    expect(await alarmsOf(site)).toStrictEqual([]);
    expect(site.warnings).toHaveLength(1);
  });

  it('ends with the next agent what an earlier one has told, and leaves good backups alone while it fails', async () => {
    const site = await makeSite();
    await backupsOf(site).look();
    const folder = join(stateOf(site), 'backups');
    const good = readFileSync(join(folder, 'daily-2026-12-01.db'));
    const failing = backupsOf(site, () => 0);
    for (let n = 0; n < 9; n++) {
      await site.clock.advance(day);
      await failing.look();
    }
    expect(await alarmsOf(site)).toStrictEqual(['source source backup major']);
    expect(made(site)).toStrictEqual(['daily-2026-12-01.db']);
    expect(readFileSync(join(folder, 'daily-2026-12-01.db')).equals(good)).toBe(true);
    await backupsOf(site).look();
    expect(await alarmsOf(site)).toStrictEqual([]);
  });

  it('is tried again where a file stands in the way of its folder', async () => {
    const site = await makeSite();
    const folder = join(stateOf(site), 'backups');
    writeFileSync(folder, '');
    const backups = backupsOf(site);
    await backups.look();
    expect(await alarmsOf(site)).toHaveLength(1);
    rmSync(folder);
    await site.clock.advance(hour);
    await backups.look();
    expect(made(site)).toHaveLength(1);
  });

  it('is tried once an hour, and told, where its thread cannot be made', async () => {
    const site = await makeSite();
    let tries = 0;
    const care = {
      ...site.store.care,
      backUpAside: async () => {
        tries++;
        throw Object.assign(new Error('no more threads'), { code: 'ERR_WORKER_INIT_FAILED' });
      },
    };
    const backups = createDailyBackups({
      ...site.context,
      store: { ...site.store, care },
      directory: stateOf(site),
    });
    for (let minute = 0; minute < 60; minute++) {
      await backups.look();
      await site.clock.advance(60);
    }
    expect(tries).toBe(1);
    const [{ last } = { last: undefined }] = await site.store.alarms.list(9);
    expect(last?.text).toMatch(/Cannot make a backup of the store: no more threads/);
  });

  it('leaves what is no file alone, and takes it for none of its own', async () => {
    const site = await makeSite();
    await site.store.settings.set(backupsKept, '1');
    const backups = backupsOf(site);
    mkdirSync(join(stateOf(site), 'backups', 'daily-2020-01-01.db'), {
      recursive: true,
      mode: 0o700,
    });
    await backups.look();
    await site.clock.advance(day);
    await backups.look();
    expect(made(site)).toStrictEqual(['daily-2020-01-01.db', 'daily-2026-12-02.db']);
    expect(await alarmsOf(site)).toStrictEqual([]);
    await site.clock.advance(day);
    mkdirSync(join(stateOf(site), 'backups', 'daily-2026-12-03.db'));
    await backups.look();
    expect(await alarmsOf(site)).toStrictEqual(['source source backup minor']);
  });

  it('is made by the agent, which a failing one does not end', async () => {
    const site = await makeSite();
    const options = {
      names: 1,
      perCa: 1,
      beat: () => () => {},
      monotonicMs: () => site.clock.now().getTime(),
    };
    let free = 0;
    const agent = await startAgent(
      { ...site.context, retrieve: () => Promise.reject(new Error('nothing is fetched')) },
      { ...options, beside: backupsOf(site, () => free) },
    );
    await agent.run();
    expect(await agent.status()).toMatchObject({ runs: expect.any(Number) });
    expect(await alarmsOf(site)).toHaveLength(1);
    free = 1_000_000_000;
    await site.clock.advance(hour);
    await agent.run();
    await agent.stop();
    await agent.ended;
    expect(made(site)).toHaveLength(1);
  });
});

describe('doctor', () => {
  it('tells when the agent has made no backup for hours', async () => {
    const site = await makeSite({ othersLive: true });
    const examine = () => examineBackups(site.context, stateOf(site));
    expect(await examine()).toMatchObject([{ severity: 'note', text: 'there is none yet' }]);
    const agent = await startAgent(
      { ...site.context, retrieve: () => Promise.reject(new Error('nothing is fetched')) },
      { names: 1, perCa: 1, beat: () => () => {}, monotonicMs: () => 0 },
    );
    await agent.run();
    expect(await examine()).toMatchObject([{ severity: 'ok' }]);
    await site.clock.advance(3 * hour);
    await agent.run();
    expect(await examine()).toMatchObject([
      { severity: 'warning', text: 'none was made since 2026-12-01T12:00:00Z; there is none yet' },
    ]);
    await backupsOf(site).look();
    expect(await examine()).toMatchObject([{ severity: 'ok' }]);
    await site.store.settings.set(backupsKept, '0');
    expect(await examine()).toMatchObject([{ severity: 'note' }]);
    await agent.stop();
  });
});
