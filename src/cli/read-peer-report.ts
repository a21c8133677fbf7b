import type {
  PeerReport,
  ReportedCertificate,
  ReportedReason,
  ReportedSource,
  ReportedWord,
} from '../validation/peer-report.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Read what an agent answered about a peer. Whatever the agent of another version says, only what is known here is
 * taken, in the order in which it is printed.
 *
 * @returns undefined when it says no verdict
 */
export function readPeerReport(answer: object): PeerReport | undefined {
  const { verdict, reasons, warnings, path, anchor, revocation }: Fields = { ...answer };
  if (verdict !== 'accept' && verdict !== 'reject') return undefined;
  return {
    verdict,
    reasons: each(reasons).map(reasonOf),
    warnings: each(warnings).map(reasonOf),
    path: each(path).map(certificateOf),
    ...(isObject(anchor) && { anchor: certificateOf({ ...anchor }) }),
    revocation: each(revocation).map((one) => ({
      ...certificateOf(one),
      accepted: one['accepted'] === true,
      ...wordOf(one),
      tried: each(one['tried']).map((tried) => ({
        ...sourceOf(tried),
        ...wordOf(tried),
        notes: list(tried['notes']).filter((note) => typeof note === 'string'),
      })),
    })),
  };
}

function reasonOf({ code, detail, depth }: Fields): ReportedReason {
  return {
    code: text(code),
    detail: text(detail),
    ...(typeof depth === 'number' && { depth }),
  };
}

function certificateOf({ subject, issuer, serialNumber }: Fields): ReportedCertificate {
  return { subject: text(subject), issuer: text(issuer), serialNumber: text(serialNumber) };
}

const statuses = ['good', 'revoked', 'unknown'] as const;
const wordFields = [
  'code',
  'detail',
  'thisUpdate',
  'nextUpdate',
  'revocationDate',
  'reason',
] as const;

function wordOf(fields: Fields): ReportedWord {
  return {
    status: statuses.find((one) => one === fields['status']) ?? 'unavailable',
    ...Object.fromEntries(
      wordFields.flatMap((field) => {
        const value = fields[field];
        return typeof value === 'string' ? [[field, value] as const] : [];
      }),
    ),
  };
}

const sources = ['staple', 'ocsp'] as const;

function sourceOf({ source, url, from }: Fields): Pick<ReportedSource, 'source' | 'url' | 'from'> {
  return {
    source: sources.find((one) => one === source) ?? 'crl',
    ...(typeof url === 'string' && { url }),
    ...(typeof from === 'string' && { from }),
  };
}

function each(value: unknown): readonly Fields[] {
  return list(value)
    .filter(isObject)
    .map((one) => ({ ...one }));
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
