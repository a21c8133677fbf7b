import { describe, expect, it } from 'vitest';
import { becomeAgent } from '../../src/agent/agent-lease.ts';
import { examineServing } from '../../src/agent/doctor-serving.ts';
import { initialized, makeSite, named } from '../lifecycle/site.ts';

const nobody = async (): Promise<undefined> => undefined;

const deaf = (): Promise<undefined> => Promise.reject(new Error('EACCES'));

describe('doctor, of what is served to other agents', () => {
  it('has nothing to say where nothing is', async () => {
    const { context } = await makeSite();
    expect(await examineServing(context, nobody)).toEqual([]);
  });

  it('misses an agent, and one that listens; and is content with one that does', async () => {
    const site = await makeSite({ othersLive: true });
    const { context } = site;
    await initialized(site);
    await context.store.nameSettings.set(named('gw1'), 'serve-to', '["dns:b.example"]');
    expect(await examineServing(context, nobody)).toMatchObject([
      { check: 'serving', severity: 'error', text: expect.stringContaining('no agent runs') },
    ]);
    const lease = await becomeAgent(context);
    expect(await examineServing(context, async () => ({ runs: 1 }))).toMatchObject([
      {
        severity: 'error',
        text: 'the agent does not listen, and other nodes are to fetch "gw1" from it',
      },
    ]);
    expect(await examineServing(context, async () => ({ serves: 8443 }))).toEqual([
      { check: 'serving', severity: 'ok', text: 'other nodes fetch "gw1" on port 8443' },
    ]);
    for (const ask of [nobody, deaf]) {
      expect(await examineServing(context, ask)).toMatchObject([{ severity: 'note' }]);
    }
    await lease.release();
  });
});
