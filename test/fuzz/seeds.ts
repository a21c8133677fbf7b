import { CertError } from '../../src/base/errors.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import type { Trust } from '../../src/cmp/protection/trust.ts';
import { verifyResponse, type Expected } from '../../src/cmp/protection/verify.ts';
import {
  vectorCertificate,
  vectorDer,
  vectorNames,
  vectorSecret,
  vectorTime,
} from '../cmp/vectors.ts';
import { trafficTime, type Dialogue, type Traffic } from './traffic.ts';

/** A message that is changed in all ways, and what an answer in its place would have to fit. */
export interface Seed {
  readonly name: string;
  readonly der: Uint8Array;
  readonly expected: Expected;
  /** It is accepted as it stands. */
  readonly isAnswer: boolean;
  /** The dialogue it comes from, and its place among the answers there. */
  readonly part?: { readonly dialogue: Dialogue; readonly index: number };
}

/** Make seeds of the messages OpenSSL sent and of those recorded from the lab. */
export function makeSeeds({ dialogues, others }: Traffic): readonly Seed[] {
  const openssl: Trust = {
    anchors: [vectorCertificate('ca')],
    anchorsAreDedicated: true,
    intermediates: [],
    allowLegacy: true,
  };
  return [
    ...vectorNames.map((name) =>
      seed(`openssl ${name}`, vectorDer(name), openssl, vectorTime, vectorSecret),
    ),
    ...dialogues.flatMap((dialogue) => {
      const { name, requests, answers, trust, secret } = dialogue;
      return [
        ...requests.map((der, i) =>
          seed(`lab ${name}.req${i + 1}`, der, trust, trafficTime, secret),
        ),
        ...answers.map((der, index) => ({
          ...seed(`lab ${name}.rsp${index + 1}`, der, trust, trafficTime, secret),
          part: { dialogue, index },
        })),
      ];
    }),
    ...others.flatMap(({ request, answer, trust, secret }) =>
      [request, answer].map((der) =>
        seed(`lab ${decodeMessage(der).body.type}`, der, trust, trafficTime, secret),
      ),
    ),
  ];
}

function seed(
  name: string,
  der: Uint8Array,
  trust: Trust,
  at: Date,
  secret: Uint8Array | undefined,
): Seed {
  const message = decodeMessage(der);
  const { header } = message;
  const isMac = secret !== undefined && !message.extraCerts?.length;
  const common = {
    pvno: header.pvno,
    transactionID: header.transactionID ?? new Uint8Array(16),
    senderNonce: header.recipNonce ?? new Uint8Array(16),
    trust,
    known: [],
    at,
    timeToleranceSeconds: 0,
  };
  const underMac = { ...common, ...(secret && { secret }) };
  // OpenSSL answered some requests under a secret and signed others; the message tells.
  const expected = isMac || isAccepted(der, underMac) ? underMac : common;
  return { name, der, expected, isAnswer: isAccepted(der, expected) };
}

function isAccepted(der: Uint8Array, expected: Expected): boolean {
  try {
    verifyResponse(decodeMessage(der), expected);
    return true;
  } catch (error) {
    if (error instanceof CertError) return false;
    throw error;
  }
}
