/** CMP without a store: messages, their protection, the enrollment as data, and a client to drive it. */
export { fromDer, rawOf, toDer } from '../asn1/codec.ts';
export type { Codec } from '../asn1/codec.ts';
export { beginTransaction, follow } from './client/client.ts';
export type {
  Conversation,
  Ending,
  Judgement,
  Position,
  SavedStep,
} from './client/conversation.ts';
export { decodeMessage, PKIBody, PKIMessage } from './message/pki-message.ts';
export type { BodyType } from './message/pki-message.ts';
export { PKIHeader } from './message/pki-header.ts';
export { formatStatus } from './message/status-text.ts';
export { failureMeaning } from './message/failure-meaning.ts';
export { protect } from './protection/protect.ts';
export type { Credential } from './protection/credential.ts';
export type { Trust } from './protection/trust.ts';
export { verifyResponse } from './protection/verify.ts';
export type { Expected, VerifiedMessage } from './protection/verify.ts';
export { accept, begin, receive, refuse, resume } from './transaction/enrollment.ts';
export type { Issued, Outcome, Step } from './transaction/step.ts';
export { decodeState, encodeState } from './transaction/state.ts';
export type { TransactionState } from './transaction/state.ts';
export { openHttpTransport } from './transport/http.ts';
export { operationUrl } from './transport/operation-url.ts';
export type { Transport } from './transport/transport.ts';
export { wellKnownUrl } from './transport/well-known.ts';
