import { randomBytes } from 'node:crypto';
import { asBuffer } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { toDer } from '../asn1/codec.ts';
import { decodeMessage, PKIBody, type BodyType } from '../cmp/message/pki-message.ts';
import { PKIHeader } from '../cmp/message/pki-header.ts';
import { senderKidOf, senderOf, type Credential } from '../cmp/protection/credential.ts';
import { computeMac, isMac } from '../cmp/protection/mac.ts';
import { assembleMessage, protectionAlgOf } from '../cmp/protection/protect.ts';
import { protectedPart } from '../cmp/protection/protected-part.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import type { Authorities } from './authority.ts';
import type { Ledger } from './ledger.ts';
import type { HttpFault } from './fault-exchange.ts';

/** Bodies a lab answers with. */
export type ApplicableBody = Extract<
  BodyType,
  'ip' | 'cp' | 'kup' | 'pkiconf' | 'pollRep' | 'error' | 'rp' | 'genp'
>;

/** An answer that is right in all things, before it is protected. */
export interface Draft {
  readonly header: PKIHeader;
  readonly body: PKIBody;
  readonly credential: Credential;
  readonly extraCerts: readonly Certificate[];
  /** `forged` octets where none can be computed; `computed` when left out. */
  readonly protection?: 'absent' | 'forged';
  /** Who signed the request that is answered, if it brought its certificate. */
  readonly requester?: Certificate;
  /** What the first request of the transaction had as senderNonce. */
  readonly firstNonce?: Uint8Array;
  /** What the first answer of the transaction had as body. */
  readonly firstBody?: BodyType;
}

/** What a fault may work with. */
export interface Workshop {
  readonly authorities: Authorities;
  readonly clock: Pick<Clock, 'now'>;
  readonly ledger: Pick<Ledger, 'certificates'>;
  /** Shared secrets by reference value. */
  readonly secrets: ReadonlyMap<string, Uint8Array>;
}

interface FaultBase {
  /** One sentence, no final period: what the client gets to see. */
  readonly summary: string;
  /** What a client must do with it (RFC 9810, RFC 9483). */
  readonly ends: 'refused' | 'survived';
  /** How often it happens unless it is said; once when absent. */
  readonly times?: number;
  /** Whether there is something in this answer it can change. */
  appliesTo?(draft: Draft): boolean;
}

/** Something a CA, or whoever stands in its place, may do wrong. */
export type Fault =
  /** Before the answer is protected, so that only this is wrong with it. */
  | (FaultBase & {
      readonly where: 'draft';
      change(draft: Draft, workshop: Workshop): Draft | Promise<Draft>;
    })
  /** To the octets of the protected answer. */
  | (FaultBase & { readonly where: 'octets'; spoil(der: Uint8Array): Uint8Array })
  /** To the HTTP exchange: only a lab that serves commits these. */
  | (FaultBase & HttpFault);

/** A fault that acts on an answer before it is protected. */
export type DraftFault = Fault & { readonly where: 'draft' };

/** Take an answer of the lab apart, with the credential it was protected with. */
export function draftOf(answer: Uint8Array, { authorities, secrets }: Workshop): Draft {
  const { header, body, extraCerts = [] } = decodeMessage(answer);
  const { protectionAlg, senderKID = new Uint8Array() } = header;
  const reference = asBuffer(senderKID).toString('utf8');
  const secret = secrets.get(reference);
  const credential: Credential =
    protectionAlg && secret && isMac(protectionAlg)
      ? { type: 'mac', reference, secret, protectionAlg }
      : { type: 'signature', ...authorities.ra, chain: [authorities.issuing.certificate] };
  return { header, body, credential, extraCerts };
}

/** Put another credential under a draft, with the header that belongs to it. */
export function underCredential(
  draft: Draft,
  credential: Credential,
  extraCerts: readonly Certificate[],
): Draft {
  const { senderKID: _, ...fields } = draft.header;
  const senderKID = senderKidOf(credential);
  const header: PKIHeader = {
    ...fields,
    sender: senderOf(credential),
    protectionAlg: protectionAlgOf(credential),
    ...(senderKID && { senderKID }),
  };
  return { ...draft, header, credential, extraCerts };
}

/** Protect and encode a draft, header and body as they stand. */
export async function protectDraft(draft: Draft): Promise<Uint8Array> {
  const { header, body, credential, extraCerts } = draft;
  const headerDer = toDer(PKIHeader, header);
  const bodyDer = toDer(PKIBody, body);
  const protection = await protectionOf(draft, protectedPart(headerDer, bodyDer));
  return assembleMessage({
    headerDer,
    bodyDer,
    ...(protection && { protection }),
    extraCerts: extraCerts.map(certificateDer),
  });

  async function protectionOf(
    { protection: how }: Draft,
    part: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    if (how === 'absent') return undefined;
    if (how === 'forged') return randomOctets(32);
    return credential.type === 'signature'
      ? credential.key.sign(part, protectionAlgOf(credential))
      : computeMac(protectionAlgOf(credential), credential.secret, part, { allowLegacy: true });
  }
}

/** Octets nobody expects. */
export function randomOctets(length: number): Uint8Array {
  return Uint8Array.from(randomBytes(length));
}
