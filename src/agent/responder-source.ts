import type { Clock } from '../base/clock.ts';
import { findDigest } from '../crypto/digest.ts';
import { keyOf } from '../ocsp-staple/responder-question.ts';
import { shownResponses } from '../ocsp-staple/shown-responses.ts';
import { isCertIdOf } from '../revocation/ocsp-cert-id.ts';
import {
  unavailable,
  type Period,
  type RevocationVerdict,
  type Unavailable,
} from '../revocation/verdict.ts';
import type { Staples } from '../store/staples-contract.ts';
import type { OcspClient, ResolvedOcsp } from '../validation/contract.ts';
import type { Certificate } from '../x509/certificate.ts';
import { nullDn } from '../x509/name.ts';
import type { ResponderAsks, ResponderFound, ResponderSource } from './ocsp-responder.ts';
import type { RelayBudget } from './request-counter.ts';

/** Whose certificates are asked about for others, and how. */
export interface Relay {
  /** CA certificates; questions about what others have issued go nowhere. */
  readonly issuers: readonly Certificate[];
  /** With a URL: a question names no certificate whose own could be used. */
  readonly object: ResolvedOcsp;
  /** Nonces come back, whatever is set for others: charon 5.9.8 does not look whether its own has. */
  readonly isNonceRequired?: boolean;
}

/** What a responder has said to a request that was passed on, verified. */
export type PassedAnswer = Extract<ResponderFound, { readonly type: 'shown' }> & {
  readonly verdict: RevocationVerdict;
};

/** What the responder of an agent answers from. */
export interface ResponderSourceContext {
  readonly store: { readonly staples: Pick<Staples, 'list'> };
  readonly clock: Clock;
  /** Asks within the budget, and keeps what came by itself. */
  readonly ocsp: Pick<OcspClient, 'status'>;
  readonly budget: RelayBudget;
  /** Told why a certificate of others is not spoken of. */
  failed(why: Unavailable, about: Relayed): void;
  /** Told what is said of a certificate of others. @param der the response */
  said?(about: Relayed, verdict: RevocationVerdict, der: Uint8Array): void;
  /** None: nothing is asked for others. Of a CA that is in several, the first counts. */
  relays(): Promise<readonly Relay[]>;
  /** Ask with the nonce of the client. */
  passOn(
    asked: ResponderAsks,
    about: Relayed,
    signal: AbortSignal,
  ): Promise<PassedAnswer | Unavailable>;
  /** Whether that is done for whoever sends one. */
  readonly passesNonces: boolean;
}

/** A certificate that is asked about, and by which object. */
export interface Relayed {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly object: ResolvedOcsp;
  readonly isNonceRequired?: boolean;
}

const unauthorized: ResponderFound = { type: 'none', why: 'unauthorized' };
const later: ResponderFound = { type: 'none', why: 'tryLater' };
const noNonce = unavailable('nonce-missing', 'who asks sends none, and nonce is "require"');

/** A response that says of itself no end is shown for this long. */
const ENDLESS_MS = 60_000;

/** Of serial numbers: CAs give twenty at the most (RFC 5280 section 4.1.2.2), and a zero before them. */
const MAX_SERIAL_BITS = 168;

/**
 * Make it: our own certificates from what is kept for them; those of issuers that are allowed from what their responder
 * said, asked by an OCSP object, so many times a minute at the most; of others it has no word.
 */
