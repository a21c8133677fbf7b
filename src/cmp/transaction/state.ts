import { DerReader } from '../../asn1/der-reader.ts';
import {
  choice,
  explicit,
  fromDer,
  mapped,
  optional,
  sequence,
  sequenceOf,
  toDer,
  type Codec,
  type TaggedCodec,
} from '../../asn1/codec.ts';
import { integer, nullValue, octetString } from '../../asn1/primitives.ts';
import { utf8String } from '../../asn1/strings.ts';
import { CertError } from '../../base/errors.ts';
import { AlgorithmIdentifier } from '../../x509/algorithm-identifier.ts';
import { Certificate } from '../../x509/certificate.ts';
import { GeneralName } from '../../x509/general-name.ts';
import { CertTemplate } from '../message/cert-template.ts';
import { InfoTypeAndValue } from '../message/info-type-and-value.ts';
import { PKIBody } from '../message/pki-message.ts';
import { CERT_REQ_ID, isRequestBody, type RequestBody } from './request.ts';

/**
 * Where an enrollment stands: plain values, so that it can be stored, shown, and gone on with by another
 * process days later. `docs/architecture.md` has the table of what follows what.
 */
export interface TransactionState {
  /** What was asked for, as it was sent: an answer is compared with it, and it can be asked anew. */
  readonly request: RequestBody;
  /** What the request's header said beside implicitConfirm. */
  readonly generalInfo: readonly InfoTypeAndValue[];
  readonly pvno: number;
  /**
   * How far the CA's clock is ahead of ours, as it said by badTime last: for messageTime, nothing else. It holds until
   * it says so again, or an answer fits our clock as it is.
   */
  readonly clockOffsetMs: number;
  readonly transactionID: Uint8Array;
  /** Of all our messages: a MAC keeps its parameters through a transaction (RFC 9810 section 5.1.3.1). */
  readonly protectionAlg: AlgorithmIdentifier;
  /** After this moment the transaction is closed as failed. */
  readonly deadline: Date;
  /** senderNonce of the message last sent. */
  readonly senderNonce: Uint8Array;
  /** senderNonce of the message last received; absent before the first answer. */
  readonly recipNonce?: Uint8Array;
  /** Sender of the message last received: the recipient of the next (RFC 9483 section 3.1). */
  readonly peer?: GeneralName;
  /** The peer's verified signer and its intermediates: later answers may leave them out. */
  readonly signerCerts: readonly Certificate[];
  /** The CA takes certConf until then, on our clock (confirmWaitTime). */
  readonly confirmBefore?: Date;
  /** The anchor that came with the certificate, where the CA profile lets one come: kept once that is ours. */
  readonly anchor?: Certificate;
  readonly phase: Phase;
}

/** The phases that outlive a process. What comes between two of them happens within one step. */
export type Phase =
  /** ir, cr or kur is out. */
  | { readonly type: 'requested'; readonly value: null }
  /** pollReq is out. */
  | { readonly type: 'polled'; readonly value: Awaiting }
  | { readonly type: 'waiting'; readonly value: Waiting }
  /** certConf is out, accepting the certificate. */
  | { readonly type: 'confirming'; readonly value: null }
  /** certConf is out, rejecting the certificate. */
  | { readonly type: 'refusing'; readonly value: Refusal }
  /** The certificate is ours: pkiconf came, or implicitConfirm was granted. */
  | { readonly type: 'granted'; readonly value: null };

/** What polling is for. */
export interface Awaiting {
  /** The phase whose answer is delayed. */
  readonly from: DelayedPhase;
  /** -1 asks for a whole response message (RFC 9810 section 5.3.22). */
  readonly certReqId: number;
  /** senderNonce of the request whose answer is delayed. */
  readonly delayedNonce: Uint8Array;
}

export type DelayedPhase =
  | { readonly type: 'requested'; readonly value: null }
  | { readonly type: 'confirming'; readonly value: null }
  | { readonly type: 'refusing'; readonly value: Refusal };

export interface Waiting {
  readonly awaiting: Awaiting;
  /** No poll before this, except by hand. */
  readonly notBefore: Date;
  /** When the waiting began, by the clock `notBefore` goes by. */
  readonly since?: Date;
}

/** Why a certificate was refused. */
export interface Refusal {
  readonly reason: string;
}

/** A moment, to the millisecond: a rounded one could poll before checkAfter. */
const epochMilliseconds: Codec<Date> = mapped(integer, {
  decode: (ms) => new Date(ms),
  encode: (date) => date.getTime(),
});

// oxfmt-ignore
const Refusal: TaggedCodec<Refusal> = sequence<Refusal>('Refusal', {
  reason: utf8String,
});

// oxfmt-ignore
const DelayedPhase: Codec<DelayedPhase> = choice<DelayedPhase>('DelayedPhase', {
  requested:  explicit(0, nullValue),
  confirming: explicit(3, nullValue),
  refusing:   explicit(4, Refusal),
});

