import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseLabel } from '../../src/base/label.ts';
import { openCertkeeper, parseName } from '../../src/index.ts';
import { stapleHash } from '../../src/lifecycle/staple-versions.ts';
import { storedCertificate } from '../../src/lifecycle/stored-certificate.ts';
import { verifyStaple } from '../../src/ocsp-staple/verify.ts';
import { seeded } from '../harness/seeded.ts';
import { makeProcesses, type Processes } from './agent-processes.ts';

/** How agents are killed. */
export interface StapleKilling {
  readonly kills: number;
  readonly seed: number;
  /** Certificates, each with one endpoint. */
  readonly names: number;
}

/** What came of it. */
export interface StapleTally {
  readonly kills: number;
  /** Different responses that were seen in files. */
  readonly responses: number;
  /** What must hold and did not. */
  readonly violations: readonly string[];
}

/** A response that ends after so long is asked for again each minute, which is as often as an agent asks. */
const VALIDITY = '100s';

/** At most this long an agent lives after it has said that it runs: by then all of it is done, mostly. */
const LONGEST_MS = 250;

/** Nobody is waited for longer than this, however slow the machine is. */
const PATIENCE_MS = 60_000;

/**
 * Kill an agent while it refreshes responses and puts them into files, and look each time at what stands there. Before each
 * start everything is due again, so that there is something to do.
 */
export async function killStapling(how: StapleKilling): Promise<StapleTally> {
  const random = seeded(how.seed);
  const processes = makeProcesses();
  const violations: string[] = [];
  const seen = new Set<string>();
  const place = join(processes.home, 'staples');
  mkdirSync(place);
  const names = Array.from({ length: how.names }, (_, i) => `gw${i}`);
  try {
    await processes.lab('--ocsp', 'on', '--ocsp-validity', VALIDITY);
    await processes.know();
    await furnish(processes, names, place);
    const looking = { processes, names, place, seen };
    violations.push(...(await liveInPeace(looking)));
    for (let kill = 1; kill <= how.kills; kill++) {
      await makeDue(processes, names);
      const agent = processes.agent();
      if (random.below(5) === 0) await pause(random.below(LONGEST_MS));
      else {
        await agent.until('The agent runs');
        await pause(random.below(LONGEST_MS));
      }
      const code = await agent.end('SIGKILL');
      if (code !== null) violations.push(`kill ${kill}: it ended with ${code}: ${agent.err()}`);
      violations.push(...(await look(looking)).map((each) => `kill ${kill}: ${each}`));
    }
    await makeDue(processes, names);
    violations.push(...(await liveInPeace(looking)));
    return { kills: how.kills, responses: seen.size, violations };
  } finally {
    await processes.close();
  }
}

/** Let an agent do all there is to do. @returns what is wrong then */
async function liveInPeace(looking: Looking): Promise<readonly string[]> {
  const agent = looking.processes.agent();
  const until = Date.now() + PATIENCE_MS;
  let wrong: readonly string[] = ['there was no time'];
  while (Date.now() < until && wrong.length > 0) {
    await pause(100);
    wrong = await look(looking, 'all');
  }
  await agent.end('SIGTERM');
  return wrong;
}

async function furnish(
  processes: Processes,
  names: readonly string[],
  place: string,
): Promise<void> {
  const keeper = await openCertkeeper({ stateDirectory: processes.state });
  try {
    for (const text of names) {
      const name = parseLabel(text, 'cert-name');
      const { type } = await keeper.initialize({
        name,
        wanted: { subject: parseName(`CN=${name}`), subjectAltNames: [] },
        key: { type: 'generate', keyType: 'p-256' },
        credential: { type: 'mac' },
        waitSeconds: 0,
      });
      if (type !== 'issued') throw new Error(`The first request ended as ${type}`);
      const target = { type: 'file', file: fileOf(place, text) } as const;
      await keeper.store.staples.putEndpoint(name, { label: parseLabel('file', 'to'), target });
    }
  } finally {
    await keeper.close();
  }
}

/** Time cannot be waited for: what is kept is asked for now. */
async function makeDue(processes: Processes, names: readonly string[]): Promise<void> {
  const keeper = await openCertkeeper({ stateDirectory: processes.state });
  try {
    const { store } = keeper;
    for (const name of names) {
      for (const kept of await store.staples.of(name)) {
        await store.staples.put({ ...kept, nextAt: new Date() });
      }
    }
    await store.schedule.wake();
  } finally {
    await keeper.close();
  }
}

interface Looking {
  readonly processes: Processes;
  readonly names: readonly string[];
  readonly place: string;
  /** Hashes of what was in files. */
  readonly seen: Set<string>;
}

/**
 * In each file is one whole response, verified, which is what is kept, or the one before that.
 *
 * @param when `all`: and it is what is kept, the endpoint was told of it, and nothing is due
 */
async function look(
  { processes, names, place, seen }: Looking,
  when: 'at work' | 'all' = 'at work',
): Promise<readonly string[]> {
  const keeper = await openCertkeeper({ stateDirectory: processes.state });
  const found: string[] = [];
  try {
    const { certificates, staples } = keeper.store;
    for (const name of names) {
      const complain = (what: string): void => void found.push(`"${name}" ${what}`);
      const record = await certificates.current(name);
      if (record === undefined) throw new Error(`There is no certificate "${name}"`);
      const kept = (await staples.get(stapleHash(record.der)))?.held;
      const [endpoint] = await staples.endpoints(name);
      const told = endpoint?.published?.staple;
      const file = fileOf(place, name);
      if (!existsSync(file)) {
        if (told !== undefined) complain('was told, and has no file');
        if (when === 'all') complain('has no file');
        continue;
      }
      const octets = Uint8Array.from(readFileSync(file));
      const hash = stapleHash(octets);
      const [issuer] = record.chain;
      if (!issuer || !kept) {
        complain('has a file, and nothing is kept');
        continue;
      }
      const subject = {
        certificate: storedCertificate(record.der, name),
        issuer: storedCertificate(issuer, name),
      };
      // At its own time: it may have ended since, which is none of a kill's doing.
      const verdict = verifyStaple(octets, subject, { url: '' }, kept.fetchedAt);
      if (verdict.type !== 'good') complain(`has ${octets.length} octets that are ${verdict.type}`);
      const isNewest = hash === stapleHash(kept.der);
      if (!isNewest && !seen.has(hash)) complain('has what was never kept');
      seen.add(hash);
      if (when === 'at work') continue;
      if (!isNewest || told !== hash) complain('has not what is kept and told');
      const due = (await staples.get(stapleHash(record.der)))?.nextAt ?? new Date(0);
      if (due <= new Date()) complain('is still due');
    }
    return found;
  } finally {
    await keeper.close();
  }
}

function fileOf(place: string, name: string): string {
  return join(place, `${name}.der`);
}
