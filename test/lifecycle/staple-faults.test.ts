import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ocspFaults } from '../../src/ca/ocsp-fault.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { stapleCertificate } from '../../src/lifecycle/staple-certificate.ts';
import { stapleHash } from '../../src/lifecycle/staple-versions.ts';
import { exchangeOcsp } from '../../src/validation/ocsp-send.ts';
import { within } from '../../src/validation/time-limit.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { makeSite, named, request } from './site.ts';
import { endpoint } from './stapled-site.ts';

const gw1 = named('gw1');

/** What keeps whoever asks waiting until he gives up. */
const endless: ReadonlySet<string> = new Set(['silence', 'slow', 'dripping']);

/** Longer than a responder is waited for. */
const PATIENCE_SECONDS = 11;

/** The hours after a response came when somebody looks what is served: responses are good for 24. */
const looks = [19, 23.5, 24, 26] as const;
/** From here on the responder is right again. */
const HEALED_AFTER = 24;

/** An agent's stapling of one certificate, over HTTP to the responder of a lab, at an endpoint that is only remembered. */
async function bench() {
  const clock = fakeClock(undefined, 'waits');
  const site = await makeSite({ lab: { ocsp: true }, clock });
  const { responder } = site.lab;
  const { close } = await site.lab.listen(0);
  onTestFinished(close);
  let served: Uint8Array | undefined;
  const context: LifecycleContext = {
    ...site.context,
    staples: {
      ask: (query, sending) =>
        within(clock, 10_000, sending.signal, (signal) =>
          exchangeOcsp(query, { ...sending, signal }),
        ),
      async publish(_, { staple }) {
        served = staple;
        return { isChanged: true };
      },
      look: async () => undefined,
    },
  };
  await initialize(context, request());
  await site.store.staples.putEndpoint(gw1, endpoint('web'));
  return {
    responder,
    served: () => served && stapleHash(served),
    async staple(byHand: boolean): Promise<void> {
      await stapleCertificate(context, gw1, { byHand });
    },
    /** The same, where it is waited for an answer in vain. */
    async stapleInVain(): Promise<void> {
      const before = responder.requests().total;
      let isOver = false;
      const stapling = stapleCertificate(context, gw1).finally(() => (isOver = true));
      const isWaiting = (): boolean => isOver || responder.requests().total > before;
      await expect.poll(isWaiting, { interval: 5 }).toBe(true);
      await clock.advance(PATIENCE_SECONDS);
      await stapling;
    },
    /** Begin with a new response; then tell what is served at each look while the responder does a fault. */
    async through(fault: string): Promise<readonly string[]> {
      await responder.heal();
      await this.staple(true);
      const first = this.served();
      await responder.inject(fault);
      const seen: string[] = [];
      let hours = 0;
      for (const look of looks) {
        if (hours === HEALED_AFTER) await responder.heal();
        await clock.advance((look - hours) * 3600);
        const isInVain = endless.has(fault) && hours < HEALED_AFTER;
        await (isInVain ? this.stapleInVain() : this.staple(false));
        const now = this.served();
        seen.push(now === undefined ? 'none' : now === first ? 'old' : 'new');
        hours = look;
      }
      return seen;
    },
  };
}

/** The rows of docs/stapling-faults.md: what is served, by fault. */
function documented(): Readonly<Record<string, readonly string[]>> {
  const page = readFileSync(join(import.meta.dirname, '../../docs/stapling-faults.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)];
  return Object.fromEntries(rows.map(([, name = '', cells = '']) => [name, cells.split(' | ')]));
}

describe('what is served while a responder does wrong', () => {
  it('is what docs/stapling-faults.md says, for every fault of the lab', async () => {
    const made = await bench();
    const found: Record<string, readonly string[]> = {};
    for (const fault of Object.keys(ocspFaults)) found[fault] = await made.through(fault);
    expect(found).toEqual(documented());
  }, 60_000);
});
