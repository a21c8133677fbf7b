import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Transport } from '../cmp/transport/transport.ts';
import type { KeyProvider } from '../crypto/keys.ts';
import type { Delivered, Delivery } from '../deploy/files.ts';
import type { Command, CommandRun } from '../deploy/run-command.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { LeaseOwner } from '../store/leases-contract.ts';
import type { Store } from '../store/store.ts';
import type { TokenKeys } from '../tokens/token-keys.ts';
import type { ValidationContext } from '../validation/contract.ts';
import type { IkePorts } from './ipsec-ports.ts';
import type { StaplePorts } from './staple-ports.ts';

/** What the use cases stand on; the composition root makes it. */
export interface LifecycleContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Make the transport of one transaction, with the timeouts of its CA profile. */
  connect(url: string, profile: CaProfile): Transport;
  keys(): Promise<KeyProvider>;
  /** Keys in tokens; absent where there are none to be used. */
  readonly tokens?: () => Promise<TokenKeys>;
  /** Put files where services read them. @throws {CertError} DELIVERY_FAILED */
  deliver(delivery: Delivery): Promise<Delivered>;
  /** Run the program of a hook; without it, a process of its own. */
  readonly runCommand?: (command: Command) => Promise<CommandRun>;
  /** How stapling reaches responders and endpoints; without it, as it is in reality. */
  readonly staples?: StaplePorts;
  /** How IKE daemons are reached; without it, as it is in reality. */
  readonly ike?: IkePorts;
  /** What judges peers, and fetches for that; absent where nothing is fetched. */
  readonly peerValidation?: () => Promise<ValidationContext>;
  /** Get the PIN of a token from where it is; absent where there is nobody and nothing to ask. @throws {CertError} SECRET_UNAVAILABLE */
  readonly pin?: (source: string, what: string) => Promise<Uint8Array>;
  /** This process, as others find it named when it is in their way. */
  readonly holder: Omit<LeaseOwner, 'id'>;
  /** Tell whether a process that holds a lease is still there; `unknown` may well be. */
  livenessOf(owner: LeaseOwner): 'alive' | 'dead' | 'unknown';
  /** Where files go while `cmp cert-store location` is not set. */
  readonly defaultCertStore: string;
  /** What a broken connection leaves outstanding is gone on with by the agent: this process is it, or was told so. */
  readonly comesBack?: boolean;
  /** Told what a command is doing while it waits. */
  readonly progress?: (progress: Progress) => void;
  /** Aborted by Ctrl-C: a transaction then stays outstanding as it was stored last. */
  readonly signal?: AbortSignal;
}

/** What happens while a command follows its transaction. */
export type Progress =
  | { readonly type: 'sending'; readonly body: string; readonly url: string }
  | {
      readonly type: 'waiting';
      readonly polls: number;
      readonly next: Date;
      readonly text?: string;
    };
