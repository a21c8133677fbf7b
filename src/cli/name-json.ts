import { encodePem } from '../asn1/pem.ts';
import { toHex } from '../base/bytes.ts';
import { formatTime } from '../base/format-time.ts';
import type { CertificateRecord, OutstandingTransaction } from '../store/store.ts';
import { viewJson } from './certificate-fields.ts';
import { viewCertificate } from './certificate-view.ts';
import { isExpired } from './expiry.ts';
import { failingJson } from './failing-fields.ts';
import type { Json } from './json.ts';
import { standingText, type NameReport } from './name-report.ts';
import { nextActionJson } from './next-action-text.ts';
import { ownJson } from './own-revocation.ts';
import { deploymentsJson } from './show-deployments.ts';
import { viewRequest } from './certificate-request-view.ts';

type JsonObject = { readonly [key: string]: Json | undefined };

/**
 * Put everything about a name into JSON.
 *
 * @param full PEM too, and all runs of its hook
 */
export function nameJson(report: NameReport, full: boolean): JsonObject {
  const { name, record, others, outlook, keyRequest, settings, deployed, authorities } = report;
  const { outstanding } = outlook;
  return {
    label: name,
    state:
      outlook.state.type === 'none' && report.hindrance === undefined
        ? undefined
        : standingText(report),
    next: { ...nextActionJson(report.next), postponed: report.postponed },
    failing: failingJson(report.failing),
    request: outstanding && requestJson(outstanding),
    certificate: record && {
      ...recordJson(record, report, full),
      missingIssuer: report.missingIssuer,
      revocation: ownJson(report.ownRevocation),
      ...deploymentsJson(deployed, record.id, full),
    },
    versions: record && others.map((each) => recordJson(each, report, full)),
    keyRequest: keyRequest && {
      ...requestedJson(keyRequest.request),
      ...keyJson(keyRequest.keyId, report),
      createdAt: formatTime(keyRequest.createdAt),
      pem: full ? encodePem('CERTIFICATE REQUEST', keyRequest.request) : undefined,
    },
    settings: settings.length === 0 ? undefined : Object.fromEntries(settings),
    caCertificates:
      authorities.length === 0
        ? undefined
        : authorities.map((der) => ({
            ...viewJson(viewCertificate(der)),
            pem: full ? encodePem('CERTIFICATE', der) : undefined,
          })),
  };
}

function recordJson(record: CertificateRecord, report: NameReport, full: boolean): JsonObject {
  const view = viewCertificate(record.der);
  return {
    label: record.name,
    status: record.status,
    version: record.version,
    ...viewJson(view),
    expired: isExpired(view, report.now),
    ...keyJson(record.keyId, report),
    source: record.source,
    ca: record.ca,
    url: record.url,
    createdAt: formatTime(record.createdAt),
    directory: record.directory,
    deliveredAt: record.deliveredAt && formatTime(record.deliveredAt),
    deliveryError: record.deliveryError,
    revokedAt: record.revokedAt && formatTime(record.revokedAt),
    revocationReason: record.revocationReason,
    pem: full ? encodePem('CERTIFICATE', record.der) : undefined,
    chainPem: full ? record.chain.map((der) => encodePem('CERTIFICATE', der)) : undefined,
  };
}

function requestedJson(request: Uint8Array): JsonObject {
  const { subject, key } = viewRequest(request);
  return { subject, key };
}

function keyJson(keyId: number | undefined, { keyUris }: NameReport): JsonObject {
  return { hasKey: keyId !== undefined, keyUri: keyUris.get(keyId ?? 0) };
}

function requestJson(request: OutstandingTransaction): JsonObject {
  return {
    request: request.operation,
    ca: request.ca,
    url: request.url,
    state: request.phase,
    openedAt: formatTime(request.openedAt),
    nextAt: request.nextAt && formatTime(request.nextAt),
    deadline: formatTime(request.deadline),
    polls: request.polls,
    text: request.text,
    transactionID: toHex(request.transactionID),
  };
}
