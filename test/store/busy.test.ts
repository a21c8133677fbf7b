import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { run } from '../../src/cli/run.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { bodiesOnce, expectSoundKeys, expectWhole } from '../kill/casualty.ts';
import { initialize, poll, update } from '../kill/commands.ts';
import { bodies, openScene, type Client, type Ended } from '../kill/scene.ts';
import { lockStore } from './locker.ts';

/** What happens while a command runs. */
interface Meanwhile {
  /** In place of each sleep. */
  readonly sleep?: () => Promise<void>;
  /** After each answer of the CA, before the command has it. */
  readonly answered?: () => Promise<void>;
}

async function runWhile(client: Client, words: string, meanwhile: Meanwhile): Promise<Ended> {
  const { sleep = async () => {}, answered = async () => {} } = meanwhile;
  const state = dirname(client.certs);
  const argv = [...words.replaceAll('NAME', client.name).split(' '), '--state', state];
  const io = fakeIo();
  const code = await run(argv, io, async (_globals, _io, log) => {
    const services = await compose({
      stateDirectory: state,
      log,
      clock: { now: () => systemClock.now(), sleep },
    });
    return {
      ...services,
      connect(url, timeouts) {
        const transport = services.connect(url, timeouts);
        return {
          ...transport,
          async exchange(der, signal) {
            const answer = await transport.exchange(der, signal);
            await answered();
            return answer;
          },
        };
      },
    };
  });
  return { code, out: io.out(), err: io.err() };
}

async function initialized(): Promise<Client> {
  const client = await (await openScene({ implicitConfirm: true })).client('gw');
  const { code, err } = await client.run(initialize);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return client;
}

function lock(client: Client): ReturnType<typeof lockStore> {
  return lockStore(join(dirname(client.certs), 'store.db'));
}

const whole = { record: undefined, spki: undefined };

describe('an update of a store that another process has locked', () => {
  it('waits, and goes on when that one lets go', async () => {
    const client = await initialized();
    const locker = await lock(client);
    const { code, err } = await runWhile(client, update, { sleep: () => locker.letGo() });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expectWhole(client, whole, 'after the lock');
  });

  it('says so after 5 s, and has asked the CA for nothing', async () => {
    const client = await initialized();
    const locker = await lock(client);
    const { code, err } = await runWhile(client, update, {});
    expect({ code, err }).toEqual({
      code: 4,
      err: expect.stringContaining('code: STORE_LOCKED'),
    });
    expect(bodies(client.received())).not.toContain('kur');
    await locker.letGo();
    expect((await client.run(update)).code).toBe(0);
    await expectWhole(client, whole, 'after the lock');
  }, 60_000);

  it('whose answer cannot be stored for 5 s asks again, and gets the same certificate', async () => {
    const client = await initialized();
    let locker: Awaited<ReturnType<typeof lock>> | undefined;
    let sleeps = 0;
    const { code, err } = await runWhile(client, update, {
      async answered() {
        locker ??= await lock(client);
      },
      // One write is given up after twenty tries; what the command has to write then is written.
      async sleep() {
        sleeps += 1;
        if (sleeps === 20) await locker?.letGo();
      },
    });
    expect({ code, err }).toEqual({
      code: 4,
      err: expect.stringContaining('code: STORE_LOCKED'),
    });
    expect((await client.run(poll)).code).toBe(0);
    expect(bodiesOnce(client).filter((body) => body === 'kur')).toHaveLength(1);
    expect(await client.issued()).toHaveLength(2);
    await expectWhole(client, whole, 'after the lock');
    expectSoundKeys(client, 'after the lock');
  }, 60_000);
});
