import type { Clock } from '../base/clock.ts';
import { modernOnly } from '../crypto/policy.ts';
import { listConfiguredCrls } from '../lifecycle/configured-crls.ts';
import { splitUserinfo } from '../retrieval/url.ts';
import {
  configuredSigner,
  storedCas,
  type ConfiguredCas,
} from '../validation/configured-signer.ts';
import type { OcspClient, ValidationContext, ValidationEvents } from '../validation/contract.ts';
import { crlKeeper, type CrlKeeperContext } from '../validation/crl-keeper.ts';
import type { Fetch } from '../validation/crl-fetcher.ts';
import type { CrlRefresher } from '../validation/crl-refresh.ts';
import { withCrlAttribute } from '../validation/crl-places.ts';
import { certificateFetcher } from '../validation/hash-and-url.ts';
import { ocspClient, type QueryBudget } from '../validation/ocsp-client.ts';
import type { ExchangeContext } from '../validation/ocsp-exchange.ts';
import type { Services } from './compose.ts';

/** What judging peers needs of the services. */
export type ValidationServices = Pick<Services, 'store' | 'clock' | 'random' | 'retrieve'> &
  Partial<Pick<Services, 'keys' | 'tokens'>>;

/** What judges peers, and fetches configured CRLs before they end. */
export interface ValidationParts {
  readonly context: ValidationContext;
  readonly refresher: CrlRefresher;
  /**
   * Make what asks responders for others, within a budget. It keeps what they said by itself: whatever others ask for,
   * judging peers neither waits for it nor asks anew because of it.
   */
  askForOthers(budget: QueryBudget): OcspClient;
}

/** How peers are judged this time. */
export interface ValidationOptions {
  /** Another time than now, for whoever asks how it was; nothing that is fetched is held then. */
  readonly at?: Date;
  readonly tell?: ValidationEvents;
  /** For the OCSP results that are kept, in octets; `defaultCacheOctets` when absent. */
  readonly ocspOctets?: number;
}

/** Where CRLs are held, and what is set up: by a store, or without one. */
export interface ValidationGround
  extends Pick<CrlKeeperContext, 'store' | 'configured' | 'fetchConfigured'>, ExchangeContext {
  /** Whose CRLs are held that come without a peer. */
  cas(): Promise<ConfiguredCas>;
}

/** Make what judges peers: one for all that are judged, since what responders and CRLs said is kept in it. */
export function composeValidation(
  { store, clock, random, retrieve, keys, tokens }: ValidationServices,
  options: ValidationOptions = {},
): ValidationParts {
  const ground: ValidationGround = {
    store,
    clock,
    random,
    configured: () => listConfiguredCrls(store),
    fetchConfigured(url, asked) {
      const { url: bare, username } = splitUserinfo(url);
      return retrieve(withCrlAttribute(bare), {
        ...asked,
        ...(username !== undefined && { username }),
      });
    },
    cas: () => storedCas(store),
    ...(keys && {
      async signerOf(name: string) {
        const { requestSigner } = await import('../lifecycle/request-signer.ts');
        return await requestSigner({ store, clock, keys, ...(tokens && { tokens }) }, name);
      },
    }),
  };
  return validationOn(ground, options);
}

/** Without what is set up for any server: a certificate, or a peer, must not have our passwords sent anywhere. */
const fetchNamed: Fetch = async (url, options) => {
  const { retrieve } = await import('../retrieval/retrieve.ts');
  return await retrieve(url, options);
};

/** The same on another ground than a store. */
export function validationOn(
  { cas, random, signerOf, clock: real, ...ground }: ValidationGround,
  { at, tell = () => undefined, ocspOctets: cacheOctets }: ValidationOptions = {},
): ValidationParts {
  const clock: Clock = at === undefined ? real : { ...real, now: () => at };
  const keeper = crlKeeper({
    ...ground,
    clock,
    tell,
    fetchNamed,
    signerOf: configuredSigner({ cas, clock, algorithms: modernOnly }),
  });
  const crls = at === undefined ? keeper : { ...keeper, keep: async () => undefined };
  return {
    context: {
      ocsp: ocspClient({
        clock,
        random,
        tell,
        ...(cacheOctets !== undefined && { cacheOctets }),
        ...(signerOf && { signerOf }),
      }),
      crls,
      certificates: certificateFetcher({ fetchNamed }),
      tell,
      algorithms: modernOnly,
    },
    refresher: keeper,
    askForOthers: (budget) =>
      ocspClient({ clock, random, tell, budget, ...(signerOf && { signerOf }) }),
  };
}