// oxfmt-ignore
const Awaiting: TaggedCodec<Awaiting> = sequence<Awaiting>('Awaiting', {
  from:         DelayedPhase,
  certReqId:    integer,
  delayedNonce: octetString,
});

// oxfmt-ignore
const Waiting: TaggedCodec<Waiting> = sequence<Waiting>('Waiting', {
  awaiting:  Awaiting,
  notBefore: epochMilliseconds,
  since:     optional(explicit(0, epochMilliseconds)),
});

// oxfmt-ignore
const Phase: Codec<Phase> = choice<Phase>('Phase', {
  requested:  explicit(0, nullValue),
  polled:     explicit(1, Awaiting),
  waiting:    explicit(2, Waiting),
  confirming: explicit(3, nullValue),
  refusing:   explicit(4, Refusal),
  granted:    explicit(5, nullValue),
});

/** The stored form; `version` counts changes of this declaration. */
interface StoredState extends Omit<TransactionState, 'request'> {
  readonly version: number;
  readonly request: PKIBody;
}

const STATE_VERSION = 2;

// oxfmt-ignore
const StoredState: TaggedCodec<StoredState> = sequence<StoredState>('TransactionState', {
  version:       integer,
  request:       PKIBody,
  generalInfo:   sequenceOf(InfoTypeAndValue),
  pvno:          integer,
  clockOffsetMs: integer,
  transactionID: octetString,
  protectionAlg: AlgorithmIdentifier,
  deadline:      epochMilliseconds,
  senderNonce:   octetString,
  recipNonce:    optional(explicit(0, octetString)),
  peer:          optional(explicit(1, GeneralName)),
  signerCerts:   sequenceOf(Certificate),
  confirmBefore: optional(explicit(9, epochMilliseconds)),
  anchor:        optional(explicit(10, Certificate)),
  phase:         Phase,
});

/** The stored form of version 1, which knew of the request only what it asked for. */
interface StoredStateV1 extends Omit<
  StoredState,
  'request' | 'generalInfo' | 'clockOffsetMs' | 'confirmBefore' | 'anchor'
> {
  readonly operation: string;
  readonly certTemplate: CertTemplate;
}

// oxfmt-ignore
const StoredStateV1: TaggedCodec<StoredStateV1> = sequence<StoredStateV1>('TransactionState', {
  version:       integer,
  operation:     utf8String,
  pvno:          integer,
  transactionID: octetString,
  certTemplate:  CertTemplate,
  protectionAlg: AlgorithmIdentifier,
  deadline:      epochMilliseconds,
  senderNonce:   octetString,
  recipNonce:    optional(explicit(0, octetString)),
  peer:          optional(explicit(1, GeneralName)),
  signerCerts:   sequenceOf(Certificate),
  phase:         Phase,
});

/**
 * Read a state that version 1 stored. Its request lacks the proof of possession: it can be polled for, confirmed and
 * refused, and is not made anew.
 */
function fromVersion1({ operation, certTemplate, ...state }: StoredStateV1): StoredState {
  const type = operation === 'cr' || operation === 'kur' ? operation : 'ir';
  const request = { type, value: [{ certReq: { certReqId: CERT_REQ_ID, certTemplate } }] } as const;
  return { ...state, version: STATE_VERSION, request, generalInfo: [], clockOffsetMs: 0 };
}

/** Encode a state for the store. */
export function encodeState(state: TransactionState): Uint8Array {
  return toDer(StoredState, { ...state, version: STATE_VERSION });
}

/** Decode a state from the store. @throws {CertError} STORE_CORRUPT */
export function decodeState(der: Uint8Array): TransactionState {
  const { version, request, ...state } = decodeStored(der);
  if (version !== STATE_VERSION || !isRequestBody(request)) {
    throw new CertError(
      'STORE_CORRUPT',
      `Cannot go on with a stored transaction: state version ${version}, request "${request.type}"`,
    );
  }
  return { ...state, request };
}

/** What is malformed in here is our own: no peer has written it. */
function decodeStored(der: Uint8Array): StoredState {
  try {
    return isVersion1(der) ? fromVersion1(fromDer(StoredStateV1, der)) : fromDer(StoredState, der);
  } catch (cause) {
    if (!(cause instanceof CertError) || cause.code === 'INTERNAL') throw cause;
    throw new CertError(
      'STORE_CORRUPT',
      `Cannot go on with a stored transaction: its state is damaged: ${cause.message}`,
      { cause },
    );
  }
}

/** The version comes first, so that it can be read before it is known what follows. */
function isVersion1(der: Uint8Array): boolean {
  const reader = new DerReader(der, 'TransactionState');
  reader.enter(SEQUENCE);
  return integer.decode(reader) === 1;
}

const SEQUENCE = 0x30;
