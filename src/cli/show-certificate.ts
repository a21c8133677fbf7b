import { encodePem } from '../asn1/pem.ts';
import { CertError } from '../base/errors.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import { viewCertificate } from './certificate-view.ts';
import { commandLine } from './command-line.ts';
import type { CommandContext } from './command.ts';
import { colourOfExpiry, isExpired } from './expiry.ts';
import type { Json } from './json.ts';
import { formatTime } from '../base/format-time.ts';
import {
  deploymentFields,
  deploymentsJson,
  outputText,
  viewDeployments,
} from './show-deployments.ts';
import { readStored } from './stored.ts';
import { formatFields, formatTable } from './table.ts';

/**
 * Print everything about one certificate.
 *
 * @param full its other versions and the PEM text too
 * @throws {CertError} CERT_UNKNOWN
 */
export async function showCertificate(
  name: string,
  full: boolean,
  context: CommandContext,
): Promise<void> {
  const read = await readStored(context, async ({ store, clock }) => {
    const versions = await store.certificates.versions(name);
    const shown = (await store.certificates.latest(name)) ?? versions[0];
    const isOutstanding = shown === undefined && (await hasRequest(store, name));
    const keyUris = await keyUrisOf(store, shown === undefined ? [] : [shown, ...versions]);
    const deployed = await viewDeployments(store, name);
    const hashUrl = await store.nameSettings.get(name, 'hash-url');
    return { versions, shown, now: clock.now(), isOutstanding, keyUris, deployed, hashUrl };
  });
  if (read?.shown === undefined) {
    throw unknown(name, read?.isOutstanding === true, context);
  }
  const { versions, shown, now, keyUris, deployed, hashUrl } = read;
  const others = full ? versions.filter((version) => version.id !== shown.id) : [];
  const json = {
    certificate: {
      ...recordJson(shown, full, keyUris, now),
      certHashUrl: hashUrl,
      ...deploymentsJson(deployed, shown.id, full),
    },
    versions: full ? others.map((version) => recordJson(version, true, keyUris, now)) : undefined,
  };
  context.print.show(json, () => {
    const view = viewCertificate(shown.der);
    const text = formatFields([
      ['label', shown.name],
      [
        'status',
        `${statusText(shown, now)}${shown.version === 0 ? '' : `, version ${shown.version}`}`,
      ],
      [
        'revoked',
        shown.revokedAt && {
          text: [formatTime(shown.revokedAt), shown.revocationReason].filter(Boolean).join(', '),
          paint: context.print.style.bad,
        },
      ],
      ['subject', view.subject],
      ...view.subjectAltNames.map((san) => ['san', san] as const),
      ['issuer', view.issuer],
      ['serial', view.serialNumber],
      ['valid from', formatTime(view.notBefore)],
      [
        'valid until',
        {
          text: formatTime(view.notAfter),
          paint: colourOfExpiry(view, now, context.print.style),
        },
      ],
      ['key', `${view.key}${shown.keyId === undefined ? ', not here' : ''}`],
      ['key in token', keyUris.get(shown.keyId ?? 0)],
      ['signature', view.signature],
      ['SHA-256', view.sha256],
      ...shown.chain.map((der) => ['chain', viewCertificate(der).subject] as const),
      ['came by', shown.source],
      ['CA profile', shown.ca],
      ['url', shown.url],
      ['hash and URL', hashUrl],
      ['stored', formatTime(shown.createdAt)],
      ['files in', shown.directory],
      ['delivered', shown.deliveredAt === undefined ? undefined : formatTime(shown.deliveredAt)],
      ['delivery error', shown.deliveryError],
      ...deploymentFields(deployed, shown.id, context.print.style),
    ]);
    if (!full) return text;
    const pem = [shown.der, ...shown.chain].map((der) => encodePem('CERTIFICATE', der)).join('');
    const said = deployed.runs[0] && outputText(deployed.runs[0]);
    const last = said === undefined || said === '' ? '' : `\nThe hook said:\n${said}`;
    return `${text}${last}\n${pem}${others.length === 0 ? '' : `\n${versionTable(others, now)}`}`;
  });
}

/** What is in use is told from what was, until its lifetime ended. */
function statusText({ status, der }: CertificateRecord, now: Date): string {
  return status === 'current' && isExpired(viewCertificate(der), now) ? 'expired' : status;
}

function versionTable(versions: readonly CertificateRecord[], now: Date): string {
  const columns = ['VERSION', 'STATUS', 'SERIAL', 'VALID FROM', 'VALID UNTIL', 'STORED'];
  return formatTable(
    columns.map((title) => ({ title })),
    versions.map((record) => {
      const { serialNumber, notBefore, notAfter } = viewCertificate(record.der);
      return [
        record.version === 0 ? '-' : String(record.version),
        statusText(record, now),
        serialNumber,
        formatTime(notBefore),
        formatTime(notAfter),
        formatTime(record.createdAt),
      ];
    }),
  );
}

function recordJson(
  record: CertificateRecord,
  full: boolean,
  keyUris: ReadonlyMap<number, string>,
  now: Date,
): { [key: string]: Json | undefined } {
  const { notBefore, notAfter, shortName: _, ...view } = viewCertificate(record.der);
  return {
    label: record.name,
    status: record.status,
    version: record.version,
    ...view,
    notBefore: formatTime(notBefore),
    notAfter: formatTime(notAfter),
    expired: isExpired({ notAfter }, now),
    hasKey: record.keyId !== undefined,
    keyUri: keyUris.get(record.keyId ?? 0),
    source: record.source,
    ca: record.ca,
    url: record.url,
    createdAt: formatTime(record.createdAt),
    directory: record.directory,
    deliveredAt: record.deliveredAt === undefined ? undefined : formatTime(record.deliveredAt),
    deliveryError: record.deliveryError,
    revokedAt: record.revokedAt === undefined ? undefined : formatTime(record.revokedAt),
    revocationReason: record.revocationReason,
    pem: full ? encodePem('CERTIFICATE', record.der) : undefined,
    chainPem: full ? record.chain.map((der) => encodePem('CERTIFICATE', der)) : undefined,
  };
}

/** Find where the keys are that are in tokens, by the id of the key. */
async function keyUrisOf(
  { keys }: Store,
  records: readonly CertificateRecord[],
): Promise<ReadonlyMap<number, string>> {
  const uris = new Map<number, string>();
  for (const { keyId } of records) {
    if (keyId === undefined || uris.has(keyId)) continue;
    const { tokenUri } = await keys.publicKey(keyId);
    if (tokenUri !== undefined) uris.set(keyId, tokenUri);
  }
  return uris;
}

async function hasRequest(store: Store, name: string): Promise<boolean> {
  return (await store.transactions.outstanding(name)).length > 0;
}

function unknown(name: string, isOutstanding: boolean, { globals }: CommandContext): CertError {
  const look = isOutstanding ? ['show', 'cmp', 'outstanding-req'] : ['show', 'cert'];
  return new CertError(
    'CERT_UNKNOWN',
    `Cannot show certificate "${name}": ${isOutstanding ? 'its request is still outstanding' : 'there is none'}`,
    { hint: `See ${commandLine(look, globals)}` },
  );
}
