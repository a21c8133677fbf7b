import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { composeValidation } from '../../../src/agent/compose-validation.ts';
import { compose, type Services } from '../../../src/agent/compose.ts';
import { systemClock } from '../../../src/agent/system-clock.ts';
import type { Clock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { run as runLine } from '../../../src/cli/run.ts';
import { parseSecretSource, resolveSecret } from '../../../src/cli/secret.ts';
import { resolvePolicy, type PolicyChoice } from '../../../src/lifecycle/validation-policies.ts';
import { validatePeer } from '../../../src/validation/check-peer.ts';
import type {
  PeerVerdict,
  ValidationEvent,
  ValidationPolicy,
} from '../../../src/validation/contract.ts';
import { certificateDer, type Certificate } from '../../../src/x509/certificate.ts';
import { fakeIo } from '../../cli/fake-io.ts';
import { main } from '../openssl/command-line.ts';

/** What was judged, as a matrix has it. */
export interface Judged {
  readonly verdict: 'accept' | 'reject';
  readonly reasons: readonly string[];
  /** Of which certificate each reason is, from the peer's own. */
  readonly depths: readonly (number | undefined)[];
  readonly warnings: readonly string[];
}

/** Say it in the one word of a matrix: the reason, or with an acceptance the warning in brackets. */
export function saidIn({
  verdict,
  reasons,
  warnings,
}: Pick<Judged, 'verdict' | 'reasons' | 'warnings'>): string {
  const all = verdict === 'accept' ? ['good', ...warnings.map((code) => `(${code})`)] : reasons;
  return all.join(' ');
}

/** What the program made of a peer. */
export interface ByProgram extends Judged {
  readonly code: number | null;
  /** Everything it printed. */
  readonly printed: string;
}

/** How one peer is judged in this process. */
export interface Judging {
  readonly choice: PolicyChoice;
  readonly peer: Certificate;
  /** A response that it stapled. */
  readonly staple?: Uint8Array;
  /** In the policy that the choice leads to. */
  readonly change?: (policy: ValidationPolicy) => ValidationPolicy;
  readonly clock?: Clock;
  /** Longest file that is fetched. */
  readonly maxBytes?: number;
}

/** A state directory with what is set up in it. */
export interface Site {
  readonly state: string;
  /** Run command lines in this process, each of which must work. */
  say(...lines: readonly string[]): Promise<void>;
  /** Call use cases in this process. */
  within<T>(work: (services: Services) => Promise<T>): Promise<T>;
  /** Judge a peer with nothing kept in memory from before. */
  judge(judging: Judging): Promise<Judged & { readonly events: readonly ValidationEvent[] }>;
  /** Judge a peer by the program, in a process of its own. */
  verify(words: readonly string[]): Promise<ByProgram>;
  /** The same settings, and nothing held. */
  copy(): Site;
  close(): void;
}

/** Make one. @param env where its secrets are */
export function makeSite(env: Readonly<Record<string, string>> = {}): Site {
  return siteAt(mkdtempSync(join(tmpdir(), 'certkeeper-site-')), env);
}

function siteAt(state: string, env: Readonly<Record<string, string>>): Site {
  const io = () => fakeIo({ env: { ...env, CERTKEEPER_STATE: state } });
  const open = (clock: Clock) =>
    compose({
      stateDirectory: state,
      log: silentLog,
      clock,
      pin: (source, what) =>
        resolveSecret(parseSecretSource(source, what), what, { io: io(), log: silentLog }),
    });
  return {
    state,
    async say(...lines) {
      for (const line of lines) {
        const outside = io();
        const code = await runLine(line.split(' '), outside, () => open(systemClock));
        expect({ line, code, err: outside.err() }).toEqual({
          line,
          code: 0,
          err: expect.any(String),
        });
      }
    },
    async within(work) {
      const services = await open(systemClock);
      try {
        return await work(services);
      } finally {
        await services.close();
      }
    },
    async judge({ choice, peer, staple, maxBytes, ...judging }) {
      const { change = (policy) => policy, clock = systemClock } = judging;
      const services = await open(clock);
      const events: ValidationEvent[] = [];
      try {
        const policy = change(await resolvePolicy(services.store, choice));
        const fetching = {
          ...services,
          retrieve: (url: string, options: Parameters<typeof services.retrieve>[1]) =>
            services.retrieve(url, {
              ...options,
              ...(maxBytes !== undefined && { limits: { ...options?.limits, maxBytes } }),
            }),
        };
        const { context } = composeValidation(fetching, { tell: (event) => events.push(event) });
        const shown = { chain: [certificateDer(peer)], ...(staple && { staple }) };
        const never = new AbortController().signal;
        const verdict = await validatePeer(context, policy, shown, clock.now(), never);
        return { ...judgedOf(verdict), events };
      } finally {
        await services.close();
      }
    },
    async verify(words) {
      const { code, out, err } = await runProgram(state, ['--json', 'verify', ...words], env);
      if (!out.startsWith('{')) throw new Error(`no verdict: ${err}`);
      const verdict: Pick<PeerVerdict, 'verdict' | 'reasons' | 'warnings'> = JSON.parse(out);
      return { ...judgedOf(verdict), code, printed: out + err };
    },
    copy() {
      const copied = mkdtempSync(join(tmpdir(), 'certkeeper-site-'));
      cpSync(state, copied, { recursive: true });
      return siteAt(copied, env);
    },
    close: () => rmSync(state, { recursive: true, force: true }),
  };
}

function judgedOf({
  verdict,
  reasons,
  warnings,
}: Pick<PeerVerdict, 'verdict' | 'reasons' | 'warnings'>): Judged {
  return {
    verdict,
    reasons: reasons.map(({ code }) => code),
    depths: reasons.map(({ depth }) => depth),
    warnings: warnings.map(({ code }) => code),
  };
}

const built = join(import.meta.dirname, '../../../dist/cli/main.js');

/** What was just built starts in a third of the time, and is what operators have. */
const program = process.env['CERTKEEPER_BUILT'] !== undefined && existsSync(built) ? built : main;

function runProgram(
  state: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [program, '--state', state, ...argv], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}
