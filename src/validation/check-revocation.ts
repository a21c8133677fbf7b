import { CertError } from '../base/errors.ts';
import { readable } from '../base/readable.ts';
import { oids } from '../asn1/oids.ts';
import {
  isSameAuthority,
  isSameEntity,
  maySignCrls,
  signersOf,
  type CrlSigners,
} from '../revocation/crl-signer.ts';
import { checkRevocationByCrls } from '../revocation/crl-status.ts';
import type { Crl } from '../revocation/crl.ts';
import type { RevocationVerdict, Unavailable } from '../revocation/verdict.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { sameName } from '../x509/name.ts';
import type {
  CertificateRevocation,
  CrlsFound,
  PeerReason,
  SourceTried,
  ValidationContext,
  ValidationPolicy,
} from './contract.ts';
import { askOcsp } from './ask-ocsp.ts';
import { findCrls, internalVerdict, whyNoCrl } from './find-crls.ts';
import {
  crlOutcome,
  decisiveVerdict,
  needsCrl,
  ocspOutcome,
  revocationTable,
  type RevocationWarning,
  type SettledMode,
} from './revocation-policy.ts';

/** A path whose certificates are asked about, and by what. */
export interface RevocationQuestion {
  readonly context: ValidationContext;
  readonly policy: ValidationPolicy;
  /** From the peer's own to the last below the anchor. */
  readonly path: readonly Certificate[];
  readonly anchor: Certificate;
  readonly signers: CrlSigners;
  readonly at: Date;
  /** For the first of the path. */
  readonly staple?: Uint8Array;
}

/** What became of all of them. */
export interface RevocationAnswer {
  readonly revocation: readonly CertificateRevocation[];
  readonly warnings: readonly PeerReason[];
}

/** What the sources gave for one certificate, before CRLs are looked at. */
interface Gathered {
  readonly mode: SettledMode;
  readonly tried: readonly SourceTried[];
  readonly ocsp: RevocationVerdict | undefined;
  readonly crls: CrlsFound | undefined;
  /** What was looked at about responders. */
  readonly ofResponders: readonly Crl[];
}

/**
 * Ask about all certificates of a path at once, under one deadline: OCSP first, a staple before the network; CRLs where
 * these could still change the decision. Nothing an answer holds is an error here.
 */
export async function checkRevocation(
  question: RevocationQuestion,
  deadline: AbortSignal,
): Promise<RevocationAnswer> {
  const { path, context } = question;
  const gathered = await Promise.all(path.map((_, depth) => gather(question, depth, deadline)));
  const crls = [...new Set(gathered.flatMap(({ crls: found }) => found?.crls ?? []))];
  const byCrl = crls.length === 0 ? [] : lookUp(question, crls);
  const warnings: PeerReason[] = [];
  const revocation = path.map((certificate, depth): CertificateRevocation => {
    const one = gathered[depth];
    const result = one
      ? decide(certificate, one, one.crls && (byCrl[depth] ?? whyNoCrl(one.crls)), question)
      : undefined;
    const word = result?.warning;
    if (word !== undefined) warnings.push({ code: word, detail: warningTexts[word], depth });
    if (result?.suspect) {
      const { code, detail } = result.suspect;
      context.tell({ type: 'crl-suspect', code, detail });
    }
    return (
      result?.revocation ?? {
        certificate,
        verdict: internalVerdict(undefined),
        tried: [],
        accepted: false,
      }
    );
  });
  const looked = [...crls, ...gathered.flatMap(({ ofResponders }) => ofResponders)];
  const used = [...new Set(looked)].flatMap((crl) => {
    const signer = signerIn(crl, question);
    return signer ? [{ crl, signer }] : [];
  });
  tellOfClock(question, [
    ...used.map(({ crl }) => crl.thisUpdate),
    ...gathered.flatMap(({ tried }) => tried.flatMap(futureOf)),
  ]);
  // What cannot be held is not to keep a peer out.
  if (used.length > 0) await context.crls.keep(used).catch(() => undefined);
  return { revocation, warnings };
}

/** A clock that is behind by less is wrong as clocks are; what a CA has signed tells of it, and nobody else's word does. */
const CLOCK_BEHIND_MS = 86_400_000;

/** Of the clock, strict policies hang most: each CRL and response that is right is refused by one that is behind. */
function tellOfClock({ context, policy, at }: RevocationQuestion, signedAt: readonly Date[]): void {
  if (policy.revocation === 'relaxed') return;
  const newest = Math.max(...signedAt.map((date) => date.getTime()));
  if (newest - at.getTime() <= CLOCK_BEHIND_MS) return;
  context.tell({ type: 'clock-suspect', policy: policy.name, thisUpdate: new Date(newest) });
}

/** When a response was made that is refused since it is of the future: nothing else is found so late. */
function futureOf({ verdict }: SourceTried): readonly Date[] {
  return verdict.type === 'unavailable' && verdict.thisUpdate ? [verdict.thisUpdate] : [];
}

const warningTexts: Readonly<Record<RevocationWarning, string>> = {
  'accepted-without-revocation': 'accepted, and no source said whether it is revoked',
  'accepted-with-expired-crl': 'accepted by a CRL that should have been replaced since',
  'accepted-against-ocsp': 'accepted by a CRL, though its OCSP responder says it is revoked',
};

