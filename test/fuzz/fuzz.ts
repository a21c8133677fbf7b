import { bytesEqual, concatBytes, toHex } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { rawOf } from '../../src/asn1/codec.ts';
import { decodeMessage, type PKIMessage } from '../../src/cmp/message/pki-message.ts';
import { computeMac, isMac } from '../../src/cmp/protection/mac.ts';
import { assembleMessage } from '../../src/cmp/protection/protect.ts';
import { receivedProtectedPart } from '../../src/cmp/protection/protected-part.ts';
import { verifyResponse } from '../../src/cmp/protection/verify.ts';
import { inspectDer } from '../../src/inspect/inspect.ts';
import { formatTree } from '../../src/inspect/node.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { diceFor } from './dice.ts';
import { mutate } from './mutate.ts';
import type { Seed } from './seeds.ts';

/** How much is tried, and with which chance. */
export interface FuzzOptions {
  readonly seeds: readonly Seed[];
  readonly seed: number;
  readonly cases: number;
  readonly firstCase?: number;
  /** Processor time of one case, in milliseconds: longer is a failure. */
  readonly maxCaseMs?: number;
  /** Memory of the process, in octets: more is a failure. */
  readonly maxRss?: number;
  /** Called now and then with the number of cases done. */
  readonly onProgress?: (done: number, result: FuzzResult) => void;
}

/** A case that went as it must not. */
export interface FuzzFailure {
  readonly caseNumber: number;
  /** Name of the message that was changed. */
  readonly seedName: string;
  readonly what: string;
  readonly hex: string;
}

/** What came of a run. */
export interface FuzzResult {
  cases: number;
  /** Changed messages that could still be decoded. */
  decoded: number;
  /** Changed messages that verified: only their extraCerts differ. */
  accepted: number;
  /** Changed messages protected anew, by a CA gone bad. */
  protectedAnew: number;
  dialogues: number;
  maxCaseMs: number;
  maxRss: number;
  /** How often each code was thrown. */
  readonly codes: Map<string, number>;
  readonly failures: FuzzFailure[];
}

/** A run with more failures than these stops: they are all the same. */
const MAX_FAILURES = 20;
const PROGRESS_CASES = 1000;

/**
 * Try changed messages on everything that reads what a peer sends. Each case has chance of its own, so that
 * seed and number of a case say which it was.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { firstCase = 0, cases, maxCaseMs = Infinity, maxRss = Infinity } = options;
  const result: FuzzResult = {
    cases: 0,
    decoded: 0,
    accepted: 0,
    protectedAnew: 0,
    dialogues: 0,
    maxCaseMs: 0,
    maxRss: 0,
    codes: new Map(),
    failures: [],
  };
  for (let caseNumber = firstCase; caseNumber < firstCase + cases; caseNumber++) {
    const begun = processorMs();
    const tried = await tryCase(caseNumber, options, result);
    const tookMs = processorMs() - begun;
    result.cases++;
    result.maxCaseMs = Math.max(result.maxCaseMs, tookMs);
    if (tookMs > maxCaseMs) tried.fail(`it took ${Math.round(tookMs)} ms`);
    if (result.cases % PROGRESS_CASES === 0 || result.cases === cases) {
      result.maxRss = Math.max(result.maxRss, process.memoryUsage.rss());
      if (result.maxRss > maxRss) tried.fail(`the process has ${result.maxRss} octets of memory`);
      options.onProgress?.(result.cases, result);
    }
    if (result.failures.length >= MAX_FAILURES) break;
  }
  return result;
}

/** This thread's, so that a busy machine is not taken for a slow decoder. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

interface Tried {
  fail(what: string): void;
}

async function tryCase(
  caseNumber: number,
  { seeds, seed: runSeed }: FuzzOptions,
  result: FuzzResult,
): Promise<Tried> {
  const dice = diceFor(runSeed, caseNumber);
  const seed = dice.any(seeds);
  const other = dice.any(seeds);
  if (!seed || !other) throw new Error('There is nothing to change');
  let der = mutate(seed.der, other.der, dice);
  const tried: Tried = {
    fail: (what) =>
      result.failures.push({ caseNumber, seedName: seed.name, what, hex: toHex(der) }),
  };
  const guard = (what: string, run: () => void): void => {
    try {
      run();
    } catch (error) {
      blame(what, error);
    }
  };
  function blame(what: string, error: unknown): void {
    if (error instanceof CertError && error.code !== 'INTERNAL') {
      result.codes.set(error.code, (result.codes.get(error.code) ?? 0) + 1);
      return;
    }
    tried.fail(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
  }

  const isAnew = dice.oneIn(2) && seed.expected.secret !== undefined;
  if (isAnew) {
    const anew = protectedAnew(der, seed.expected.secret);
    if (anew) {
      der = anew;
      result.protectedAnew++;
    }
  }
  guard('decodeMessage', () => {
    const message = decodeMessage(der);
    result.decoded++;
    guard('verifyResponse', () => {
      verifyResponse(message, seed.expected);
      result.accepted++;
      if (!isAnew && !isAsProtected(message, seed)) {
        tried.fail('verifyResponse accepted a message that was changed under its protection');
      }
    });
  });
  if (dice.oneIn(4)) guard('inspectDer', () => void formatTree(inspectDer(der)));
  if (seed.part && dice.oneIn(2)) {
    const { dialogue, index } = seed.part;
    result.dialogues++;
    try {
      const ending = await dialogue.replay(dialogue.answers.with(index, der));
      const isForged = !isAnew && !isAsProtected(decodeMessage(der), seed);
      if (isForged && ending.type !== 'waiting') {
        tried.fail(`the client ended as ${ending.type} by a message changed under its protection`);
      }
    } catch (error) {
      blame('client', error);
    }
  }
  return tried;
}

/** Tell whether protected part and protection are those of the message that was changed. */
function isAsProtected(message: PKIMessage, { der, isAnswer }: Seed): boolean {
  const original = decodeMessage(der);
  return (
    isAnswer &&
    bytesEqual(receivedProtectedPart(message), receivedProtectedPart(original)) &&
    bytesEqual(message.protection ?? nothing, original.protection ?? nothing)
  );
}

const nothing = new Uint8Array();

/** Protect what a peer who knows the secret made of a message; undefined when it cannot be decoded. */
function protectedAnew(der: Uint8Array, secret: Uint8Array = nothing): Uint8Array | undefined {
  try {
    const message = decodeMessage(der);
    const { protectionAlg } = message.header;
    if (!protectionAlg || !isMac(protectionAlg)) return undefined;
    const part = receivedProtectedPart(message);
    return assembleMessage({
      headerDer: rawOf(message.header),
      bodyDer: concatBytes(rawOf(message.body)),
      protection: computeMac(protectionAlg, secret, part, { allowLegacy: true }),
      extraCerts: (message.extraCerts ?? []).map(certificateDer),
    });
  } catch (error) {
    if (error instanceof CertError) return undefined;
    throw error;
  }
}
