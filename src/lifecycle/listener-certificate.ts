import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Label } from '../base/label.ts';
import { encodePem } from '../asn1/pem.ts';
import { isShown } from '../ocsp-staple/decide.ts';
import type { ListenerCertificate } from '../ocsp-staple/listener.ts';
import { isMustStaple } from '../ocsp-staple/must-staple.ts';
import type { KeptStaple } from '../store/staples-contract.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { chainToSend } from './build-chain.ts';
import { readStapling, stapleHash } from './staple-versions.ts';
import { storedCertificate } from './stored-certificate.ts';
import { tlsCertificate } from './tls-certificate.ts';

/** What certificates of listeners are read from. */
export interface ListenerContext {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** How long a renewed certificate waits for its first response where clients take it without one, too. */
const WAIT_MS = 10 * 60_000;

/**
 * Read the certificate of a name with its key and its staple, as a listener serves it now. A renewed one waits for its
 * staple as long as the one before can still be served, so that both change at one moment; one that clients refuse
 * without (RFC 7633) until then, others for ten minutes, or until it was asked for in vain.
 *
 * @param before what is served; undefined for a listener that begins
 * @throws {CertError} CERT_UNKNOWN, KEY_UNUSABLE, and those of the store
 */
export async function listenerCertificate(
  context: ListenerContext,
  name: Label,
  before?: ListenerCertificate,
): Promise<ListenerCertificate> {
  const { store, clock } = context;
  const doing = 'serve TLS';
  const hint =
    'See "certkeeper show cert"; a listener needs a certificate with its key in the store';
  const { record, shown } = await tlsCertificate(store, name, doing, hint);
  const id = stapleHash(record.der);
  const kept = await store.staples.get(id);
  if (before && before.id === id) return withStaple(before, kept, clock.now());
  const certificate = storedCertificate(record.der, `"${name}"`);
  if (before && waits(before, { record, certificate, kept }, clock.now())) {
    return withStaple(before, await store.staples.get(before.id), clock.now());
  }
  const current = { record, pkcs8: shown.pkcs8 };
  const former = before ? undefined : await formerOf(context, name, { record, certificate, kept });
  return await servedOf(context, name, former ?? current);
}

interface WithKey {
  readonly record: CertificateRecord;
  /** PKCS #8. */
  readonly pkcs8: Uint8Array;
}

async function servedOf(
  context: ListenerContext,
  name: Label,
  { record, pkcs8 }: WithKey,
): Promise<ListenerCertificate> {
  const { store, clock } = context;
  const id = stapleHash(record.der);
  const chain = [record.der, ...(await chainToSend(context, record))];
  const served: ListenerCertificate = {
    name,
    id,
    certificate: storedCertificate(record.der, `"${name}"`),
    chain: chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
    key: encodePem('PRIVATE KEY', pkcs8),
  };
  return withStaple(served, await store.staples.get(id), clock.now());
}

/**
 * Find, for a listener that begins while a certificate waits for its staple without which clients refuse it, the one
 * before with its own.
 */
async function formerOf(
  { store, clock }: ListenerContext,
  name: Label,
  { record, certificate, kept }: Renewed,
): Promise<WithKey | undefined> {
  if (isShown(kept?.held, clock.now()) || !isMustStaple(certificate)) return undefined;
  const id = stapleHash(record.der);
  const stapling = await readStapling(store, name);
  const former = stapling?.versions.find(
    (version) => version.certificate !== id && isShown(version.kept?.held, clock.now()),
  );
  const keyId = former?.record.keyId;
  if (former === undefined || keyId === undefined) return undefined;
  if ((await store.keys.publicKey(keyId)).tokenUri !== undefined) return undefined;
  return { record: former.record, pkcs8: await store.keys.privateKey(keyId) };
}

interface Renewed {
  readonly record: CertificateRecord;
  readonly certificate: Certificate;
  readonly kept: KeptStaple | undefined;
}

function waits(
  before: ListenerCertificate,
  { record, certificate, kept }: Renewed,
  now: Date,
): boolean {
  if (isShown(kept?.held, now)) return false;
  if (before.certificate.tbsCertificate.validity.notAfter.value <= now) return false;
  if (isMustStaple(certificate)) return true;
  const age = now.getTime() - record.createdAt.getTime();
  return before.staple !== undefined && kept?.triedAt === undefined && age >= 0 && age < WAIT_MS;
}

/** The same object as long as nothing has changed. */
function withStaple(
  served: ListenerCertificate,
  kept: KeptStaple | undefined,
  now: Date,
): ListenerCertificate {
  const held = isShown(kept?.held, now) ? kept?.held : undefined;
  if (served.staple === undefined && held === undefined) return served;
  const { staple: _, ...rest } = served;
  return { ...rest, ...(held && { staple: { der: held.der, until: held.until } }) };
}
