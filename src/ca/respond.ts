import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { toDer } from '../asn1/codec.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import { PKIMessage, type PKIBody } from '../cmp/message/pki-message.ts';
import { statusInfoOf } from '../cmp/message/status-text.ts';
import { senderOf } from '../cmp/protection/credential.ts';
import type { PKIHeader } from '../cmp/message/pki-header.ts';
import type { Credential } from '../cmp/protection/credential.ts';
import { pbmAlgorithm } from '../cmp/protection/pbm.ts';
import { isPbmac1, pbmac1Algorithm } from '../cmp/protection/pbmac1.ts';
import { protect, type HeaderFields } from '../cmp/protection/protect.ts';
import { digestAlgorithm } from '../crypto/digest.ts';
import { macAlgorithm } from '../crypto/mac.ts';
import type { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import { nullDn } from '../x509/name.ts';
import type { Sender } from './authenticate.ts';
import type { Authorities } from './authority.ts';
import type { LabSettings } from './lab-settings.ts';

/** What answering needs. */
export interface Responder {
  readonly authorities: Authorities;
  readonly settings: LabSettings;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
}

/** One answer. */
export interface Answer {
  /** Header of the message that is answered; absent when it could not even be decoded. */
  readonly to?: PKIHeader;
  /** Who is answered, and so with which protection; the RA signs when that is not known. */
  readonly sender?: Sender;
  readonly body: PKIBody;
  readonly senderNonce: Uint8Array;
  /** Echoed instead of the senderNonce of `to`: delayed delivery. */
  readonly recipNonce?: Uint8Array;
  readonly generalInfo?: readonly InfoTypeAndValue[];
  readonly isFirst: boolean;
}

/**
 * Build, protect and encode an answer: a MAC with a MAC of its kind under the same reference and a salt of its own,
 * a signature with the RA's. Unlike a client's message it brings the chain under a MAC too, because the
 * new certificate needs it (RFC 9483 section 3.3).
 */
export async function respond(answer: Answer, responder: Responder): Promise<Uint8Array> {
  const { to, body, generalInfo = [] } = answer;
  const credential = credentialFor(answer, responder);
  const recipNonce = answer.recipNonce ?? to?.senderNonce;
  const fields: HeaderFields = {
    pvno: versionOf(to),
    recipient: to?.sender ?? { type: 'directoryName', value: nullDn },
    messageTime: responder.clock.now(),
    ...(to?.transactionID && { transactionID: to.transactionID }),
    senderNonce: answer.senderNonce,
    ...(recipNonce && { recipNonce }),
    ...(generalInfo.length > 0 && { generalInfo }),
  };
  if (isUnprotected(body, responder.settings)) {
    return toDer(PKIMessage, { header: { ...fields, sender: senderOf(credential) }, body });
  }
  return protect(fields, body, credential, extraCertsOf(answer, credential, responder));
}

/** A wait is no error, whatever message says so. */
function isUnprotected(body: PKIBody, { unprotectedErrors }: LabSettings): boolean {
  if (unprotectedErrors === 'no' || statusInfoOf(body)?.status !== 'rejection') return false;
  return body.type === 'error' || unprotectedErrors === 'rejections';
}

function credentialFor(
  { to, sender }: Answer,
  { authorities, settings, random }: Responder,
): Credential {
  if (sender?.type !== 'mac' || settings.responseProtection === 'signature') {
    return { type: 'signature', ...authorities.ra, chain: [authorities.issuing.certificate] };
  }
  const { reference, secret } = sender;
  const protectionAlg = macFor(to, settings, random.bytes(16));
  return { type: 'mac', reference, secret, protectionAlg };
}

function macFor(
  to: PKIHeader | undefined,
  { pbm }: LabSettings,
  salt: Uint8Array,
): AlgorithmIdentifier {
  const { owf, mac, iterationCount } = pbm;
  if (to?.protectionAlg && isPbmac1(to.protectionAlg)) return pbmac1Algorithm(salt, iterationCount);
  return pbmAlgorithm({
    salt,
    owf: digestAlgorithm(owf),
    iterationCount,
    mac: macAlgorithm(mac),
  });
}

/** RFC 9810 section 7: the version of the message answered, or the nearest we have. */
function versionOf(to: PKIHeader | undefined): number {
  return Math.min(3, Math.max(2, to?.pvno ?? 2));
}

function extraCertsOf(
  { body, isFirst }: Answer,
  credential: Credential,
  { authorities, settings }: Responder,
): readonly Certificate[] {
  const { rolled } = authorities;
  // For those who have only the old root still.
  const chain = [authorities.issuing.certificate, ...(rolled ? [rolled.newWithOld] : [])];
  const signer = credential.type === 'signature' ? [authorities.ra.certificate] : [];
  // TS 33.310 clause 9.5.4.3: operator root, RA and CA certificates and the chain come with the ip, in any order.
  if (settings.layout === '3gpp' && body.type === 'ip') {
    return [authorities.root.certificate, ...chain, authorities.ra.certificate];
  }
  switch (settings.extraCerts) {
    case 'chain':
      return [...signer, ...chain];
    case 'chain-root':
      return [...signer, ...chain, authorities.root.certificate];
    case 'reversed':
      return [...signer, ...chain].toReversed();
    case 'not-in-pkiconf':
      // A client has the signer from the first answer (RFC 9483 section 3.3).
      return body.type === 'pkiconf' && !isFirst ? [] : [...signer, ...chain];
  }
}
