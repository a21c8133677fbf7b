import type {
  PeerReport,
  ReportedReason,
  ReportedSource,
  ReportedWord,
} from '../validation/peer-report.ts';
import type { Style } from './render.ts';
import { formatFields, formatTable } from './table.ts';

/** Write a verdict on a peer for people. */
export function peerText(report: PeerReport, style: Style): string {
  const { verdict, reasons, warnings, path, anchor } = report;
  const paint = verdict === 'accept' ? style.good : style.bad;
  const head = formatFields([
    ['verdict', { text: verdict, paint }],
    ...reasons.map((reason) => ['reason', reasonText(reason)] as const),
    ...warnings.map((warning) => ['warning', reasonText(warning)] as const),
    ['anchor', anchor?.subject],
  ]);
  if (path.length === 0) return head;
  const rows = path.flatMap(({ subject }, depth) =>
    rowsOf(subject, depth, report.revocation[depth]),
  );
  const columns = ['', 'CERTIFICATE', 'STATUS', 'SOURCE', 'SAYS'];
  return `${head}\n${formatTable(
    columns.map((title) => ({ title })),
    rows,
  )}`;
}

function rowsOf(
  subject: string,
  depth: number,
  revocation: PeerReport['revocation'][number] | undefined,
): readonly (readonly string[])[] {
  const status = revocation === undefined ? 'not asked' : wordText(revocation);
  const tried = revocation?.tried ?? [];
  const [first, ...others] = tried.map((one) => [sourceText(one), saysText(one)] as const);
  return [
    [String(depth), subject, status, ...(first ?? ['-', ''])],
    ...others.map(([source, says]) => ['', '', '', source, says]),
  ];
}

function reasonText({ code, detail, depth }: ReportedReason): string {
  return `${code}${depth === undefined ? '' : ` (certificate ${depth})`}: ${detail}`;
}

function wordText({ status, code }: ReportedWord): string {
  return status === 'unavailable' ? `unavailable (${code})` : status;
}

function saysText({ notes, ...word }: ReportedSource): string {
  const { status, code, detail, revocationDate, reason, nextUpdate } = word;
  const said = notes.length === 0 ? '' : `; ${notes.join(', ')}`;
  switch (status) {
    case 'unavailable':
      return `${code}: ${detail}${said}`;
    case 'revoked':
      return `revoked on ${revocationDate}, ${reason}${said}`;
    case 'good':
    case 'unknown':
      return `${status}${nextUpdate === undefined ? '' : `, holds until ${nextUpdate}`}${said}`;
  }
}

function sourceText({ source, url, from }: ReportedSource): string {
  switch (source) {
    case 'staple':
      return 'staple';
    case 'ocsp':
      return `OCSP ${url}${from === 'network' ? '' : ` (${from})`}`;
    case 'crl':
      return url === undefined ? 'CRL' : `CRL ${url}`;
  }
}
