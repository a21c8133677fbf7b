import { CertError } from '../base/errors.ts';
import { signersBelow } from '../revocation/crl-signers.ts';
import { checkPurpose } from '../revocation/key-purpose.ts';
import type { Failure } from '../revocation/path-failure.ts';
import { readPeerChain } from '../revocation/peer-chain.ts';
import { checkIdentity } from '../revocation/peer-identity.ts';
import { beginValidation, validateWithin } from '../revocation/validate-path.ts';
import type { Certificate } from '../x509/certificate.ts';
import { checkRevocation } from './check-revocation.ts';
import type {
  CertificateRevocation,
  PeerReason,
  PeerToJudge,
  PeerVerdict,
  ValidationContext,
  ValidationPolicy,
} from './contract.ts';
import { fetchNamed } from './named-certificates.ts';
import { reasonOfVerdict } from './revocation-policy.ts';
import { deadlineOf } from './time-limit.ts';

/**
 * Judge a peer: a path to an anchor, who it is and what its key is for, and then, with nothing fetched before that,
 * whether a certificate of the path is revoked. Whatever the peer sent, and whatever the sources answer, there is a
 * verdict; what goes wrong here never is an acceptance by itself.
 *
 * @param signal ends what is asked of others: the verdict then is of what is known
 */
export async function validatePeer(
  context: ValidationContext,
  policy: ValidationPolicy,
  peer: PeerToJudge,
  now: Date,
  signal: AbortSignal,
): Promise<PeerVerdict> {
  // One for all that is asked of others.
  const deadline = deadlineOf(signal, policy.deadlineMs);
  let verdict: PeerVerdict;
  try {
    verdict = await judge(context, policy, peer, now, deadline.signal);
  } catch (error) {
    verdict = rejected([{ code: 'internal', detail: textOf(error) }]);
  } finally {
    deadline.clear();
  }
  context.tell({ type: 'judged', policy: policy.name, verdict });
  for (const { verdict: revoked, certificate } of verdict.revocation) {
    if (revoked.type === 'revoked') context.tell({ type: 'peer-revoked', certificate, revoked });
  }
  return verdict;
}

async function judge(
  context: ValidationContext,
  policy: ValidationPolicy,
  peer: PeerToJudge,
  now: Date,
  deadline: AbortSignal,
): Promise<PeerVerdict> {
  const named = await fetchNamed(context, policy, peer, deadline);
  if (named.type === 'refused') return rejected(named.reasons);
  const chain = readPeerChain([...peer.chain, ...named.certificates]);
  if (chain.type === 'refused') {
    const refusal = { code: chain.reason, detail: chain.detail, depth: 0 };
    return rejected([refusal, ...named.reasons]);
  }
  const { certificate, offered } = chain;
  const inputs = { ...policy.path, certificate, offered, at: now };
  const search = beginValidation(inputs);
  const found = validateWithin(search, inputs);
  if (found.type === 'invalid') {
    const reasons = found.reasons.map((reason) => reasonOf(reason, [certificate]));
    return rejected([...reasons, ...named.reasons]);
  }
  const { path, anchor } = found;
  const flaws = [
    peer.identity && checkIdentity(certificate, peer.identity, policy.hosts),
    policy.purpose && checkPurpose(certificate, policy.purpose),
  ].filter((flaw) => flaw !== undefined);
  if (flaws.length > 0) {
    return { ...rejected(flaws.map((flaw) => reasonOf(flaw, [certificate]))), path, anchor };
  }
  const signers = signersBelow(anchor, search, inputs);
  const checked = await checkRevocation(
    {
      context,
      policy,
      path,
      anchor,
      signers,
      at: now,
      ...(peer.staple && { staple: peer.staple }),
    },
    deadline,
  );
  const reasons = checked.revocation.flatMap(({ accepted, verdict }, depth) =>
    accepted ? [] : [reasonOfVerdict(verdict, depth)],
  );
  return {
    verdict: reasons.length > 0 ? 'reject' : 'accept',
    reasons: inOrder(reasons),
    warnings: [...checked.warnings, ...notesOf(checked.revocation)],
    path,
    anchor,
    revocation: checked.revocation,
  };
}

/** What is certain comes before what is not known. */
function inOrder(reasons: readonly PeerReason[]): readonly PeerReason[] {
  return reasons.toSorted((a, b) => rank(a) - rank(b));
}

function rank({ code }: PeerReason): number {
  return code === 'revoked' ? 0 : code === 'unknown' ? 1 : 2;
}

function notesOf(revocation: readonly CertificateRevocation[]): readonly PeerReason[] {
  return revocation.flatMap(({ tried, accepted, verdict }, depth) => {
    if (!accepted || verdict.type !== 'good') return [];
    const notes = tried.flatMap((each) => (each.verdict.type === 'good' ? each.notes : []));
    return [...new Set(notes)].map((code) => ({ code, detail: noteTexts[code], depth }));
  });
}

const noteTexts = {
  'rfc6960-nonconforming':
    'the OCSP response was signed by a responder that RFC 6960 refuses, and the settings take',
  'responder-not-checked': 'whether the OCSP responder itself is revoked was not asked',
  'no-age-bound': 'the OCSP response has no nextUpdate, and no max-age is set',
  'content-type': 'the OCSP responder calls its response something else',
} as const;

function reasonOf(
  { reason, detail, certificate }: Failure<string>,
  chain: readonly Certificate[],
): PeerReason {
  const depth = chain.indexOf(certificate);
  return { code: reason, detail, ...(depth >= 0 && { depth }) };
}

function rejected(reasons: readonly PeerReason[]): PeerVerdict {
  return { verdict: 'reject', reasons, warnings: [], path: [], revocation: [] };
}

function textOf(error: unknown): string {
  return error instanceof CertError ? error.message : 'an error that is ours';
}
