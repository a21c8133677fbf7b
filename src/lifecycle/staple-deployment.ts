import { CertError } from '../base/errors.ts';
import { isShown } from '../ocsp-staple/decide.ts';
import { isMustStaple } from '../ocsp-staple/must-staple.ts';
import type {
  StapleEndpoint,
  StapleEndpointRecord,
  StaplePublication,
  StapleTarget,
} from '../store/staples-contract.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { askedFor } from './staple-certificate.ts';
import { publicationOf, publishedOf, reportEndpoint } from './staple-endpoint.ts';
import { realStaplePorts } from './staple-ports.ts';
import { stapledRecord, stapleHash, type StapledRecord } from './staple-versions.ts';
import { storedCertificate } from './stored-certificate.ts';

/** The staple that goes to a service together with its certificate. */
export interface DeployedStaple {
  /**
   * HAProxy has the certificate first, in a transaction; ProFTPD reads the files of its certificate at each connection,
   * and finds the staple by its name; others read both when they reload.
   */
  readonly order: 'before files' | 'before check' | 'after check';
  /** Have it where the service takes it up with the certificate. @throws {CertError} DELIVERY_FAILED */
  put(): Promise<void>;
  /** The certificate before stays: have its staple there again, as far as that is possible. */
  putBack(): Promise<void>;
  /** The service was told of both: remember it, and take away what only the certificate before needed. */
  settle(): Promise<void>;
}

/** The staples of a certificate that is deployed. */
export interface DeployedStaples {
  /** By the label of the deployment; absent where no endpoint has that. */
  at(label: string): DeployedStaple | undefined;
}

/**
 * Get the staple of a certificate before it is deployed, so that both are used from the same moment on.
 *
 * @returns undefined where there are no endpoints
 * @throws {CertError} DELIVERY_FAILED for a certificate that clients refuse without a staple (RFC 7633), while there is none
 */
export async function staplesFor(
  context: LifecycleContext,
  record: CertificateRecord,
): Promise<DeployedStaples | undefined> {
  const { store, clock } = context;
  const { name } = record;
  const endpoints = await store.staples.endpoints(name);
  if (endpoints.length === 0) return undefined;
  const version = await askedFor(context, await stapledRecord(store, record));
  const isHeld = isShown(version.kept?.held, clock.now());
  if (!isHeld && isMustStaple(storedCertificate(record.der, `"${name}"`))) {
    const why = version.kept?.error ?? 'none came';
    throw new CertError(
      'DELIVERY_FAILED',
      `Cannot deliver "${name}": clients refuse it without an OCSP response, and there is none: ${why}`,
      { hint: `It is asked for again; see "certkeeper show staple ${name}"` },
    );
  }
  return {
    at(label) {
      const endpoint = endpoints.find((each) => each.label === label);
      return endpoint && deployedStaple(context, endpoint, version);
    },
  };
}

function deployedStaple(
  context: LifecycleContext,
  endpoint: StapleEndpointRecord,
  version: StapledRecord,
): DeployedStaple {
  const { signal, clock, staples: { publish } = realStaplePorts } = context;
  const { target } = endpoint;
  const isLookedAt = endpoint.probe !== undefined;
  const tell = async (to: StapleEndpoint, publication: StaplePublication): Promise<void> => {
    await publish(to, publication, signal).catch((error: unknown) => {
      if (!(error instanceof CertError)) throw error;
      context.log.warn(error.message);
    });
  };
  return {
    order: orders[target.type] ?? 'before check',
    async put() {
      if (target.type === 'listener') return;
      const former = await formerOf(context, endpoint);
      const publication = await publicationOf(
        context,
        version,
        'with-certificate',
        former?.record.der,
      );
      await publish(endpoint, publication, signal);
    },
    async putBack() {
      const former = await formerOf(context, endpoint);
      const files = filesOnly(endpoint);
      if (files === undefined) return;
      const publication = await publicationOf(context, former ?? version, 'with-certificate');
      // Nothing is known of the certificate before: the staple of this one is not for it.
      await tell(files, former === undefined ? bare(publication) : publication);
    },
    async settle() {
      const former = await formerOf(context, endpoint);
      if (target.type === 'proftpd' && former && former.certificate !== version.certificate)
        await tell(endpoint, bare(await publicationOf(context, former, 'alone')));
      const publication = await publicationOf(context, version, 'with-certificate');
      const at = clock.now();
      await reportEndpoint(context, endpoint, {
        published: publishedOf(version, publication, at),
        failures: 0,
        ...(isLookedAt && { nextAt: at }),
      });
    },
  };
}

function bare(publication: StaplePublication): StaplePublication {
  const { staple: _, ...others } = publication;
  return others;
}

const orders: Readonly<Partial<Record<StapleTarget['type'], DeployedStaple['order']>>> = {
  haproxy: 'after check',
  proftpd: 'before files',
};

/** The version that the endpoint was told of last. */
async function formerOf(
  { store }: LifecycleContext,
  { name, published }: StapleEndpointRecord,
): Promise<StapledRecord | undefined> {
  if (published === undefined) return undefined;
  const record = (await store.certificates.versions(name)).find(
    ({ der }) => stapleHash(der) === published.certificate,
  );
  return record && (await stapledRecord(store, record));
}

/** Of HAProxy only the file is put back: what was in the transaction is gone with that. */
function filesOnly({ target, ...endpoint }: StapleEndpoint): StapleEndpoint | undefined {
  if (target.type === 'listener') return undefined;
  if (target.type !== 'haproxy') return { ...endpoint, target };
  return { ...endpoint, target: { type: 'file', file: `${target.file}.ocsp` } };
}
