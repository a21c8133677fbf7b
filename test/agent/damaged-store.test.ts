import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { createDailyBackups } from '../../src/agent/daily-backup.ts';
import { startAgent, type Agent } from '../../src/agent/agent.ts';
import { CertError } from '../../src/base/errors.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { prepareRestore } from '../../src/store/restore.ts';
import { initialized, makeSite, named, random, type Site } from '../lifecycle/site.ts';

/** An agent that keeps daily backups, with what ended it. */
async function started(
  site: Site,
  context: LifecycleContext,
): Promise<{ readonly agent: Agent; end(): unknown }> {
  const ended: unknown[] = [];
  const directory = join(dirname(site.certs), 'state');
  const agent = await startAgent(
    { ...context, retrieve: () => Promise.reject(new Error('nothing is fetched here')) },
    {
      names: 1,
      perCa: 1,
      beat: () => () => {},
      monotonicMs: () => site.clock.now().getTime(),
      beside: createDailyBackups({ ...context, directory }),
    },
  );
  agent.ended.catch((error: unknown) => void ended.push(error));
  await agent.run();
  return { agent, end: () => ended[0] };
}

/** Put all that is committed into the file, then overwrite the pages that hold an index and a table. */
function damage(path: string): void {
  const connection = new Sqlite(path);
  connection.pragma('wal_checkpoint(TRUNCATE)');
  connection.close();
  const descriptor = openSync(path, 'r+');
  for (let page = 20; page * 4096 < statSync(path).size; page++) {
    writeSync(descriptor, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
  }
  closeSync(descriptor);
}

it('ends an agent that runs, with the way to the last backup, which no later one replaces; another goes on from there', async () => {
  const site = await makeSite();
  await initialized(site);
  await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '30');
  for (let n = 0; n < 20; n++) await site.store.settings.set(`filler-${n}`, 'x'.repeat(3000));
  const directory = join(dirname(site.certs), 'state');
  const first = await started(site, site.context);
  const good = join(directory, 'backups', 'daily-2026-12-01.db');
  const octets = readFileSync(good);

  damage(join(directory, 'store.db'));
  await site.clock.advance(86_400);
  await first.agent.run();
  const error = first.end();
  expect(error).toBeInstanceOf(CertError);
  expect(error).toMatchObject({
    code: 'STORE_CORRUPT',
    hint: `Restore the last good backup, of 2026-12-01T12:00:00Z: certkeeper store restore ${good}`,
  });
  expect(readdirSync(join(directory, 'backups'))).toStrictEqual(['daily-2026-12-01.db']);
  expect(readFileSync(good).equals(octets)).toBe(true);
  await site.store.close();

  const restore = await prepareRestore({
    directory,
    file: good,
    clock: site.clock,
    random,
    isDead: () => true,
  });
  await restore.commit();
  restore.close();
  const context = await site.open();
  const second = await started(site, context);
  expect(readdirSync(join(directory, 'backups'))).toHaveLength(2);
  await site.clock.advance(61 * 86_400);
  await second.agent.run();
  expect(await context.store.certificates.current('gw1')).toMatchObject({ version: 2 });
  expect(second.end()).toBeUndefined();
  await second.agent.stop();
});
