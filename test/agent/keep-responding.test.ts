import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { composeValidation } from '../../src/agent/compose-validation.ts';
import { examineResponder } from '../../src/agent/doctor-responder.ts';
import { becomeAgent } from '../../src/agent/agent-lease.ts';
import { keepResponding, type Responding } from '../../src/agent/keep-responding.ts';
import type { Log } from '../../src/base/log.ts';
import { removeResponder, setResponder } from '../../src/lifecycle/set-responder.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { makeSite, type Site } from '../lifecycle/site.ts';

interface Agent {
  readonly site: Site;
  readonly responding: Responding;
  readonly lines: readonly string[];
  /** Have it answer on a port; it takes that up at the next look. */
  set(port: number): Promise<void>;
}

async function agent(port?: number): Promise<Agent> {
  const site = await makeSite({ othersLive: true });
  const { context } = site;
  const set = (at: number): Promise<void> =>
    setResponder(context, {
      address: '127.0.0.1',
      port: at,
      isOpen: false,
      forCa: [],
      passesNonces: false,
    });
  if (port !== undefined) await set(port);
  const lines: string[] = [];
  const log: Log = {
    debug() {},
    info: (line) => lines.push(line),
    warn: (line) => lines.push(line),
  };
  const validation = composeValidation({
    ...context,
    retrieve: () => Promise.reject(new Error('nothing is retrieved')),
  });
  const responding = await keepResponding({ ...context, log, validation });
  onTestFinished(() => responding.close());
  return { site, responding, lines, set };
}

/** Take a port until the test is over, or what is returned is called. */
async function occupied(): Promise<{ readonly port: number; free(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const free = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  onTestFinished(free);
  return { port: typeof address === 'object' && address ? address.port : 0, free };
}

const nobody = async (): Promise<undefined> => undefined;

const status = async (url: string): Promise<number> => (await fetch(url)).status;

describe('keepResponding()', () => {
  it('answers where that is set, elsewhere once it is set otherwise, and nowhere when it is taken away', async () => {
    const { responding, site, set } = await agent();
    expect(responding.url()).toBeUndefined();
    const [first, second] = [await unusedPort(), await unusedPort()];
    await set(first);
    await responding.refresh();
    const url = responding.url() ?? '';
    expect(url).toBe(`http://127.0.0.1:${first}/`);
    expect(await status(url)).toBe(200);
    await set(second);
    await Promise.all([responding.refresh(), responding.refresh()]);
    expect(responding.url()).toBe(`http://127.0.0.1:${second}/`);
    await expect(status(url)).rejects.toThrow(/fetch failed/);
    await removeResponder(site.context);
    await responding.refresh();
    expect(responding.url()).toBeUndefined();
    await expect(status(`http://127.0.0.1:${second}/`)).rejects.toThrow(/fetch failed/);
  });

  it('says once that a port is taken, and answers there when it is free', async () => {
    const { port, free } = await occupied();
    const { responding, lines } = await agent(port);
    await responding.refresh();
    expect(responding.url()).toBeUndefined();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/Cannot answer OCSP requests on port \d+: .*; Choose another port/);
    await free();
    await responding.refresh();
    expect(responding.url()).toBe(`http://127.0.0.1:${port}/`);
  });

  it('answers no more once it is closed', async () => {
    const port = await unusedPort();
    const { responding } = await agent(port);
    await responding.close();
    await responding.refresh();
    await expect(status(`http://127.0.0.1:${port}/`)).rejects.toThrow(/fetch failed/);
  });
});

describe('doctor, of the responder', () => {
  it('has nothing to say where none is set, misses an agent, and one that does not listen', async () => {
    const { site, set } = await agent();
    const { context } = site;
    expect(await examineResponder(context, nobody)).toEqual([]);
    await set(8889);
    expect(await examineResponder(context, nobody)).toMatchObject([
      { check: 'responder', severity: 'error', text: expect.stringContaining('no agent runs') },
    ]);
    const lease = await becomeAgent(context);
    expect(await examineResponder(context, async () => ({ runs: 1 }))).toMatchObject([
      { severity: 'error', text: expect.stringContaining('does not listen') },
    ]);
    expect(
      await examineResponder(context, async () => ({ responder: 'http://127.0.0.1:8889/' })),
    ).toMatchObject([{ severity: 'ok', text: expect.stringContaining('http://127.0.0.1:8889/') }]);
    expect(await examineResponder(context, nobody)).toMatchObject([{ severity: 'note' }]);
    await lease.release();
  });
});
