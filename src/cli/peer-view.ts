import { formatTime } from '../base/format-time.ts';
import type { RevocationVerdict } from '../revocation/verdict.ts';
import type {
  CertificateRevocation,
  PeerReason,
  PeerVerdict,
  SourceTried,
} from '../validation/contract.ts';
import type { Certificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name-text.ts';
import type { Json } from './json.ts';
import type { Style } from './render.ts';
import { formatFields, formatTable } from './table.ts';

/** Write a verdict on a peer as JSON. */
export function peerJson(judged: PeerVerdict): Readonly<Record<string, Json | undefined>> {
  const { verdict, reasons, warnings, path, anchor, revocation } = judged;
  return {
    verdict,
    reasons: reasons.map(reasonJson),
    warnings: warnings.map(reasonJson),
    path: path.map(certificateJson),
    anchor: anchor && certificateJson(anchor),
    revocation: revocation.map(({ certificate, verdict: word, tried, accepted }) => ({
      ...certificateJson(certificate),
      accepted,
      ...wordJson(word),
      tried: tried.map((one) => ({
        ...sourceJson(one),
        ...wordJson(one.verdict),
        notes: one.notes,
      })),
    })),
  };
}

/** Write a verdict on a peer for people. */
export function peerText(judged: PeerVerdict, style: Style): string {
  const { verdict, reasons, warnings, path, anchor, revocation } = judged;
  const paint = verdict === 'accept' ? style.good : style.bad;
  const head = formatFields([
    ['verdict', { text: verdict, paint }],
    ...reasons.map((reason) => ['reason', reasonText(reason)] as const),
    ...warnings.map((warning) => ['warning', reasonText(warning)] as const),
    ['anchor', anchor && formatName(anchor.tbsCertificate.subject)],
  ]);
  if (path.length === 0) return head;
  const rows = path.flatMap((certificate, depth) => rowsOf(certificate, depth, revocation[depth]));
  const columns = ['', 'CERTIFICATE', 'STATUS', 'SOURCE', 'SAYS'];
  return `${head}\n${formatTable(
    columns.map((title) => ({ title })),
    rows,
  )}`;
}

function rowsOf(
  certificate: Certificate,
  depth: number,
  revocation: CertificateRevocation | undefined,
): readonly (readonly string[])[] {
  const subject = formatName(certificate.tbsCertificate.subject);
  const tried = revocation?.tried ?? [];
  const status = revocation === undefined ? 'not asked' : wordText(revocation.verdict);
  const [first, ...others] = tried.map((one) => [sourceText(one), saysText(one)] as const);
  return [
    [String(depth), subject, status, ...(first ?? ['-', ''])],
    ...others.map(([source, says]) => ['', '', '', source, says]),
  ];
}

function reasonText({ code, detail, depth }: PeerReason): string {
  return `${code}${depth === undefined ? '' : ` (certificate ${depth})`}: ${detail}`;
}

function reasonJson({
  code,
  detail,
  depth,
}: PeerReason): Readonly<Record<string, Json | undefined>> {
  return { code, detail, depth };
}

function certificateJson({ tbsCertificate }: Certificate): Readonly<Record<string, Json>> {
  const { subject, issuer, serialNumber } = tbsCertificate;
  return {
    subject: formatName(subject),
    issuer: formatName(issuer),
    serialNumber: serialNumber.toString(16),
  };
}

function wordJson(word: RevocationVerdict): Readonly<Record<string, Json | undefined>> {
  if (word.type === 'unavailable') {
    return { status: word.type, code: word.code, detail: word.detail };
  }
  return {
    status: word.type,
    thisUpdate: formatTime(word.thisUpdate),
    nextUpdate: word.nextUpdate && formatTime(word.nextUpdate),
    ...(word.type === 'revoked' && {
      revocationDate: formatTime(word.revocationDate),
      reason: word.reason,
    }),
  };
}

function wordText(word: RevocationVerdict): string {
  return word.type === 'unavailable' ? `unavailable (${word.code})` : word.type;
}

function saysText({ verdict, notes }: SourceTried): string {
  const said = notes.length === 0 ? '' : `; ${notes.join(', ')}`;
  switch (verdict.type) {
    case 'unavailable':
      return `${verdict.code}: ${verdict.detail}${said}`;
    case 'revoked':
      return `revoked on ${formatTime(verdict.revocationDate)}, ${verdict.reason}${said}`;
    case 'good':
    case 'unknown': {
      const until = verdict.nextUpdate ? `, holds until ${formatTime(verdict.nextUpdate)}` : '';
      return `${verdict.type}${until}${said}`;
    }
  }
}

function sourceText({ source }: SourceTried): string {
  switch (source.type) {
    case 'staple':
      return 'staple';
    case 'ocsp':
      return `OCSP ${source.url}${source.from === 'network' ? '' : ` (${source.from})`}`;
    case 'crl':
      return source.url === undefined ? 'CRL' : `CRL ${source.url}`;
  }
}

function sourceJson({ source }: SourceTried): Readonly<Record<string, Json | undefined>> {
  return {
    source: source.type,
    url: source.type === 'staple' ? undefined : source.url,
    from: source.type === 'ocsp' ? source.from : undefined,
  };
}
