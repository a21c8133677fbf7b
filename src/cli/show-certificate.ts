import { encodePem } from '../asn1/pem.ts';
import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import type { CertificateRecord, OutstandingTransaction } from '../store/store.ts';
import { certificateFields, recordFields, type Fields } from './certificate-fields.ts';
import { viewRequest } from './certificate-request-view.ts';
import { viewCertificate } from './certificate-view.ts';
import { commandLine } from './command-line.ts';
import type { CommandContext } from './command.ts';
import { isExpired } from './expiry.ts';
import { failingFields } from './failing-fields.ts';
import { readName, settingWords, standingText, type NameReport } from './name-report.ts';
import { ownFields } from './own-revocation.ts';
import { nextActionText, windowText } from './next-action-text.ts';
import { plural } from './plural.ts';
import type { Style } from './render.ts';
import { deploymentFields, outputText } from './show-deployments.ts';
import { nameJson } from './name-json.ts';
import { readStored } from './stored.ts';
import { formatFields, formatTable } from './table.ts';

/**
 * Print everything about one name: its certificate, the key that waits for one, or CA certificates of that label.
 *
 * @param full PEM of all versions too, and what the hook said
 * @throws {CertError} CERT_UNKNOWN
 */
export async function showCertificate(
  name: string,
  full: boolean,
  context: CommandContext,
): Promise<void> {
  const report = await readStored(context, ({ store, clock }) =>
    readName(store, name, clock.now()),
  );
  if (report === undefined || isNothing(report)) throw unknown(name, context);
  context.print.show(nameJson(report, full), () => {
    const { record, authorities, now } = report;
    const { style } = context.print;
    const sections = isNothing({ ...report, authorities: [] })
      ? []
      : [formatFields(nameFields(report, context)), ...moreOf(report, full)];
    const ofCa = authorities.map(
      (der) =>
        formatFields([
          ['label', name],
          ['state', 'CA certificate'],
          ...certificateFields(viewCertificate(der), now, style),
        ]) + (full ? encodePem('CERTIFICATE', der) : ''),
    );
    // A CA's label may be the name of a certificate too, and then that is what was asked for first.
    return [...sections, ...(record === undefined || full ? ofCa : [])].join('\n');
  });
}

function isNothing({ record, keyRequest, outlook, failing, authorities }: NameReport): boolean {
  return (
    record === undefined &&
    keyRequest === undefined &&
    outlook.outstanding === undefined &&
    failing.length === 0 &&
    authorities.length === 0
  );
}

function nameFields(report: NameReport, { print: { style }, globals }: CommandContext): Fields {
  const { name, record, outlook, next, postponed, deployed, settings, now } = report;
  const { state, outstanding } = outlook;
  const version = record === undefined || record.version === 0 ? '' : `, version ${record.version}`;
  const words = standingText(report);
  return [
    ['label', name],
    [
      'state',
      { text: `${words}${version}`, paint: paintOf(report.hindrance ?? state.type, style) },
    ],
    [
      'revoked',
      record?.revokedAt && {
        text: [formatTime(record.revokedAt), record.revocationReason].filter(Boolean).join(', '),
        paint: style.bad,
      },
    ],
    ...ownFields(report.ownRevocation, style),
    ['next', nextActionText(next, name, now, globals)],
    ['later for', postponed],
    ...failingFields(report.failing, now),
    ['renewal', next.type === 'renew' ? windowText(next.window) : undefined],
    ['fetching', next.type === 'fetch' ? windowText(next.window) : undefined],
    ['request', outstanding && requestText(outstanding)],
    ['CA said', outstanding?.text],
    ...keyRequestFields(report),
    ...(record === undefined ? [] : certificateOf(record, report, style)),
    ...settings.map(([key, value]) => [settingWords[key], value] as const),
    ...(record === undefined ? [] : deploymentFields(deployed, record.id, style)),
  ];
}

function certificateOf(record: CertificateRecord, report: NameReport, style: Style): Fields {
  const view = viewCertificate(record.der);
  const key = keyFields('key', view.key, record.keyId, report);
  return [
    ...certificateFields(view, report.now, style, key),
    ...recordFields(record, report.missingIssuer),
  ];
}

function keyFields(
  title: string,
  type: string,
  keyId: number | undefined,
  { keyUris }: NameReport,
): Fields {
  if (keyId === undefined) return [[title, `${type}, not here`]];
  const uri = keyUris.get(keyId);
  // On a line of its own, to be copied to services.
  return uri === undefined
    ? [[title, `${type}, in the store`]]
    : [
        [title, type],
        [`${title} in token`, uri],
      ];
}

function paintOf(
  type: NameReport['outlook']['state']['type'] | NonNullable<NameReport['hindrance']>,
  style: Style,
) {
  switch (type) {
    case 'active':
    case 'tracked':
      return style.good;
    case 'blocked':
    case 'expired':
    case 'revoked':
    case 'deploy pending':
    case 'deployed, not in use':
      return style.bad;
    case 'superseded':
    case 'none':
      return style.dim;
    default:
      return style.warn;
  }
}

function requestText({
  operation,
  ca,
  phase,
  polls,
  openedAt,
  deadline,
}: OutstandingTransaction): string {
  return (
    `${operation} to ${ca}, ${phase} since ${formatTime(openedAt)}, ` +
    `${plural(polls, 'poll')}, given up at ${formatTime(deadline)}`
  );
}

function keyRequestFields(report: NameReport): Fields {
  const { keyRequest } = report;
  if (keyRequest === undefined) return [];
  const { subject, key } = viewRequest(keyRequest.request);
  return [
    ['request: subject', subject],
    ...keyFields('request: key', key, keyRequest.keyId, report),
    ['request: made', formatTime(keyRequest.createdAt)],
  ];
}

function moreOf(
  { record, keyRequest, others, deployed, now }: NameReport,
  full: boolean,
): string[] {
  const table = others.length === 0 ? [] : [versionTable(others, now)];
  if (!full) return table;
  const said = deployed.runs[0] && outputText(deployed.runs[0]);
  const certificates = record === undefined ? [] : [record.der, ...record.chain];
  const pem = certificates.map((der) => encodePem('CERTIFICATE', der)).join('');
  const asked =
    keyRequest === undefined ? '' : encodePem('CERTIFICATE REQUEST', keyRequest.request);
  return [
    ...(said === undefined || said === '' ? [] : [`The hook said:\n${said}`]),
    ...[pem, asked].filter((text) => text !== ''),
    ...table,
    ...others.map(
      ({ version, status, der }) =>
        `${version === 0 ? status : `Version ${version}`}:\n${encodePem('CERTIFICATE', der)}`,
    ),
  ];
}

function versionTable(versions: readonly CertificateRecord[], now: Date): string {
  const columns = ['VERSION', 'STATUS', 'SERIAL', 'VALID FROM', 'VALID UNTIL', 'STORED'];
  return formatTable(
    columns.map((title) => ({ title })),
    versions.map((record) => {
      const { serialNumber, notBefore, notAfter } = viewCertificate(record.der);
      return [
        record.version === 0 ? '-' : String(record.version),
        isExpired({ notAfter }, now) ? `${record.status}, expired` : record.status,
        serialNumber,
        formatTime(notBefore),
        formatTime(notAfter),
        formatTime(record.createdAt),
      ];
    }),
  );
}

function unknown(name: string, { globals }: CommandContext): CertError {
  return new CertError('CERT_UNKNOWN', `Cannot show certificate "${name}": there is none`, {
    hint: `See ${commandLine(['show', 'cert'], globals)}`,
  });
}
