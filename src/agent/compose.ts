import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Transport } from '../cmp/transport/transport.ts';
import type { KeyProvider } from '../crypto/keys.ts';
import type { Delivered, Delivery } from '../deploy/files.ts';
import type { IkePorts } from '../lifecycle/ipsec-ports.ts';
import type { StaplePorts } from '../lifecycle/staple-ports.ts';
import { openStore } from '../store/open.ts';
import type { StoreKeySource } from '../store/store-key.ts';
import type { Store } from '../store/store.ts';
import type { TokenKeys } from '../tokens/token-keys.ts';
import type { ValidationContext } from '../validation/contract.ts';
import type { FetchOptions } from './late-retrieval.ts';
import { lateTokens, type PinReader } from './late-tokens.ts';
import { lateTransport, type TransportSettings } from './late-transport.ts';
import {
  livenessOf,
  thisProcess,
  type Liveness,
  type ProcessIdentity,
} from './process-identity.ts';
import { systemClock } from './system-clock.ts';
import { systemRandom } from './system-random.ts';

/** What the use cases stand on; made once for a command, or for the life of the daemon. */
export interface Services {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** This process, as others find it named when it is in their way. */
  readonly holder: ProcessIdentity;
  /** Tell whether a process is still there. */
  livenessOf(owner: ProcessIdentity): Liveness;
  /** Where certificates go while `cmp cert-store location` is not set. */
  readonly defaultCertStore: string;
  /**
   * Make the transport of one transaction; nothing is connected before its first exchange.
   *
   * @throws {CertError} CONFIG_INVALID for a URL that is not http or https, or a proxy's that is not http
   */
  connect(url: string, settings: TransportSettings): Transport;
  /** Load the cryptography and give the keys of this process. */
  keys(): Promise<KeyProvider>;
  /** Keys in PKCS #11 tokens; nothing is loaded before one is used. */
  tokens(): Promise<TokenKeys>;
  /**
   * Fetch a file by its URL, as the settings of its server say.
   *
   * @throws {CertError} as in `Retriever`, and SECRET_UNAVAILABLE
   */
  retrieve(url: string, options?: FetchOptions): Promise<Uint8Array>;
  /** Put files where services read them. @throws {CertError} DELIVERY_FAILED */
  deliver(delivery: Delivery): Promise<Delivered>;
  /** How stapling reaches responders and endpoints, where that is not as in reality. */
  readonly staples?: StaplePorts;
  /** How IKE daemons are reached; without it, as it is in reality. */
  readonly ike?: IkePorts;
  /** What judges peers, and fetches for that; absent where nothing is fetched. */
  readonly peerValidation?: () => Promise<ValidationContext>;
  /** Get the PIN of a token, for whoever uses its key in our place. */
  readonly pin?: PinReader;
  /** Close the store; transports are closed by who made them. */
  close(): Promise<void>;
}

/** What differs between a command, the daemon and a test. */
export interface ComposeOptions {
  /** Absolute; see `stateDirectory`. */
  readonly stateDirectory: string;
  /** Where the key of the store comes from; `store.key` in the state directory when absent. */
  readonly storeKey?: StoreKeySource;
  /** Gets the PIN of a token, and the passwords of deployed PKCS #12 files and of servers that files are fetched from. */
  readonly pin?: PinReader;
  readonly log: Log;
  /** Called after every committed write with their number so far. */
  readonly onWrite?: (count: number) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

/**
 * Open the store and join it with the real clock, random generator, network and files: the one place
 * where they are created. Network, cryptography and delivery are loaded when they are used first, so that
 * a command that only shows something does not pay for them.
 *
 * @throws {CertError} whatever keeps the store from being opened
 */
export async function compose(options: ComposeOptions): Promise<Services> {
  const { log, stateDirectory, storeKey, onWrite } = options;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const store = await openStore({
    directory: stateDirectory,
    clock,
    random,
    joinsWrites: true,
    ...(storeKey === undefined ? {} : { storeKey }),
    ...(onWrite === undefined ? {} : { onWrite }),
  });
  const tokens = lateTokens(store, { random, clock, ...(options.pin && { pin: options.pin }) });
  const services: Services = {
    store,
    clock,
    random,
    log,
    holder: thisProcess(),
    livenessOf: (owner) => livenessOf(owner),
    defaultCertStore: join(stateDirectory, 'certs'),
    connect: (url, settings) => lateTransport(store, url, settings),
    async keys() {
      const { softwareKeys } = await import('../crypto/keys.ts');
      return softwareKeys;
    },
    async retrieve(url, fetchOptions) {
      const { fetchUrl } = await import('./late-retrieval.ts');
      return await fetchUrl(store, url, fetchOptions, options.pin);
    },
    async deliver(delivery) {
      const { deliverFiles } = await import('../deploy/files.ts');
      const secret = options.pin && { secret: options.pin };
      return await deliverFiles({ ...delivery, log, random, ...secret });
    },
    async peerValidation() {
      const { composeValidation } = await import('./compose-validation.ts');
      return composeValidation(services).context;
    },
    tokens: () => tokens.tokens(),
    ...(options.pin && { pin: options.pin }),
    async close() {
      await tokens.close();
      await store.close();
    },
  };
  return services;
}
