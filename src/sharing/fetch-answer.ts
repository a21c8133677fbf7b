import { CertError } from '../base/errors.ts';
import {
  choice,
  fromDer,
  implicit,
  mapped,
  sequence,
  sequenceOf,
  toDer,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import { limited } from '../asn1/limited.ts';
import { enumerated, nullValue } from '../asn1/primitives.ts';
import { utf8String } from '../asn1/strings.ts';
import { EnvelopedData } from '../cms/enveloped-data.ts';
import { Certificate } from '../x509/certificate.ts';

/** Why a key stays where it is. */
export type WithheldReason = 'in-token' | 'not-here' | 'recipient-only-signs';

/** By the number that is sent. */
const reasons: readonly WithheldReason[] = ['in-token', 'not-here', 'recipient-only-signs'];

/** The private key of a served certificate, or why it is not with it. */
export type ServedKey =
  /** An AsymmetricKeyPackage of one key (RFC 5958), for the certificate that the asking node showed. */
  | { readonly type: 'encrypted'; readonly value: EnvelopedData }
  | { readonly type: 'withheld'; readonly value: WithheldReason };

/** A certificate as one agent gives it to another. */
export interface ServedCertificate {
  /** That was asked for. */
  readonly name: string;
  readonly certificate: Certificate;
  /** Its issuers below the root, nearest first. */
  readonly chain: readonly Certificate[];
  /** The root that it leads to at the node that serves it. */
  readonly root: Certificate;
  readonly key: ServedKey;
}

/** What one agent answers another. */
export type FetchAnswer =
  | { readonly type: 'nothing-newer'; readonly value: null }
  | { readonly type: 'served'; readonly value: ServedCertificate };

/**
 * Longest answer: ten certificates of 8 KiB, as those with keys and signatures of RSA-8192 and many names have, and a key.
 * What is usual has 4 KiB.
 */
export const MAX_FETCH_ANSWER_OCTETS: number = 128 * 1024;

/** Issuers that come along; `cert chain-limit` goes no further. */
const MAX_CHAIN = 16;

const WithheldReason: TaggedCodec<WithheldReason> = mapped(enumerated, {
  name: 'WithheldReason',
  decode: (number, reader) => reasons[number] ?? reader.fail(`WithheldReason ${number} is unknown`),
  encode: (reason) => reasons.indexOf(reason),
});

// oxfmt-ignore
const ServedKey: Codec<ServedKey> = choice<ServedKey>('ServedKey', {
  encrypted: implicit(0, EnvelopedData),
  withheld:  implicit(1, WithheldReason),
});

// oxfmt-ignore
const ServedCertificate: TaggedCodec<ServedCertificate> = sequence<ServedCertificate>('ServedCertificate', {
  name:        limited(utf8String, 2 + 64),
  certificate: Certificate,
  chain:       sequenceOf(Certificate, { max: MAX_CHAIN }),
  root:        Certificate,
  key:         ServedKey,
});

// oxfmt-ignore
const FetchAnswer: Codec<FetchAnswer> = choice<FetchAnswer>('FetchAnswer', {
  'nothing-newer': implicit(0, nullValue),
  served:          implicit(1, ServedCertificate),
});

/** Write an answer. */
export function encodeFetchAnswer(answer: FetchAnswer): Uint8Array {
  return toDer(FetchAnswer, answer);
}

/**
 * Read the answer of a peer. Nothing in it is judged but that it is about the name asked for.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function decodeFetchAnswer(der: Uint8Array, name: string): FetchAnswer {
  const answer = fromDer(FetchAnswer, der, {
    maxOctets: MAX_FETCH_ANSWER_OCTETS,
    maxDepth: 40,
    maxElements: 20_000,
  });
  if (answer.type === 'served' && answer.value.name !== name) {
    throw new CertError(
      'DER_MALFORMED',
      `Cannot use the answer of an agent: it is about ${JSON.stringify(answer.value.name)}, expected "${name}"`,
    );
  }
  return answer;
}
