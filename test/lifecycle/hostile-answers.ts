import { concatBytes, utf8 } from '../../src/base/bytes.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { decodeMessage, PKIBody, type PKIMessage } from '../../src/cmp/message/pki-message.ts';
import { PKIHeader } from '../../src/cmp/message/pki-header.ts';
import { computePbm, pbmAlgorithm, type PBMParameter } from '../../src/cmp/protection/pbm.ts';
import { assembleMessage } from '../../src/cmp/protection/protect.ts';
import { protectedPart } from '../../src/cmp/protection/protected-part.ts';
import { digestAlgorithm } from '../../src/crypto/digest.ts';
import { macAlgorithm } from '../../src/crypto/mac.ts';

/** What a peer makes of a request: the body of a response with HTTP 200. */
export type Answerer = (request: PKIMessage) => Uint8Array;

/** PBM parameters nobody minds. */
const harmless: PBMParameter = {
  salt: new Uint8Array(16).fill(1),
  owf: digestAlgorithm('sha256'),
  iterationCount: 100,
  mac: macAlgorithm('hmac-sha256'),
};

/** How an answer differs from a right one. */
export interface Bent {
  readonly body?: PKIBody;
  readonly pbm?: Partial<PBMParameter>;
  readonly header?: Partial<PKIHeader>;
  /** MAC of nothing, for parameters no MAC is computed with. */
  readonly isForged?: boolean;
  readonly extraCerts?: readonly Uint8Array[];
}

/** Answer with a rejection, right under the secret `a-secret-of-32-octets-in-the-lab` in all that is not said. */
export function answering(bent: Bent = {}): Answerer {
  return ({ header: asked }) => {
    const parameters = { ...harmless, ...bent.pbm };
    const { transactionID, senderNonce } = asked;
    const header: PKIHeader = {
      pvno: 2,
      sender: asked.recipient,
      recipient: asked.sender,
      protectionAlg: pbmAlgorithm(parameters),
      senderKID: utf8('server'),
      ...(transactionID && { transactionID }),
      senderNonce: new Uint8Array(16).fill(2),
      ...(senderNonce && { recipNonce: senderNonce }),
      ...bent.header,
    };
    const headerDer = toDer(PKIHeader, header);
    const bodyDer = toDer(PKIBody, bent.body ?? rejection);
    const part = protectedPart(headerDer, bodyDer);
    const protection = bent.isForged
      ? new Uint8Array(32)
      : computePbm(parameters, utf8('a-secret-of-32-octets-in-the-lab'), part, {
          allowLegacy: true,
        });
    return assembleMessage({ headerDer, bodyDer, protection, extraCerts: bent.extraCerts ?? [] });
  };
}

/** A final no. */
export const rejection: PKIBody & { readonly type: 'ip' } = {
  type: 'ip',
  value: {
    response: [
      { certReqId: 0, status: { status: 'rejection', statusString: ['no'], failInfo: ['badPOP'] } },
    ],
  },
};

/** Octets that open so many SEQUENCEs, one in the other. */
export function nested(depth: number): Uint8Array {
  let der: Uint8Array = Uint8Array.of(5, 0);
  for (let i = 0; i < depth; i++) der = wrapped(0x30, der);
  return der;
}

/** One element around octets. */
export function wrapped(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const size =
    length < 0x80
      ? [length]
      : length < 0x100
        ? [0x81, length]
        : length < 0x10000
          ? [0x82, length >> 8, length & 0xff]
          : [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...size), content);
}

/** Take the request out of an HTTP request in Latin-1. */
export function messageIn(http: string): PKIMessage {
  const body = http.slice(http.indexOf('\r\n\r\n') + 4);
  return decodeMessage(Uint8Array.from(Buffer.from(body, 'latin1')));
}
