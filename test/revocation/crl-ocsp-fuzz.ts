import { sign } from 'node:crypto';
import { bytesEqual, concatBytes, toHex } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { rawOf, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { readCrl, type Crl } from '../../src/revocation/crl.ts';
import type { OcspVerdict } from '../../src/revocation/ocsp-rules.ts';
import { verifyOcspResponse } from '../../src/revocation/ocsp-verify.ts';
import { unavailable, type RevocationVerdict } from '../../src/revocation/verdict.ts';
import { algorithmIdentifier, AlgorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { decodeCertificateList, listRevoked } from '../../src/x509/certificate-list.ts';
import { extension } from '../../src/x509/extension-values.ts';
import {
  decodeBasicOcspResponse,
  decodeOcspResponse,
  OCSPResponse,
} from '../../src/x509/ocsp-response.ts';
import { diceFor, type Dice } from '../fuzz/dice.ts';
import { lengthOctets } from '../fuzz/element.ts';
import { mutate } from '../fuzz/mutate.ts';
import { issue, someDay, type Issued } from '../harness/certificates.ts';
import { crl, entry, hours, makeCrl, ofIssuer } from './crl-made.ts';
import { verdictsOn } from './crl-query.ts';
import { after, ca, leaf, responder, response, single } from './ocsp-made.ts';
import { chainOf, rulesFor } from './ocsp-vectors.ts';

/** What came of a run. */
export interface RevocationFuzzResult {
  cases: number;
  /** Changed CRLs that could be read, and changed responses that could be decoded. */
  read: number;
  /** Those that were signed anew, by a CA gone bad. */
  signedAnew: number;
  readonly verdicts: Map<string, number>;
  maxCaseMs: number;
  readonly failures: { readonly caseNumber: number; readonly what: string; readonly hex: string }[];
}

/** How much is tried, and with which chance. */
export interface RevocationFuzzOptions {
  readonly seed: number;
  readonly cases: number;
  readonly firstCase?: number;
  /** Processor time of one case, in milliseconds: longer is a failure. */
  readonly maxCaseMs: number;
}

/** A run with more failures than these stops: they are all the same. */
const MAX_FAILURES = 20;

const root = issue({ subject: 'CN=Root', isCa: true });
const below = issue({ subject: 'CN=CA', isCa: true, issuer: root });
const asked = issue({
  subject: 'CN=asked',
  issuer: below,
  extensions: [
    extension('cRLDistributionPoints', [
      { cRLIssuer: [{ type: 'directoryName', value: below.subject }] },
    ]),
  ],
});

const crlSeeds: readonly [Uint8Array, ...Uint8Array[]] = [
  makeCrl(below),
  makeCrl(below, { entries: [entry(asked, 'keyCompromise'), entry(7n)] }),
  makeCrl(below, {
    scope: { indirectCRL: true, onlyContainsUserCerts: true },
    entries: [entry(7n, 'superseded', [ofIssuer(root.subject)]), entry(asked, 'certificateHold')],
  }),
  makeCrl(below, { number: 2n, base: 1n, entries: [entry(asked, 'removeFromCRL')] }),
  makeCrl(below, {
    scope: { onlySomeReasons: ['keyCompromise', 'superseded'] },
    extensions: [extension('authorityKeyIdentifier', { keyIdentifier: Uint8Array.of(1, 2) })],
    entries: [1n, 2n, 3n].map((serial) => entry(serial, 'superseded')),
  }),
];

const responseSeeds: readonly [Uint8Array, ...Uint8Array[]] = [
  response(),
  response({ signer: ca, certs: [], singles: [single(), single({ thisUpdate: hours(-1) })] }),
  response({
    singles: [
      single({
        certStatus: {
          type: 'revoked',
          value: { revocationTime: new Date(0), revocationReason: 'certificateHold' },
        },
      }),
    ],
    data: { responseExtensions: [extension('ocspNonce', new Uint8Array(32).fill(5))] },
  }),
];

/** Try changed CRLs and OCSP responses on everything that reads and judges them. */
export function fuzzRevocation(options: RevocationFuzzOptions): RevocationFuzzResult {
  const { seed, cases, firstCase = 0, maxCaseMs } = options;
  const result: RevocationFuzzResult = {
    cases: 0,
    read: 0,
    signedAnew: 0,
    verdicts: new Map(),
    maxCaseMs: 0,
    failures: [],
  };
  for (let caseNumber = firstCase; caseNumber < firstCase + cases; caseNumber++) {
    const dice = diceFor(seed, caseNumber);
    const kind = dice.oneIn(2) ? crlKind : responseKind;
    const changed = change(kind, dice);
    const fail = (what: string): void => {
      result.failures.push({ caseNumber, what, hex: toHex(changed.octets) });
    };
    const begun = processorMs();
    try {
      const tried = kind.judge(changed.octets, dice);
      const { isRead, verdict } = tried;
      if (isRead) result.read++;
      if (changed.isAnew) result.signedAnew++;
      const code = verdict.type === 'unavailable' ? verdict.code : verdict.type;
      result.verdicts.set(code, (result.verdicts.get(code) ?? 0) + 1);
      const isForged = !changed.isAnew && verdict.type !== 'unavailable';
      if (isForged && !kind.isAsSigned(changed.octets)) fail(`a forgery counts as ${code}`);
      if (tried.flaw !== undefined) fail(tried.flaw);
    } catch (error) {
      fail(error instanceof Error ? String(error.stack) : String(error));
    }
    const tookMs = processorMs() - begun;
    result.cases++;
    result.maxCaseMs = Math.max(result.maxCaseMs, tookMs);
    if (tookMs > maxCaseMs) fail(`it took ${Math.round(tookMs)} ms`);
    if (result.failures.length >= MAX_FAILURES) break;
  }
  return result;
}

interface Tried {
  readonly isRead: boolean;
  readonly verdict: RevocationVerdict | OcspVerdict;
  readonly flaw?: string;
}

/** What differs between CRLs and responses. */
interface Kind {
  readonly seeds: readonly [Uint8Array, ...Uint8Array[]];
  /** The part that is signed. */
  signedPart(octets: Uint8Array): Uint8Array;
  /** Put it together again, with a signature that fits. */
  signAnew(part: Uint8Array): Uint8Array;
  judge(octets: Uint8Array, dice: Dice): Tried;
  isAsSigned(octets: Uint8Array): boolean;
}

function change(kind: Kind, dice: Dice) {
  const seed = dice.of(kind.seeds);
  const other = dice.of(kind.seeds);
  if (!dice.oneIn(2)) return { octets: mutate(seed, other, dice), isAnew: false };
  const part = mutate(kind.signedPart(seed), kind.signedPart(other), dice);
  return { octets: kind.signAnew(part), isAnew: true };
}

const crlKind: Kind = {
  seeds: crlSeeds,
  signedPart: (octets) => rawOf(decodeCertificateList(octets).tbsCertList),
  signAnew: (part) => signed(part, below),
  judge(octets, dice) {
    const reading = readCrl(octets);
    if (reading.type === 'malformed') {
      return { isRead: false, verdict: unavailable('malformed', reading.detail) };
    }
    const chain = [asked, below, root].map(({ certificate }) => certificate);
    const crls = [reading.crl, ...(dice.oneIn(2) ? [complete] : [])];
    const [verdict = unavailable('internal', 'no verdict')] = verdictsOn({
      chain,
      crls,
      at: someDay,
    });
    // Beside a CRL that nobody changed it tells of that one.
    const isAlone = crls.length === 1;
    const flaw = differenceOf(reading.crl);
    return {
      isRead: true,
      verdict: isAlone ? verdict : unavailable('no-source', 'two CRLs'),
      ...(flaw !== undefined && { flaw }),
    };
  },
  isAsSigned: (octets) => {
    const part = rawOf(decodeCertificateList(octets).tbsCertList);
    return crlSeeds.some((seed) => bytesEqual(crlKind.signedPart(seed), part));
  },
};

const complete = crl(below, { entries: [entry(9n)] });

/** The walk over the entries and their codec have to agree on what is an entry. */
function differenceOf({ list, index }: Crl): string | undefined {
  try {
    const { length } = [...listRevoked(list)];
    return length === index.count
      ? undefined
      : `${index.count} entries walked over, ${length} read`;
  } catch (error) {
    // Inside extensions the codec has limits of its own.
    const isLimit =
      error instanceof CertError && /crlEntryExtensions|OBJECT|Extension/.test(error.message);
    return isLimit ? undefined : `walked over, but not read: ${String(error)}`;
  }
}

const responseKind: Kind = {
  seeds: responseSeeds,
  signedPart: (octets) => rawOf(basicOf(octets).tbsResponseData),
  signAnew(part) {
    const basic = signed(part, responder, [
      element(0xa0, element(0x30, certificateDer(responder.certificate))),
    ]);
    return toDer(OCSPResponse, {
      responseStatus: 'successful',
      responseBytes: { responseType: oids.ocspBasic, response: basic },
    });
  },
  judge(octets, dice) {
    const nonce = dice.of(['off', 'prefer', 'require'] as const);
    const verdict = verifyOcspResponse(
      octets,
      {
        certificate: leaf.certificate,
        issuer: ca.certificate,
        origin: { type: 'query', nonce: new Uint8Array(32).fill(5) },
      },
      rulesFor(chainOf([ca.certificate]), { nonce }),
      after(60),
    );
    const isRead = verdict.type !== 'unavailable' || verdict.code !== 'malformed';
    return { isRead, verdict };
  },
  isAsSigned: (octets) => {
    const part = responseKind.signedPart(octets);
    return responseSeeds.some((seed) => bytesEqual(responseKind.signedPart(seed), part));
  },
};

function basicOf(octets: Uint8Array) {
  const { responseBytes } = decodeOcspResponse(octets);
  if (!responseBytes) throw new Error('no response inside');
  return decodeBasicOcspResponse(responseBytes.response);
}

function signed(part: Uint8Array, by: Issued, more: readonly Uint8Array[] = []): Uint8Array {
  const algorithm = toDer(AlgorithmIdentifier, algorithmIdentifier('ecdsaWithSHA256'));
  const signature = Uint8Array.from(sign('sha256', part, by.key.privateKey));
  return element(0x30, part, algorithm, element(0x03, Uint8Array.of(0), signature), ...more);
}

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  return concatBytes(Uint8Array.of(tag), lengthOctets(content.length), content);
}

/** This thread's, so that a busy machine is not taken for a slow decoder. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
