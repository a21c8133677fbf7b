import type { Clock } from '../../base/clock.ts';
import type { LifecycleEvent } from '../../base/events.ts';
import type { Random } from '../../base/random.ts';
import type { GeneratedKey, KeyProvider, SigningKey } from '../../crypto/keys.ts';
import type { Certificate } from '../../x509/certificate.ts';
import type { GeneralName } from '../../x509/general-name.ts';
import type { PKIFailureBit } from '../message/pki-status-info.ts';
import type { Credential } from '../protection/credential.ts';
import type { Tolerance, Trust } from '../protection/trust.ts';
import type { RefusedRepeat } from '../transaction/refused-repeat.ts';
import type { TransactionState } from '../transaction/state.ts';
import type { Issued, Outcome } from '../transaction/step.ts';
import type { Transport } from '../transport/transport.ts';

/** What one transaction needs of the world, and what it hands to it. */
export interface Conversation {
  readonly name: string;
  readonly ca: string;
  readonly transport: Transport;
  readonly credential: Credential;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly random: Random;
  /** Whom the first message is addressed to. */
  readonly recipient: GeneralName;
  readonly askImplicitConfirm: boolean;
  readonly timeToleranceSeconds: number;
  /** What answers the CA profile takes beyond RFC 9483. */
  readonly tolerance: Tolerance;
  readonly minPollSeconds: number;
  /** What happened since the last save; written with the next, or by whoever closes the transaction. */
  readonly pending: LifecycleEvent[];
  readonly keys: ConversationKeys;
  /** Told of what a CA does that is odd and harmless. */
  remark(text: string): void;
  /** Decide whether an issued certificate is what was asked for; nothing else in it has been checked. */
  judge(issued: Issued, state: Judged): Judgement;
  /** Make a step durable; what follows from it happens only after this. */
  save(saved: SavedStep, events: readonly LifecycleEvent[]): Promise<void>;
}

/** The keys an answer may be encrypted to, or bring. */
export interface ConversationKeys {
  /** The key the request is for. @throws {CertError} when we have none */
  own(): Promise<SigningKey>;
  /** What makes a key usable that the CA has made. */
  provider(): Promise<Pick<KeyProvider, 'load'>>;
}

/** What an issued certificate is judged by: what was asked for, who signed the answer, and by whose clock. */
export type Judged = Pick<TransactionState, 'request' | 'signerCerts' | 'clockOffsetMs'>;

/** Where a transaction stands, with the message to send or to send again. */
export interface Position {
  readonly state: TransactionState;
  readonly outgoing?: Uint8Array;
}

/** What a step leaves behind. */
export interface SavedStep extends Position {
  /** Set by the step in which a certificate came. */
  readonly staged?: Staged;
  readonly text?: string;
}

/** An issued certificate, with the path it was accepted on; refused ones have none. */
export interface Staged {
  readonly certificate: Certificate;
  readonly chain: readonly Certificate[];
  /** Made by the CA, and durable with the certificate (C14). */
  readonly key?: GeneratedKey;
}

/** What became of an issued certificate. */
export type Judgement =
  | {
      readonly type: 'accept';
      readonly chain: readonly Certificate[];
      /** The anchor, when it came with the answer. */
      readonly anchor?: Certificate;
    }
  | {
      readonly type: 'refuse';
      readonly reason: string;
      /** What the CA hears in place of the reason. */
      readonly told?: string;
      readonly failInfo: PKIFailureBit;
    };

/** Where `follow` stopped. */
export type Ending =
  | Outcome
  | { readonly type: 'waiting'; readonly notBefore: Date; readonly text?: string }
  | { readonly type: 'expired' }
  | RefusedRepeat;
