import { bytesEqual, toHex } from '../../src/base/bytes.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { validatePeer } from '../../src/validation/check-peer.ts';
import type {
  PeerVerdict,
  ValidationContext,
  ValidationPolicy,
} from '../../src/validation/contract.ts';
import { crlKeeper } from '../../src/validation/crl-keeper.ts';
import { memoryCrls } from '../../src/validation/memory-crls.ts';
import { ocspClient } from '../../src/validation/ocsp-client.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { diceFor, type Dice } from '../fuzz/dice.ts';
import { mutate } from '../fuzz/mutate.ts';
import { issue, someDay } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { entry, makeCrl } from '../revocation/crl-made.ts';
import { certIdOf } from '../../src/revocation/ocsp-cert-id.ts';
import { response, single } from '../revocation/ocsp-made.ts';
import { object, strict } from './judged.ts';

/** What came of a run. */
export interface VerifyFuzzResult {
  cases: number;
  /** Peers that were accepted: what was changed did not matter for them. */
  accepted: number;
  readonly reasons: Map<string, number>;
  maxCaseMs: number;
  readonly failures: { readonly caseNumber: number; readonly what: string; readonly hex: string }[];
}

/** How much is tried, and with which chance. */
export interface VerifyFuzzOptions {
  readonly seed: number;
  readonly cases: number;
  readonly firstCase?: number;
  /** Processor time of one case, in milliseconds: longer is a failure. */
  readonly maxCaseMs: number;
}

/** A run with more failures than these stops: they are all the same. */
const MAX_FAILURES = 20;

const pointAt = (value: string) =>
  extension('cRLDistributionPoints', [
    {
      distributionPoint: {
        type: 'fullName',
        value: [{ type: 'uniformResourceIdentifier', value }],
      },
    },
  ]);

const places = { sub: 'http://crl.example/root.crl', leaf: 'http://crl.example/sub.crl' } as const;
const root = issue({ subject: 'CN=Root', isCa: true });
const sub = issue({
  subject: 'CN=Sub',
  isCa: true,
  issuer: root,
  extensions: [pointAt(places.sub)],
});
const leaf = issue({ subject: 'CN=leaf', issuer: sub, extensions: [pointAt(places.leaf)] });

/** What a peer, its CAs and its responder send. */
interface Sent {
  readonly leaf: Uint8Array;
  readonly sub: Uint8Array;
  readonly staple: Uint8Array;
  readonly leafCrl: Uint8Array;
  readonly subCrl: Uint8Array;
}

const aboutLeaf = certIdOf(leaf.certificate, sub.certificate, 'sha1');
const parts = ['leaf', 'sub', 'staple', 'leafCrl', 'subCrl'] as const;

const asSent: Sent = {
  leaf: certificateDer(leaf.certificate),
  sub: certificateDer(sub.certificate),
  staple: response({ signer: sub, certs: [], singles: [single({ certID: aboutLeaf })] }),
  leafCrl: makeCrl(sub),
  subCrl: makeCrl(root),
};

/** The CRL of a CA that has revoked the peer since its staple was made. */
const revokedCrl = makeCrl(sub, { entries: [entry(leaf, 'keyCompromise')] });

const policy: ValidationPolicy = {
  ...strict,
  path: { anchors: [root.certificate], intermediates: [], policy: modernOnly },
  ocsp: { ...object, rules: { ...object.rules, responders: { type: 'issuer' } } },
};