async function gather(
  question: RevocationQuestion,
  depth: number,
  deadline: AbortSignal,
): Promise<Gathered> {
  const { policy, path, anchor } = question;
  const certificate = path[depth];
  if (certificate === undefined) throw new CertError('INTERNAL', 'Cannot ask about no certificate');
  const { tried, verdict: ocsp, ofResponders } = await askOcsp(question, depth, deadline);
  const outcome = ocspOutcome(ocsp, policy);
  const modes = policy.revocation === 'ifuri' ? settledModes : [policy.revocation];
  const wants = policy.crls.use && modes.some((mode) => needsCrl(mode, outcome));
  if (wants && outcome !== 'none') question.context.tell({ type: 'fallback-to-crl' });
  const crls = wants
    ? await findCrls(question, certificate, [...path.slice(depth + 1), anchor], deadline)
    : undefined;
  const mode = modeFor(certificate, policy, crls);
  return { mode, tried, ocsp, crls, ofResponders };
}

const settledModes: readonly SettledMode[] = ['strict', 'relaxed'];

/** `ifuri`: strict for a certificate that names a source, or whose issuer one is configured for. */
function modeFor(
  certificate: Certificate,
  { revocation, ocsp, crls: rules }: ValidationPolicy,
  found: CrlsFound | undefined,
): SettledMode {
  if (revocation !== 'ifuri') return revocation;
  const { extensions = [], issuer } = certificate.tbsCertificate;
  const namesPoint = extensions.some(({ extnID }) => extnID === oids.cRLDistributionPoints);
  const isConfigured =
    rules.configured.length > 0 &&
    found !== undefined &&
    // One that could not be fetched may be the one of this issuer: nobody can tell.
    (found.failed.length > 0 || found.crls.some((crl) => sameName(crl.issuer, issuer)));
  const isAsked = ocsp?.query.url !== undefined || ocsp?.missing !== undefined;
  const isNamed = namesPoint || namesResponder(certificate) || isAsked;
  return isNamed || isConfigured ? 'strict' : 'relaxed';
}

/** An extension that cannot be read is taken for one that names somebody. */
function namesResponder({ tbsCertificate: { extensions } }: Certificate): boolean {
  const access = readable(() => extensionValue(extensions, 'authorityInfoAccess') ?? []);
  return access === undefined || access.some(({ accessMethod }) => accessMethod === oids.ocsp);
}

function lookUp(question: RevocationQuestion, crls: readonly Crl[]): readonly RevocationVerdict[] {
  const { path, anchor, signers, at, policy } = question;
  const { clockSkewSeconds, useDeltas } = policy.crls;
  const query = { path, anchor, crls, signers, at, clockSkewSeconds, useDeltas };
  try {
    return checkRevocationByCrls({ ...query, policy: policy.path.policy });
  } catch (error) {
    return path.map(() => internalVerdict(error));
  }
}

/** What is made of a certificate. */
interface Decided {
  readonly revocation: CertificateRevocation;
  readonly warning?: RevocationWarning;
  /** What its CRL says cannot be believed, and it was accepted. */
  readonly suspect?: Unavailable;
}

function decide(
  certificate: Certificate,
  { mode, tried, ocsp, crls }: Gathered,
  byCrl: RevocationVerdict | undefined,
  { policy }: RevocationQuestion,
): Decided {
  // Why a place gave nothing tells more than that there is nothing.
  const isNothing = byCrl?.type === 'unavailable' && byCrl.code === 'no-source';
  const crl = crls && isNothing ? whyNoCrl(crls) : byCrl;
  const decision = revocationTable[mode][ocspOutcome(ocsp, policy)][crlOutcome(crl)];
  const accepted = decision.type === 'accept';
  const failed = (crls?.failed ?? []).map(({ url, failure }): SourceTried => ({
    source: { type: 'crl', ...(url !== '' && { url }) },
    verdict: failure,
    notes: [],
  }));
  const looked: readonly SourceTried[] =
    crl && !(failed.length > 0 && crl === failed[0]?.verdict)
      ? [{ source: { type: 'crl' }, verdict: crl, notes: [] }]
      : [];
  return {
    revocation: {
      certificate,
      verdict: decisiveVerdict(ocsp, crl, accepted),
      tried: [...tried, ...failed, ...looked],
      accepted,
    },
    ...(accepted && decision.warning !== undefined && { warning: decision.warning }),
    ...(accepted && decision.isSuspect && crl?.type === 'unavailable' && { suspect: crl }),
  };
}

/** Only what a CA of this path, or an issuer of CRLs below the same anchor, has signed may be held. */
function signerIn(
  crl: Crl,
  { path, anchor, signers, policy }: RevocationQuestion,
): Certificate | undefined {
  const signed = signersOf(crl, signers, policy.path.policy) ?? [];
  return signed.find((signer) => {
    if (!maySignCrls(signer)) return false;
    const authorities = [...path.slice(1), anchor];
    if (authorities.some((one) => isSameEntity(one, signer))) return true;
    const above = signers.above(signer);
    if (!above) return false;
    const named = authorities.findIndex(({ tbsCertificate }) =>
      sameName(tbsCertificate.subject, crl.issuer),
    );
    return named === -1 || isSameAuthority([signer, ...above], authorities.slice(named));
  });
}
