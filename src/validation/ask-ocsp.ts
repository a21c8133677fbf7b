import type { Crl } from '../revocation/crl.ts';
import { unavailable, type RevocationVerdict } from '../revocation/verdict.ts';
import type { Certificate } from '../x509/certificate.ts';
import { checkResponder, type CheckedAnswer, type ResponderQuestion } from './check-responder.ts';
import type { OcspAnswer, SourceTried, ValidationContext } from './contract.ts';
import { internalVerdict, lateVerdict, untilEnd } from './find-crls.ts';

/** Of which path a certificate is asked about, and by what. */
export interface OcspQuestion extends ResponderQuestion {
  readonly context: ValidationContext;
  /** From the peer's own to the last below the anchor. */
  readonly path: readonly Certificate[];
  /** For the first of the path. */
  readonly staple?: Uint8Array;
}

/** What OCSP says of one certificate. */
export interface AskedByOcsp {
  /** In the order in which they were tried. */
  readonly tried: readonly SourceTried[];
  /** Undefined when nobody is asked by OCSP. */
  readonly verdict?: RevocationVerdict;
  /** CRLs that were looked at about responders. */
  readonly ofResponders: readonly Crl[];
}

/** Ask about one certificate by RFC 6960, by staple and by network; nothing is asked without an object. This does not throw. */
export async function askOcsp(
  question: OcspQuestion,
  depth: number,
  deadline: AbortSignal,
): Promise<AskedByOcsp> {
  const { context, policy, path, anchor, staple } = question;
  const certificate = path[depth];
  const issuer = path[depth + 1] ?? anchor;
  if (!policy.ocsp || !certificate) return { tried: [], ofResponders: [] };
  const object = policy.ocsp;
  // One that is bound is never as if there were none.
  if (object.missing !== undefined) {
    const verdict = unavailable('internal', object.missing);
    return { tried: [], verdict, ofResponders: [] };
  }
  const tried: SourceTried[] = [];
  const ofResponders: Crl[] = [];
  const check = async (given: OcspAnswer): Promise<CheckedAnswer> => {
    const checked = await checkResponder(question, given, object, deadline);
    const url = checked.answer.tried.at(-1)?.source;
    if (checked.isDisowned) {
      context.tell({ type: 'responder-unauthorized', url: url?.type === 'ocsp' ? url.url : '' });
    }
    tried.push(...checked.answer.tried);
    ofResponders.push(...checked.crls);
    return checked;
  };
  if (depth === 0 && staple) {
    const given = attempt(() => context.ocsp.staple(staple, certificate, issuer, object));
    const { answer, isDisowned } = await check(given);
    const { verdict } = answer;
    if (verdict.type === 'good' || verdict.type === 'revoked') {
      return { tried, verdict, ofResponders };
    }
    if (isDisowned) context.ocsp.forget(certificate, issuer, object);
  }
  for (let isAgain = false; ; isAgain = true) {
    const given = await within(deadline, () =>
      context.ocsp.status(certificate, issuer, object, deadline),
    );
    const { answer, isDisowned } = await check(given);
    const { verdict } = answer;
    if (!isDisowned) return { tried, verdict, ofResponders };
    // What was kept is from before; its responder may have got another certificate since.
    const isKept = given.tried.every(
      ({ source }) => source.type === 'ocsp' && source.from !== 'network',
    );
    if (isKept && !isAgain) {
      context.ocsp.forget(certificate, issuer, object);
      continue;
    }
    if (verdict.type === 'unavailable') {
      context.ocsp.forget(certificate, issuer, object, { ...answer, verdict });
    }
    return { tried, verdict, ofResponders };
  }
}

function attempt(work: () => OcspAnswer): OcspAnswer {
  try {
    return work();
  } catch (error) {
    return { verdict: internalVerdict(error), tried: [] };
  }
}

function within(deadline: AbortSignal, work: () => Promise<OcspAnswer>): Promise<OcspAnswer> {
  return untilEnd(
    deadline,
    async () => {
      try {
        return await work();
      } catch (error) {
        return { verdict: deadline.aborted ? lateVerdict : internalVerdict(error), tried: [] };
      }
    },
    () => ({ verdict: lateVerdict, tried: [] }),
  );
}
