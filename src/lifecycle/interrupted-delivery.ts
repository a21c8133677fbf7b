import { extension } from '../x509/extension-values.ts';
import type { HistoryRecord } from '../store/records-contract.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { deliverCertificate } from './deliver-certificate.ts';
import { additions, contradictions } from './judge-certificate.ts';
import { differences, hasExtensions, type RepeatedCommand } from './repeated.ts';
import type { EnrollmentResult } from './result.ts';
import { storedCertificate } from './stored-certificate.ts';

/**
 * Finish a repeated command whose certificate is current already, and only its files are missing: the
 * process was killed between the two. Asking for a second certificate would be wrong.
 *
 * @returns undefined when that is not how it stands
 * @throws {CertError} DELIVERY_FAILED
 */
export async function finishDelivery(
  context: LifecycleContext,
  repeated: RepeatedCommand,
): Promise<EnrollmentResult | undefined> {
  const { store, log } = context;
  const { operation, name, wanted } = repeated;
  const [pending] = await store.certificates.pendingDelivery(name);
  if (!pending) return undefined;
  // Whoever was told that an update is issued but not delivered, and updates again, wants a new one.
  if (operation === 'kur' && pending.deliveryError !== undefined) return undefined;
  // It was delivered once: what is pending came later, a new anchor for one.
  if (pending.directory !== undefined) return undefined;
  const last = await store.history.last(name);
  if (last?.result !== 'granted') return undefined;
  if (last.operation !== operation && !isMoved(repeated, last, pending)) return undefined;
  const { subject, subjectAltNames } = wanted;
  const issued = storedCertificate(pending.der, `"${name}"`);
  const asked = {
    ...(subject && { subject }),
    ...(subjectAltNames.length > 0 && {
      extensions: [extension('subjectAltName', subjectAltNames)],
    }),
  };
  // The names are compared as the CA's answer was: it may have added some where none were asked for.
  const { extensions = [], subjectPublicKeyInfo: publicKey } = issued.tbsCertificate;
  const { ca: from, url } = pending;
  const isIt =
    contradictions(issued, asked).length === 0 &&
    differences(repeated, { ca: from, url, asked: { ...asked, publicKey } }).length === 0 &&
    hasExtensions(repeated, extensions);
  if (!isIt) return undefined;

  log.info(`the ${operation} for "${name}" is granted; its files are written now`);
  const { ca, transactionID } = last;
  const files = await deliverCertificate(context, pending, transactionID);
  const certificate = (await store.certificates.get(pending.id)) ?? pending;
  return {
    name,
    ca,
    transactionID,
    type: 'issued',
    certificate,
    differences: [],
    additions: additions(issued, asked),
    files,
  };
}

/** An update asks by ir or cr where the certificate was moved to another CA; no other of those finds one to follow. */
function isMoved(
  { operation }: RepeatedCommand,
  last: HistoryRecord,
  { version }: CertificateRecord,
): boolean {
  return operation === 'kur' && version > 1 && (last.operation === 'ir' || last.operation === 'cr');
}