export function responderSource(context: ResponderSourceContext): ResponderSource {
  const { store, clock, ocsp, budget, passesNonces } = context;
  const own = shownResponses(store.staples, clock);

  const relayed = async ({ certId, hasNonce }: ResponderAsks): Promise<Relayed | undefined> => {
    const { serialNumber } = certId;
    const hash = findDigest(certId.hashAlgorithm);
    if (hash !== 'sha1' && hash !== 'sha256') return undefined;
    // What nobody has issued is not kept, nor asked about.
    if (serialNumber < 0n || serialNumber >> BigInt(MAX_SERIAL_BITS) > 0n) return undefined;
    let last: Relayed | undefined;
    for (const { issuers, object, isNonceRequired = false } of await context.relays()) {
      for (const issuer of issuers) {
        const certificate = unseen(serialNumber, issuer);
        if (!isCertIdOf(certId, certificate, issuer)) continue;
        last = { certificate, issuer, object: forOthers(object, hash), isNonceRequired };
        // A server that sends none is not a charon: what is set for servers may stand behind it.
        if (hasNonce || !isNonceRequired) return last;
      }
    }
    return last;
  };

  const passed = async (
    asked: ResponderAsks,
    about: Relayed,
    signal: AbortSignal,
  ): Promise<ResponderFound> => {
    if (!budget.begin()) return later;
    try {
      const found = asked.hasNonce ? await context.passOn(asked, about, signal) : noNonce;
      if (found.type === 'unavailable') {
        if (!signal.aborted) context.failed(found, about);
        return later;
      }
      const { shown, verdict } = found;
      context.said?.(about, verdict, shown.der);
      return { type: 'shown', shown };
    } finally {
      budget.end();
    }
  };

  return {
    now: () => clock.now(),
    async find(asked, signal) {
      const { certId, hasNonce } = asked;
      const key = keyOf(certId);
      if (key === undefined) return unauthorized;
      const held = await own.find(key);
      if (held && !(hasNonce && passesNonces)) return { type: 'shown', shown: held };
      const about = await relayed(asked);
      if (about === undefined) return held ? { type: 'shown', shown: held } : unauthorized;
      if (about.isNonceRequired === true || (hasNonce && passesNonces)) {
        const found = await passed(asked, about, signal);
        // Without the nonce is better than nothing: whoever insists on it says so himself.
        return found.type === 'none' && held ? { type: 'shown', shown: held } : found;
      }
      const { certificate, issuer, object } = about;
      const kept = await ocsp.status(certificate, issuer, object, signal);
      const { verdict, der } = isOver(kept.verdict, clock.now())
        ? await ocsp.status(certificate, issuer, keptToEnd(object), signal)
        : kept;
      if (verdict.type === 'unavailable' && !signal.aborted) context.failed(verdict, about);
      if (verdict.type === 'unavailable' || der === undefined) return later;
      context.said?.(about, verdict, der);
      return { type: 'shown', shown: { der, ...spanOf(verdict, clock.now()) } };
    },
  };
}

/**
 * Have an OCSP object ask as a server would that keeps the answer for others: by the digest they look for in it, and without
 * a nonce, which would be none of theirs.
 */
function forOthers(object: ResolvedOcsp, certIdHash: 'sha1' | 'sha256'): ResolvedOcsp {
  return {
    ...object,
    rules: { ...object.rules, nonce: 'off' },
    query: { ...object.query, certIdHash },
    policyHash: `${object.policyHash} ${certIdHash}`,
  };
}

/** Tell whether who asks would take it for too old: charon allows no skew. A revocation stays one. */
function isOver(verdict: RevocationVerdict, now: Date): boolean {
  return verdict.type === 'good' && verdict.nextUpdate !== undefined && verdict.nextUpdate <= now;
}

/** As `caching-nextupd-ahead-time` counts: 60 seconds ahead is nextUpdate itself, and no skew after it. */
const TO_NEXT_UPDATE_SECONDS = 60;

/** Have it asked anew where a kept result is past its nextUpdate. */
function keptToEnd(object: ResolvedOcsp): ResolvedOcsp {
  return {
    ...object,
    cache: { ...object.cache, cachingNextUpdateAheadSeconds: TO_NEXT_UPDATE_SECONDS },
  };
}

/** @returns how long caches may keep it */
export function spanOf(
  { thisUpdate, nextUpdate }: Period,
  now: Date,
): { readonly thisUpdate: Date; readonly until: Date } {
  return { thisUpdate, until: nextUpdate ?? new Date(now.getTime() + ENDLESS_MS) };
}

/**
 * Stand in for a certificate that nobody has shown us: a question says who issued it and its number, and no more. It names
 * no responder and no subject, and lives as long as its issuer.
 */
function unseen(serialNumber: bigint, issuer: Certificate): Certificate {
  const { tbsCertificate } = issuer;
  return {
    ...issuer,
    tbsCertificate: {
      ...tbsCertificate,
      serialNumber,
      issuer: tbsCertificate.subject,
      subject: nullDn,
      extensions: [],
    },
  };
}
