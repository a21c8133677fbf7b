import { CertError } from '../base/errors.ts';
import { fromHex } from '../base/bytes.ts';
import { gate } from '../base/gate.ts';
import { isLabel, type Label } from '../base/label.ts';
import { ownChain } from '../lifecycle/own-chain.ts';
import { resolvePolicy } from '../lifecycle/validation-policies.ts';
import { parseIdentity } from '../revocation/peer-identity-text.ts';
import { validatePeer } from '../validation/check-peer.ts';
import type { PeerToJudge, ValidationContext } from '../validation/contract.ts';
import type { HashAndUrl } from '../validation/hash-and-url.ts';
import { peerReport, type PeerReport } from '../validation/peer-report.ts';
import type { Services } from './compose.ts';
import type { ControlArguments } from './control-protocol.ts';

/** Peers judged at a time: each waits for responders most of it, and holds up to 256 KiB. */
const maxAtOnce = 16;

/** Those that are judged and those that wait for that; a socket listens to some more, for other requests. */
const maxAsked = 48;

/** What judging for others stands on. */
export interface JudgingServices extends Pick<Services, 'store' | 'clock' | 'log'> {
  readonly validation: ValidationContext;
}

/**
 * Make what judges peers for those who ask the agent: `policy` by its name, and `chain` (base64 of DER, the peer's own
 * first) with `staple` (base64) if it stapled and `hashAndUrl` for what it names in place of sending it, or `certName` of
 * ours; `identity` as on the command line. The answer is what `verify --json` prints. So many at a time, one beginning in a
 * turn of the event loop, that renewals and others have theirs.
 */
export function judgesFor(
  services: JudgingServices,
): (words: ControlArguments, signal: AbortSignal) => Promise<PeerReport> {
  const places = gate(maxAtOnce);
  const turns = gate(1);
  let asked = 0;
  return async (words, signal) => {
    const question = readQuestion(words);
    if (asked >= maxAsked) throw busy();
    asked++;
    try {
      return await places.through(async () => {
        signal.throwIfAborted();
        await turns.through(() => new Promise<void>((resolve) => void setImmediate(resolve)));
        signal.throwIfAborted();
        return await judge(services, question, signal);
      });
    } finally {
      asked--;
    }
  };
}

/** What is asked, understood. */
interface Question extends Omit<PeerToJudge, 'chain'> {
  readonly policy: Label;
  readonly of: readonly Uint8Array[] | Label;
}

async function judge(
  { store, clock, log, validation }: JudgingServices,
  { policy: name, of, ...about }: Question,
  signal: AbortSignal,
): Promise<PeerReport> {
  const policy = await resolvePolicy(store, { name });
  const chain = typeof of === 'string' ? await ownChain({ store, log }, of) : of;
  const peer = { chain, ...about };
  return peerReport(await validatePeer(validation, policy, peer, clock.now(), signal));
}

const known: ReadonlySet<string> = new Set([
  'policy',
  'chain',
  'hashAndUrl',
  'certName',
  'identity',
  'staple',
]);

function readQuestion(words: ControlArguments): Question {
  const strange = Object.keys(words).find((word) => !known.has(word));
  if (strange !== undefined) throw refuse(`"${strange.slice(0, 40)}" is nothing it can be told`);
  const { policy, chain, hashAndUrl, certName, identity, staple } = words;
  if (typeof policy !== 'string' || !isLabel(policy))
    throw refuse('"policy" is no name of a policy');
  if ((chain === undefined) === (certName === undefined)) {
    throw refuse('it needs "chain" or "certName", and not both');
  }
  return {
    policy,
    of: certName === undefined ? readChain(chain) : readName(certName),
    ...(identity !== undefined && { identity: parseIdentity(readText(identity)) }),
    ...(hashAndUrl !== undefined && { hashAndUrl: readNamed(hashAndUrl) }),
    ...(staple !== undefined && { staple: readOctets(staple, 'staple') }),
  };
}

function readName(value: unknown): Label {
  if (typeof value === 'string' && isLabel(value)) return value;
  throw refuse('"certName" is no name of a certificate');
}

function readText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw refuse('"identity" is no text');
}

/** How many there are, and what they are, is for the verdict to say. */
function readChain(value: unknown): readonly Uint8Array[] {
  if (Array.isArray(value)) return value.map((one: unknown) => readOctets(one, 'chain'));
  throw refuse('"chain" is no list of certificates in base64');
}

/** What a peer of IKE names in place of sending it: what is there, the SHA-1 of that in hexadecimal, and where. */
function readNamed(value: unknown): readonly HashAndUrl[] {
  if (!Array.isArray(value)) throw refuse('"hashAndUrl" is no list');
  return value.map((one: unknown) => {
    const named: Readonly<Record<string, unknown>> =
      typeof one === 'object' && one !== null ? { ...one } : {};
    const { of, sha1, url } = named;
    const isOf = of === 'certificate' || of === 'bundle';
    const isHash = typeof sha1 === 'string' && /^[0-9a-f]{40}$/i.test(sha1);
    if (isOf && isHash && typeof url === 'string') return { of, sha1: fromHex(sha1), url };
    throw refuse(
      '"hashAndUrl" needs {"of": "certificate" or "bundle", "sha1": 40 hexadecimal digits, "url": …}',
    );
  });
}

function readOctets(value: unknown, word: string): Uint8Array {
  // Buffer leaves out what it does not know, and so would judge something else.
  if (typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0) {
    return Uint8Array.from(Buffer.from(value, 'base64'));
  }
  throw refuse(`"${word}" has what is not base64`);
}

function refuse(why: string): CertError {
  return new CertError('USAGE_INVALID', `Cannot judge that: ${why}`, {
    hint: 'Send {"policy": "P", "chain": ["BASE64", …]} or {"policy": "P", "certName": "N"}',
  });
}

function busy(): CertError {
  return new CertError(
    'IN_PROGRESS',
    `Cannot judge one more peer: ${maxAsked} are asked for at this moment`,
    {
      hint: 'Ask again; a responder that is slow, or a deadline that is long, keeps peers waiting',
    },
  );
}
