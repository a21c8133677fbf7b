import type { Clock } from '../base/clock.ts';
import { findDigest } from '../crypto/digest.ts';
import { keyOf } from '../ocsp-staple/responder-question.ts';
import { shownResponses } from '../ocsp-staple/shown-responses.ts';
import { isCertIdOf } from '../revocation/ocsp-cert-id.ts';
import type { Period, RevocationVerdict, Unavailable } from '../revocation/verdict.ts';
import type { Staples } from '../store/staples-contract.ts';
import type { OcspClient, ResolvedOcsp } from '../validation/contract.ts';
import type { Certificate } from '../x509/certificate.ts';
import { nullDn } from '../x509/name.ts';
import type { CertID } from '../x509/ocsp-request.ts';
import type { ResponderAsks, ResponderFound, ResponderSource } from './ocsp-responder.ts';
import type { RelayBudget } from './request-counter.ts';

/** Whose certificates are asked about for others, and how. */
export interface Relay {
  /** CA certificates; questions about what others have issued go nowhere. */
  readonly issuers: readonly Certificate[];
  /** With a URL: a question names no certificate whose own could be used. */
  readonly object: ResolvedOcsp;
}

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
  /** Ask with the nonce of the client; undefined where they are not passed on. */
  passOn?(
    asked: ResponderAsks,
    about: Relayed,
    signal: AbortSignal,
  ): Promise<ResponderFound | Unavailable>;
}

/** A certificate that is asked about, and by which object. */
export interface Relayed {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly object: ResolvedOcsp;
}

const unauthorized: ResponderFound = { type: 'none', why: 'unauthorized' };
const later: ResponderFound = { type: 'none', why: 'tryLater' };

/** A response that says of itself no end is shown for this long. */
const ENDLESS_MS = 60_000;

/** Of serial numbers: CAs give twenty at the most (RFC 5280 section 4.1.2.2), and a zero before them. */
const MAX_SERIAL_BITS = 168;

/**
 * Make it: our own certificates from what is kept for them; those of issuers that are allowed from what their responder
 * said, asked by an OCSP object, so many times a minute at the most; of others it has no word.
 */
export function responderSource(context: ResponderSourceContext): ResponderSource {
  const { store, clock, ocsp, budget, passOn } = context;
  const own = shownResponses(store.staples, clock);

  const relayed = async (certId: CertID): Promise<Relayed | undefined> => {
    const { serialNumber } = certId;
    const hash = findDigest(certId.hashAlgorithm);
    if (hash !== 'sha1' && hash !== 'sha256') return undefined;
    // What nobody has issued is not kept, nor asked about.
    if (serialNumber < 0n || serialNumber >> BigInt(MAX_SERIAL_BITS) > 0n) return undefined;
    for (const { issuers, object } of await context.relays()) {
      for (const issuer of issuers) {
        const certificate = unseen(serialNumber, issuer);
        if (isCertIdOf(certId, certificate, issuer)) {
          return { certificate, issuer, object: forOthers(object, hash) };
        }
      }
    }
    return undefined;
  };

  const passed = async (
    asked: ResponderAsks,
    about: Relayed,
    signal: AbortSignal,
  ): Promise<ResponderFound> => {
    if (passOn === undefined || !budget.begin()) return later;
    try {
      const found = await passOn(asked, about, signal);
      if (found.type !== 'unavailable') return found;
      if (!signal.aborted) context.failed(found, about);
      return later;
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
      if (held && !(hasNonce && passOn)) return { type: 'shown', shown: held };
      const about = await relayed(certId);
      if (about === undefined) return held ? { type: 'shown', shown: held } : unauthorized;
      if (hasNonce && passOn) {
        const found = await passed(asked, about, signal);
        // Without the nonce is better than nothing: whoever insists on it says so himself.
        return found.type === 'none' && held ? { type: 'shown', shown: held } : found;
      }
      const { certificate, issuer, object } = about;
      const { verdict, der } = await ocsp.status(certificate, issuer, object, signal);
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
