import { utf8 } from '../../src/base/bytes.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { decodeMessage, PKIBody, type PKIMessage } from '../../src/cmp/message/pki-message.ts';
import { PKIHeader } from '../../src/cmp/message/pki-header.ts';
import {
  senderKidOf,
  senderOf,
  type Credential,
  type MacCredential,
  type SignatureCredential,
} from '../../src/cmp/protection/credential.ts';
import { computeMac } from '../../src/cmp/protection/mac.ts';
import { pbmAlgorithm } from '../../src/cmp/protection/pbm.ts';
import { assembleMessage, protectionAlgOf } from '../../src/cmp/protection/protect.ts';
import { protectedPart } from '../../src/cmp/protection/protected-part.ts';
import type { Trust } from '../../src/cmp/protection/trust.ts';
import {
  verifyResponse,
  type Expected,
  type VerifiedMessage,
} from '../../src/cmp/protection/verify.ts';
import { generatedKey } from '../../src/crypto/keys.ts';
import { digestAlgorithm } from '../../src/crypto/digest.ts';
import { macAlgorithm } from '../../src/crypto/mac.ts';
import { certificateDer, type Certificate } from '../../src/x509/certificate.ts';
import { nullDn } from '../../src/x509/name.ts';
import { someDay, type Issued } from '../harness/certificates.ts';

/** The moment of all answers that do not say otherwise. */
export const now: Date = someDay;

export const transactionID: Uint8Array = new Uint8Array(16).fill(0x11);
/** senderNonce of the request that is answered. */
export const requestNonce: Uint8Array = new Uint8Array(16).fill(0x22);
/** senderNonce of the answers. */
export const answerNonce: Uint8Array = new Uint8Array(16).fill(0x33);

export const secret: Uint8Array = utf8('correct horse');

/** The CA's side of the shared secret, with as few iterations as are allowed. */
export const macOfCa: MacCredential = {
  type: 'mac',
  reference: 'ca-1',
  secret,
  protectionAlg: pbmAlgorithm({
    salt: new Uint8Array(16).fill(0x44),
    owf: digestAlgorithm('sha256'),
    iterationCount: 100,
    mac: macAlgorithm('hmac-sha256'),
  }),
};

/** Make a credential of a certificate and its key. */
export function signedBy(issued: Issued, ...chain: readonly Issued[]): SignatureCredential {
  return {
    type: 'signature',
    key: generatedKey(issued.key.privateKey).key,
    certificate: issued.certificate,
    chain: chain.map(({ certificate }) => certificate),
  };
}

type OptionalFields = {
  -readonly [K in Exclude<keyof PKIHeader, 'pvno' | 'sender' | 'recipient'>]?: PKIHeader[K];
};

/** What an answer shall be, where it is not as it should be. */
export interface AnswerOptions {
  readonly body?: PKIBody;
  /** The shared secret unless said otherwise. */
  readonly credential?: Credential;
  /** In place of the right header fields, before it is protected. */
  readonly header?: Partial<PKIHeader>;
  /** Header fields to leave out. */
  readonly without?: readonly (keyof OptionalFields)[];
  /** In place of those the credential brings. */
  readonly extraCerts?: readonly Certificate[];
  /** Change the protection, or leave it out. */
  protection?(protection: Uint8Array): Uint8Array | undefined;
}

export const pkiconf: PKIBody = { type: 'pkiconf', value: null };

/** Make the answer of a CA: right in all that the options do not say, encoded. */
export async function answerDer(options: AnswerOptions = {}): Promise<Uint8Array> {
  const { body = pkiconf, credential = macOfCa } = options;
  const senderKID = senderKidOf(credential);
  const optional: OptionalFields = {
    messageTime: now,
    protectionAlg: protectionAlgOf(credential),
    ...(senderKID && { senderKID }),
    transactionID,
    senderNonce: answerNonce,
    recipNonce: requestNonce,
  };
  for (const field of options.without ?? []) delete optional[field];
  const header: PKIHeader = {
    pvno: 2,
    sender: senderOf(credential),
    recipient: { type: 'directoryName', value: nullDn },
    ...optional,
    ...options.header,
  };
  const headerDer = toDer(PKIHeader, header);
  const bodyDer = toDer(PKIBody, body);
  const part = protectedPart(headerDer, bodyDer);
  const octets =
    credential.type === 'mac'
      ? computeMac(credential.protectionAlg, credential.secret, part, { allowLegacy: true })
      : await credential.key.sign(part, protectionAlgOf(credential));
  const protection = options.protection ? options.protection(octets) : octets;
  const own = credential.type === 'signature' ? [credential.certificate, ...credential.chain] : [];
  const extraCerts = (options.extraCerts ?? own).map(certificateDer);
  return assembleMessage({ headerDer, bodyDer, ...(protection && { protection }), extraCerts });
}

/** Make the answer of a CA, decoded as it is received. */
export async function answer(options: AnswerOptions = {}): Promise<PKIMessage> {
  return decodeMessage(await answerDer(options));
}

/** Trusts nobody. */
export const noTrust: Trust = {
  anchors: [],
  anchorsAreDedicated: false,
  intermediates: [],
  allowLegacy: false,
};

/** What the answer to a request under the shared secret must fit. */
export const expectedUnderMac: Expected = {
  pvno: 2,
  transactionID,
  senderNonce: requestNonce,
  secret,
  trust: noTrust,
  known: [],
  at: now,
  timeToleranceSeconds: 300,
};

/** What the answer to a signed request must fit. */
export function expectedSigned(trust: Partial<Trust>): Expected {
  const { secret: _, ...expected } = expectedUnderMac;
  return { ...expected, trust: { ...noTrust, ...trust } };
}

/** Make a message the state machine takes: protected, and verified like any other. */
export async function verifiedAnswer(
  body: PKIBody,
  options: AnswerOptions = {},
): Promise<VerifiedMessage> {
  return verifyResponse(await answer({ body, ...options }), expectedUnderMac);
}
