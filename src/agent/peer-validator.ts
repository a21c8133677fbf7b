import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { checkedPeerPolicy, type PeerPolicy } from '../lifecycle/peer-policy.ts';
import { resolvePolicy } from '../lifecycle/validation-policies.ts';
import type { StoreKeySource } from '../store/store-key.ts';
import { validatePeer } from '../validation/check-peer.ts';
import type {
  PeerToJudge,
  PeerVerdict,
  ValidationEvents,
  ValidationPolicy,
} from '../validation/contract.ts';
import { memoryCrls } from '../validation/memory-crls.ts';
import { policyFor, type JudgeOptions, type PeerValidator } from '../validation/peer-validator.ts';
import { compose } from './compose.ts';
import {
  composeValidation,
  validationOn,
  type ValidationGround,
  type ValidationOptions,
  type ValidationParts,
} from './compose-validation.ts';
import { systemClock } from './system-clock.ts';
import { systemRandom } from './system-random.ts';

/** What both ways to judge have. */
interface AnyValidator {
  /** Told what happens, for counters and logs; whatever it throws is the caller's. */
  readonly tell?: ValidationEvents;
  readonly clock?: Clock;
  readonly random?: Random;
  /** For the OCSP results that are kept, in octets; 4 MiB when absent. */
  readonly ocspOctets?: number;
}

/** A policy that is given, and CRLs in memory. */
export interface ValidatorInMemory extends AnyValidator {
  readonly policy: PeerPolicy;
  /** For CRLs that were verified, in octets; `defaultCrlOctets` when absent. */
  readonly crlOctets?: number;
}

/** A policy by its name, and CRLs in a state directory, beside commands and a running agent. */
export interface ValidatorOfStore extends AnyValidator {
  /** Absolute. */
  readonly stateDirectory: string;
  /** Name of the policy, as `crypto map` or `crypto template` set it; found anew for each peer. */
  readonly policy: string;
  /** `store.key` in the state directory when absent. */
  readonly storeKey?: StoreKeySource;
}

/** Two of the largest CRLs of public CAs. */
export const defaultCrlOctets: number = 128 * 1024 * 1024;

/**
 * Make what judges peers by one policy: without a store by a policy that is given, or by the name of one in a state
 * directory.
 *
 * @throws {CertError} CONFIG_INVALID for a policy that could never work, or that is not there; whatever keeps a store
 *   from being opened
 */
export async function peerValidator(
  options: ValidatorInMemory | ValidatorOfStore,
): Promise<PeerValidator> {
  return 'stateDirectory' in options ? await ofStore(options) : inMemory(options);
}

function inMemory({
  policy: given,
  tell,
  clock = systemClock,
  random = systemRandom,
  crlOctets = defaultCrlOctets,
  ocspOctets,
}: ValidatorInMemory): PeerValidator {
  const { policy, crls } = checkedPeerPolicy(given);
  const { anchors, intermediates } = policy.path;
  const ground: ValidationGround = {
    store: memoryCrls(crlOctets),
    clock,
    random,
    configured: async () => crls,
    async fetchConfigured(url, limits) {
      const { retrieve } = await import('../retrieval/retrieve.ts');
      return await retrieve(url, limits);
    },
    cas: async () => ({ anchors, intermediates }),
  };
  return validator({
    clock,
    compose: (how) =>
      validationOn(ground, { ...how, ...limitsOf(ocspOctets), ...(tell && { tell }) }),
    policy: async () => policy,
    close: async () => {},
  });
}

function limitsOf(ocspOctets: number | undefined): Pick<ValidationOptions, 'ocspOctets'> {
  return ocspOctets === undefined ? {} : { ocspOctets };
}

async function ofStore(options: ValidatorOfStore): Promise<PeerValidator> {
  const { policy: name, stateDirectory, storeKey, tell, clock, random, ocspOctets } = options;
  const services = await compose({
    stateDirectory,
    log: silentLog,
    ...(storeKey && { storeKey }),
    ...(clock && { clock }),
    ...(random && { random }),
  });
  const policy = (): Promise<ValidationPolicy> => resolvePolicy(services.store, { name });
  try {
    await policy();
  } catch (error) {
    await services.close();
    throw error;
  }
  return validator({
    clock: services.clock,
    compose: (how) =>
      composeValidation(services, { ...how, ...limitsOf(ocspOctets), ...(tell && { tell }) }),
    policy,
    close: () => services.close(),
  });
}

interface Parts {
  readonly clock: Clock;
  compose(how: Pick<ValidationOptions, 'at'>): ValidationParts;
  policy(): Promise<ValidationPolicy>;
  close(): Promise<void>;
}

function validator({ clock, compose: make, policy, close }: Parts): PeerValidator {
  const { context } = make({});
  const under = new Map<AbortController, Promise<unknown>>();
  let isClosed = false;
  const judge = async (
    peer: PeerToJudge,
    { at, purpose }: JudgeOptions,
    signal: AbortSignal,
  ): Promise<PeerVerdict> => {
    let found: ValidationPolicy;
    try {
      found = policyFor(await policy(), purpose);
    } catch (error) {
      // An operator has removed it since, or the store cannot be read: nobody is accepted by that.
      return failed(error);
    }
    return await validatePeer(
      at ? make({ at }).context : context,
      found,
      peer,
      at ?? clock.now(),
      signal,
    );
  };
  return {
    async validatePeer(peer, how = {}) {
      if (isClosed) {
        throw new CertError('USAGE_INVALID', 'Cannot judge a peer: the validator is closed');
      }
      const { signal } = how;
      const ending = new AbortController();
      const end = (): void => ending.abort(signal?.reason);
      signal?.addEventListener('abort', end, { once: true });
      if (signal?.aborted) end();
      const judged = judge(peer, how, ending.signal);
      under.set(ending, judged);
      try {
        return await judged;
      } finally {
        under.delete(ending);
        signal?.removeEventListener('abort', end);
      }
    },
    async close() {
      isClosed = true;
      const all = [...under];
      for (const [ending] of all) ending.abort(new Error('the validator is closed'));
      await Promise.allSettled(all.map(([, judged]) => judged));
      await close();
    },
  };
}

function failed(error: unknown): PeerVerdict {
  const detail = error instanceof CertError ? error.message : 'an error that is ours';
  const reasons = [{ code: 'internal', detail }];
  return { verdict: 'reject', reasons, warnings: [], path: [], revocation: [] };
}