/** Judge peers of whom something was changed at random, with everything behind it but the network. */
export async function fuzzVerify(options: VerifyFuzzOptions): Promise<VerifyFuzzResult> {
  const { seed, cases, firstCase = 0, maxCaseMs } = options;
  const result: VerifyFuzzResult = {
    cases: 0,
    accepted: 0,
    reasons: new Map(),
    maxCaseMs: 0,
    failures: [],
  };
  for (let caseNumber = firstCase; caseNumber < firstCase + cases; caseNumber++) {
    const dice = diceFor(seed, caseNumber);
    // Half of them are revoked, and nothing that is changed may hide that.
    const isRevoked = dice.oneIn(2);
    const { sent, chain, hasStaple } = scene(dice, isRevoked);
    const fail = (what: string): void => {
      const hex = parts.map((part) => `${part} ${toHex(sent[part])}`).join(' ');
      result.failures.push({ caseNumber, what, hex });
    };
    const begun = process.cpuUsage();
    try {
      const verdict = await judge(sent, chain, hasStaple);
      count(result, verdict);
      const flaw = flawIn(verdict, sent, { isRevoked, hasStaple });
      if (flaw !== undefined) fail(flaw);
    } catch (error) {
      fail(error instanceof Error ? String(error.stack) : String(error));
    }
    const { user, system } = process.cpuUsage(begun);
    const tookMs = (user + system) / 1000;
    result.cases++;
    result.maxCaseMs = Math.max(result.maxCaseMs, tookMs);
    if (tookMs > maxCaseMs) fail(`it took ${Math.round(tookMs)} ms`);
    if (result.failures.length >= MAX_FAILURES) break;
  }
  return result;
}

function scene(dice: Dice, isRevoked: boolean) {
  const all: Sent = { ...asSent, ...(isRevoked && { leafCrl: revokedCrl }) };
  const changedPart = dice.of(parts);
  const other = all[dice.of(parts)];
  const sent: Sent = { ...all, [changedPart]: mutate(all[changedPart], other, dice) };
  // In another order, twice, or with what is no certificate between them.
  const extra = dice.oneIn(4) ? [dice.of([sent.leaf, sent.sub, sent.staple])] : [];
  const chain = [sent.leaf, ...extra, sent.sub];
  return { sent, chain, hasStaple: !isRevoked && dice.oneIn(2) };
}

function tell(): void {}

async function judge(
  { staple, leafCrl, subCrl }: Sent,
  chain: readonly Uint8Array[],
  hasStaple: boolean,
): Promise<PeerVerdict> {
  const clock = fakeClock(someDay);
  const random = { bytes: (length: number) => new Uint8Array(length) };
  const files = new Map([
    [places.leaf, leafCrl],
    [places.sub, subCrl],
  ]);
  const fetch = async (url: string): Promise<Uint8Array> => {
    const file = [...files].find(([place]) => place === url)?.[1];
    if (file) return file;
    throw new Error('nothing there');
  };
  const context: ValidationContext = {
    ocsp: ocspClient({ clock, random, tell }),
    crls: crlKeeper({
      store: memoryCrls(1_000_000),
      clock,
      tell,
      configured: async () => [],
      fetchConfigured: fetch,
      fetchNamed: fetch,
      signerOf: async () => undefined,
    }),
    tell,
    algorithms: modernOnly,
  };
  const peer = { chain, ...(hasStaple && { staple }) };
  return await validatePeer(context, policy, peer, someDay, new AbortController().signal);
}

function count(result: VerifyFuzzResult, { verdict, reasons }: PeerVerdict): void {
  if (verdict === 'accept') result.accepted++;
  for (const { code } of reasons) result.reasons.set(code, (result.reasons.get(code) ?? 0) + 1);
}

/** What may not be: a peer that is accepted, though what decides about it is not as it was signed. */
function flawIn(
  { verdict, reasons }: PeerVerdict,
  sent: Sent,
  { isRevoked, hasStaple }: { readonly isRevoked: boolean; readonly hasStaple: boolean },
): string | undefined {
  if (verdict === 'reject') {
    if (reasons.length === 0) return 'it is rejected without a reason';
    return reasons.some(({ code }) => code === 'internal') ? 'something is wrong here' : undefined;
  }
  // The CA in place of the peer: a peer without a purpose may be one, and it is neither forged nor revoked.
  if (bytesEqual(sent.leaf, asSent.sub)) return undefined;
  if (isRevoked) return 'it is accepted, though it is revoked';
  const isAsSent = (part: keyof Sent): boolean => bytesEqual(sent[part], asSent[part]);
  if (!isAsSent('leaf') || !isAsSent('sub')) return 'a certificate nobody signed is accepted';
  if (!isAsSent('subCrl')) return 'a CRL nobody signed says that the CA is not revoked';
  const isVouchedFor = isAsSent('leafCrl') || (hasStaple && isAsSent('staple'));
  return isVouchedFor ? undefined : 'nobody says that it is not revoked';
}
