import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import type { Label } from '../base/label.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';
import { sameName } from '../x509/name.ts';
import { aloneSoon } from './alone.ts';
import { assertNoCaLabel } from './ca-store.ts';
import type { LifecycleContext } from './context.ts';
import { importedChain } from './import-chain.ts';
import { chooseLeaf, endOf } from './import-leaf.ts';
import { storedCertificate } from './stored-certificate.ts';

/** A certificate to be watched. */
export interface TrackRequest {
  readonly name: Label;
  /** Where it is read from; absent: where it was before. */
  readonly source?: string;
  /** Read what a source holds now. */
  read(source: string): Promise<readonly Certificate[]>;
}

/** What the source holds. */
export interface TrackResult {
  readonly certificate: CertificateRecord;
  readonly source: string;
  /** It has not changed since it was read last. */
  readonly isUnchanged: boolean;
}

/**
 * Watch a certificate that somebody else renews: `cert track`. It is stored without a key, and where it is read from is
 * remembered; whenever it is read again, another one that is there by then becomes the next version. It is never
 * renewed, signed with or delivered from here.
 *
 * @throws {CertError} CERT_EXISTS when the name is that of a certificate managed here, CERT_UNKNOWN without a source,
 *   CERT_INVALID, and what `read` throws
 */
export async function trackCertificate(
  context: LifecycleContext,
  request: TrackRequest,
): Promise<TrackResult> {
  return aloneSoon(context, request.name, (held) => trackAlone(held, request));
}

async function trackAlone(
  context: LifecycleContext,
  { name, source: given, read }: TrackRequest,
): Promise<TrackResult> {
  const { store, clock, log } = context;
  const current = await store.certificates.latest(name);
  await assertFree(store, name, current);
  const before = await store.nameSettings.get(name, 'track-source');
  const source = given ?? before;
  if (source === undefined) {
    throw new CertError('CERT_UNKNOWN', `Cannot track "${name}": it is not tracked yet`, {
      hint: `Say where it is: "certkeeper cert track cert-name ${name} file PATH", or endpoint HOST:PORT`,
    });
  }
  const certificates = await read(source);
  const at = clock.now();
  const leaf = chooseLeaf('track', name, { certificates }, at);
  const { chain: issuers } = await importedChain(store, leaf, certificates, undefined);
  const der = certificateDer(leaf);
  for (const warning of warningsOf(name, leaf, current, at)) log.warn(warning);
  if (current && bytesEqual(current.der, der)) {
    if (source !== before) await store.nameSettings.set(name, 'track-source', source);
    return { certificate: current, source, isUnchanged: true };
  }
  const chain = issuers.map(certificateDer);
  const settings = [['track-source', source]] as const;
  const imported = { name, der, chain, source: 'track', settings, at } as const;
  const certificate = await store.certificates.import(imported);
  return { certificate, source, isUnchanged: false };
}

async function assertFree(
  store: Store,
  name: Label,
  current: CertificateRecord | undefined,
): Promise<void> {
  await assertNoCaLabel(store, name);
  const isAsked =
    (await store.transactions.overview(name)).length > 0 ||
    (await store.keyRequests.get(name)) !== undefined;
  if (!isAsked && (!current || current.source === 'track')) return;
  const why = isAsked ? 'a certificate of that name was asked for' : 'it is managed here';
  throw new CertError('CERT_EXISTS', `Cannot track "${name}": ${why}`, {
    hint: 'Choose another cert-name',
  });
}

function warningsOf(
  name: Label,
  leaf: Certificate,
  before: CertificateRecord | undefined,
  at: Date,
): readonly string[] {
  const { subject } = leaf.tbsCertificate;
  const old = before && storedCertificate(before.der, `"${name}"`);
  return [
    ...(at > endOf(leaf)
      ? [`the certificate of "${name}" expired on ${formatTime(endOf(leaf))}`]
      : []),
    ...(old && !sameName(old.tbsCertificate.subject, subject)
      ? [
          `"${name}" is another's now: its subject is ${quoteName(subject)}, it was ${quoteName(old.tbsCertificate.subject)}`,
        ]
      : []),
    ...(old && endOf(leaf) < endOf(old)
      ? [
          `the certificate of "${name}" ends on ${formatTime(endOf(leaf))}, earlier than the one before it (${formatTime(endOf(old))})`,
        ]
      : []),
  ];
}
