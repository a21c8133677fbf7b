import { setTimeout as pause } from 'node:timers/promises';
import { parseLabel } from '../../src/base/label.ts';
import { openCertkeeper, parseName, type Certkeeper } from '../../src/index.ts';
import { timeOf } from '../../src/x509/time.ts';
import { seeded } from '../harness/seeded.ts';
import { agentJudge, type AgentJudge } from './agent-judge.ts';
import { pairwise } from './casualty.ts';
import { makeProcesses, type Processes, type Running } from './agent-processes.ts';

/** How agents are killed. */
export interface Killing {
  readonly kills: number;
  readonly seed: number;
  /** How much there is to do, and how much time for it. */
  readonly pace?: Partial<Pace>;
  /** Told after each kill. */
  readonly onKill?: (tally: Tally) => void;
  /** Ends it before its time; what was done until then is judged all the same. */
  readonly signal?: AbortSignal;
}

/** How much there is to do for an agent, and how much time for it. */
export interface Pace {
  /** Certificates to look after. */
  readonly names: number;
  /** Renewed after two thirds of it, with time for a few killed agents until the end. */
  readonly validitySeconds: number;
  /** At most this long an agent lives after it has said that it runs, unless something is urgent. */
  readonly longestMs: number;
  /** A certificate that an agent did not renew while it lived for so many looks is its fault. */
  readonly looks: number;
}

/** Two renewals in three seconds, and as many polls: an agent is about as often at work as not when it is killed. */
export const usualPace: Pace = { names: 24, validitySeconds: 48, longestMs: 400, looks: 200 };

/** What came of it. */
export interface Tally {
  readonly kills: number;
  /** Kills of an agent that had not said yet that it runs. */
  readonly early: number;
  /** Kills that left a request outstanding, and those that left a certificate undelivered. */
  readonly outstanding: number;
  readonly undelivered: number;
  /** Issued by the lab, and of these by a renewal. */
  readonly issued: number;
  readonly renewals: number;
  /** Issued, and not confirmed, or refused; the lab knows it. */
  readonly refused: number;
  /** Ended while no agent lived for long enough to renew them. */
  readonly lapsed: number;
  /** What must hold and did not. */
  readonly violations: readonly string[];
}

/** When the first one is to be renewed; the others follow evenly, so that there is always something to do. */
const firstMs = 7000;

/** No agent is killed while a certificate is as close to its end as this. */
const graceMs = 9000;

/** How often the one who kills looks at his watch. */
const lookMs = 50;

/** How long the last agent lives, before what is left is done by hand. */
const lastMs = 2400;

/** Most agents say that they run after this. */
const startMs = 400;

/**
 * Kill an agent again and again, at instants that a seed decides: agent and lab are processes, their certificates live
 * for less than a minute. Each renewal waits for the CA once, and is confirmed.
 */
export async function killAgents({ kills, seed, onKill, signal, ...how }: Killing): Promise<Tally> {
  const random = seeded(seed);
  const pace = { ...usualPace, ...how.pace };
  const processes = makeProcesses();
  const counts = { kills: 0, early: 0, outstanding: 0, undelivered: 0 };
  try {
    const first = await processes.lab();
    await processes.know();
    await enrol(processes, pace);
    await first.end('SIGTERM');
    const lab = `--validity ${pace.validitySeconds}s --polls 1 --check-after 1s --implicit-confirm no`;
    const { child } = await processes.lab(...lab.split(' '));
    const judge = agentJudge(processes, pace.looks);
    const tally = (): Tally => ({ ...counts, ...judge.tally() });
    try {
      while (counts.kills < kills) {
        if (signal?.aborted === true) break;
        if (child.exitCode !== null) throw new Error('The lab has ended');
        const agent = processes.agent();
        const isEarly = random.below(5) === 0;
        if (isEarly) await pause(random.below(startMs));
        else await live(agent, random.below(pace.longestMs), judge);
        const code = await agent.end('SIGKILL');
        if (code !== null) throw new Error(`The agent ended with ${code}: ${agent.err()}`);
        judge.died();
        counts.kills++;
        const left = judge.left();
        if (isEarly) counts.early++;
        if (left.outstanding > 0) counts.outstanding++;
        if (left.undelivered > 0) counts.undelivered++;
        judge.look();
        onKill?.(tally());
      }
      const last = processes.agent();
      await live(last, lastMs, judge);
      const code = await last.end('SIGTERM');
      if (code !== 0) throw new Error(`The last agent ended with ${code}: ${last.err()}`);
      judge.died();
      await finish(processes, judge.unsettled());
      await judge.end();
      return tally();
    } finally {
      judge.close();
    }
  } finally {
    await processes.close();
  }
}

/** Let an agent live for so long, and for longer while a certificate is near its end. */
async function live(agent: Running, ms: number, judge: AgentJudge): Promise<void> {
  await agent.until('The agent runs');
  const until = Date.now() + ms;
  // Who was renewed too late stays so: an agent is not waited for without end.
  const latest = until + 3 * graceMs;
  while (Date.now() < until || (judge.isUrgent(graceMs) && Date.now() < latest)) {
    await pause(lookMs);
    judge.alive();
  }
}

async function enrol(processes: Processes, { names, validitySeconds }: Pace): Promise<void> {
  const renewedAfterMs = (validitySeconds * 1000 * 2) / 3;
  await withKeeper(processes, async (keeper) => {
    // Everything is to be there at the end.
    await keeper.store.settings.set('history-limit', '1000000');
    await keeper.store.settings.set('versions-kept', '1000000');
    const begun = Date.now();
    const all = Array.from({ length: names }, (_, i) => ({ name: `gw${i}`, part: i / names }));
    await pairwise(all, async ({ name: text, part }) => {
      const name = parseLabel(text, 'cert-name');
      const renewMs = firstMs + part * renewedAfterMs;
      const endMs = Math.max(renewMs * 1.5, renewMs + validitySeconds * 1000 - renewedAfterMs);
      // A lifetime of which the last third begins at the moment of the renewal, as far as it begins in the past.
      const notAfter = timeOf(new Date(begun + endMs));
      const notBefore = timeOf(new Date(begun + Math.min(0, endMs - 3 * (endMs - renewMs))));
      const subject = parseName(`CN=${name}`);
      const { type } = await keeper.initialize({
        name,
        wanted: { subject, subjectAltNames: [], validity: { notBefore, notAfter } },
        key: { type: 'generate', keyType: 'p-256' },
        credential: { type: 'mac' },
        waitSeconds: 0,
      });
      if (type !== 'issued') throw new Error(`The first request ended as ${type}`);
      await keeper.store.nameSettings.set(name, 'auto-update-days', '1');
    });
  });
}

/** Do what the last agent has left for the next. */
async function finish(processes: Processes, left: readonly string[]): Promise<void> {
  await withKeeper(processes, async (keeper) => {
    for (const name of left)
      await keeper.poll({ name: parseLabel(name, 'cert-name'), waitSeconds: 30 });
  });
}

async function withKeeper(
  { state }: Processes,
  work: (keeper: Certkeeper) => Promise<void>,
): Promise<void> {
  const keeper = await openCertkeeper({ stateDirectory: state });
  try {
    await work(keeper);
  } finally {
    await keeper.close();
  }
}
