import { sign } from 'node:crypto';
import { asBuffer, concatBytes } from '../../src/base/bytes.ts';
import { rawOf, toDer } from '../../src/asn1/codec.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { checkPurpose } from '../../src/revocation/key-purpose.ts';
import { pathFailures } from '../../src/revocation/path-failure.ts';
import { readPeerChain } from '../../src/revocation/peer-chain.ts';
import { checkIdentity } from '../../src/revocation/peer-identity.ts';
import { validatePath } from '../../src/revocation/validate-path.ts';
import { algorithmIdentifier, AlgorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { diceFor, type Dice } from '../fuzz/dice.ts';
import { lengthOctets } from '../fuzz/element.ts';
import { mutate } from '../fuzz/mutate.ts';
import { someDay, type Issued } from './certificates.ts';
import { randomPki, type RandomPki } from './random-pki.ts';

/** What came of a run. */
export interface PathFuzzResult {
  cases: number;
  /** Changed certificates of a peer that could still be read. */
  read: number;
  /** Paths that are valid with a changed certificate that its issuer signed anew. */
  validAnew: number;
  /** Processor time of the longest case, in milliseconds. */
  longestMs: number;
  readonly reasons: Map<string, number>;
  readonly failures: string[];
}

/** Cases made of one PKI: making it costs as much as many of them. */
const CASES_OF_A_PKI = 20;

const known: ReadonlySet<string> = new Set(pathFailures);

/**
 * Change one certificate of a chain at random, sign it anew in half of the cases, and judge it as a peer's. Nothing may
 * be thrown, every refusal has a reason of the list, and what nobody signed anew is in no valid path.
 */
export function fuzzPaths(seed: number, cases: number, firstCase = 0): PathFuzzResult {
  const result: PathFuzzResult = {
    cases: 0,
    read: 0,
    validAnew: 0,
    longestMs: 0,
    reasons: new Map(),
    failures: [],
  };
  let pki = randomPki(seed);
  for (let number = firstCase; number < firstCase + cases; number++) {
    if (number % CASES_OF_A_PKI === 0) pki = randomPki(seed + number);
    const begun = process.cpuUsage();
    const wrong = tryOne(pki, diceFor(seed, number), result);
    const { user } = process.cpuUsage(begun);
    result.cases++;
    result.longestMs = Math.max(result.longestMs, user / 1000);
    if (wrong !== undefined) result.failures.push(`case ${number}: ${wrong}`);
  }
  return result;
}

/** @returns what went as it must not */
function tryOne(pki: RandomPki, dice: Dice, result: PathFuzzResult): string | undefined {
  const chain = [pki.leaf, ...pki.intermediates.toReversed()];
  const place = dice.below(chain.length);
  const isSignedAnew = dice.oneIn(2);
  const octets = chain.map((issued, i) => {
    if (i !== place) return certificateDer(issued.certificate);
    return isSignedAnew
      ? signedAnew(issued, chain[i + 1] ?? pki.anchor, dice)
      : mutate(certificateDer(issued.certificate), certificateDer(pki.anchor.certificate), dice);
  });
  try {
    const peer = readPeerChain(octets);
    if (peer.type === 'refused') return note(result, peer.reason);
    result.read++;
    const { certificate, offered } = peer;
    const verdict = validatePath({
      ...pki.inputs,
      certificate,
      offered,
      intermediates: [],
      anchors: [pki.anchor.certificate],
      at: someDay,
      policy: modernOnly,
      limits: { chainLength: 8 },
    });
    checkPurpose(certificate, { type: 'ike' });
    checkIdentity(certificate, { type: 'dNSName', value: 'a.example.com' }, 'wildcards');
    if (verdict.type === 'invalid') {
      const strange = verdict.reasons.find(({ reason }) => !known.has(reason));
      return strange ? `reason "${strange.reason}"` : note(result, verdict.reasons[0].reason);
    }
    if (isSignedAnew) {
      result.validAnew++;
      return undefined;
    }
    const issued = new Set(chain.map((one) => key(certificateDer(one.certificate))));
    const isForeign = verdict.path.some((one) => !issued.has(key(certificateDer(one))));
    return isForeign
      ? `accepted ${asBuffer(octets[place] ?? new Uint8Array()).toString('hex')}`
      : undefined;
  } catch (error) {
    return `${String(error)} of ${asBuffer(octets[place] ?? new Uint8Array()).toString('hex')}`;
  }
}

function note({ reasons }: PathFuzzResult, reason: string): undefined {
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
}

/** What a CA gone bad would issue: changed at random, and signed with its key. */
function signedAnew({ certificate }: Issued, issuer: Issued, dice: Dice): Uint8Array {
  const other = rawOf(issuer.certificate.tbsCertificate);
  const tbs = mutate(rawOf(certificate.tbsCertificate), other, dice);
  const signature = sign('sha256', tbs, issuer.key.privateKey);
  const algorithm = toDer(AlgorithmIdentifier, algorithmIdentifier('ecdsaWithSHA256'));
  const bits = element(0x03, Uint8Array.of(0), signature);
  return element(0x30, tbs, algorithm, bits);
}

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  return concatBytes(Uint8Array.of(tag), lengthOctets(content.length), content);
}

function key(octets: Uint8Array): string {
  return asBuffer(octets).toString('latin1');
}
