import { formatTime } from '../base/format-time.ts';
import type { RevocationVerdict } from '../revocation/verdict.ts';
import type { Certificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name-text.ts';
import type { PeerReason, PeerVerdict, SourceTried } from './contract.ts';

/** A certificate by what people call it. */
export type ReportedCertificate = {
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
};

/** A reason or a warning. */
export type ReportedReason = {
  readonly code: string;
  readonly detail: string;
  /** Place of the certificate, the peer's own at 0. */
  readonly depth?: number;
};

/** What a source says; times as `2026-11-21T00:00:00Z`. */
export type ReportedWord = {
  readonly status: 'good' | 'revoked' | 'unknown' | 'unavailable';
  /** Of `unavailable`. */
  readonly code?: string;
  readonly detail?: string;
  readonly thisUpdate?: string;
  readonly nextUpdate?: string;
  /** Of `revoked`. */
  readonly revocationDate?: string;
  readonly reason?: string;
};

/** A source that was tried, and what it says. */
export type ReportedSource = ReportedWord & {
  readonly source: 'staple' | 'ocsp' | 'crl';
  readonly url?: string;
  /** Of OCSP: `network`, `cache` or `error-cache`. */
  readonly from?: string;
  readonly notes: readonly string[];
};

/** A verdict on a peer as JSON: what `verify --json` prints, and an agent answers. */
export type PeerReport = {
  readonly verdict: 'accept' | 'reject';
  readonly reasons: readonly ReportedReason[];
  readonly warnings: readonly ReportedReason[];
  readonly path: readonly ReportedCertificate[];
  readonly anchor?: ReportedCertificate;
  readonly revocation: readonly (ReportedCertificate &
    ReportedWord & { readonly accepted: boolean; readonly tried: readonly ReportedSource[] })[];
};

/** Write a verdict on a peer as JSON. */
export function peerReport(judged: PeerVerdict): PeerReport {
  const { verdict, reasons, warnings, path, anchor, revocation } = judged;
  return {
    verdict,
    reasons: reasons.map(reasonOf),
    warnings: warnings.map(reasonOf),
    path: path.map(certificateOf),
    ...(anchor && { anchor: certificateOf(anchor) }),
    revocation: revocation.map(({ certificate, verdict: word, tried, accepted }) => ({
      ...certificateOf(certificate),
      accepted,
      ...wordOf(word),
      tried: tried.map((one) => ({ ...sourceOf(one), ...wordOf(one.verdict), notes: one.notes })),
    })),
  };
}

function reasonOf({ code, detail, depth }: PeerReason): ReportedReason {
  return { code, detail, ...(depth !== undefined && { depth }) };
}

function certificateOf({ tbsCertificate }: Certificate): ReportedCertificate {
  const { subject, issuer, serialNumber } = tbsCertificate;
  return {
    subject: formatName(subject),
    issuer: formatName(issuer),
    serialNumber: serialNumber.toString(16),
  };
}

function wordOf(word: RevocationVerdict): ReportedWord {
  if (word.type === 'unavailable') {
    return { status: word.type, code: word.code, detail: word.detail };
  }
  return {
    status: word.type,
    thisUpdate: formatTime(word.thisUpdate),
    ...(word.nextUpdate && { nextUpdate: formatTime(word.nextUpdate) }),
    ...(word.type === 'revoked' && {
      revocationDate: formatTime(word.revocationDate),
      reason: word.reason,
    }),
  };
}

function sourceOf({ source }: SourceTried): Pick<ReportedSource, 'source' | 'url' | 'from'> {
  return {
    source: source.type,
    ...(source.type !== 'staple' && source.url !== undefined && { url: source.url }),
    ...(source.type === 'ocsp' && { from: source.from }),
  };
}
