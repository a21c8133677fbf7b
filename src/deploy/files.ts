import { join } from 'node:path';
import type { Label } from '../base/label.ts';
import { silentLog, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Deployment } from '../store/deployments-contract.ts';
import { openCertStore } from './cert-store.ts';
import { nodeDeliveryFs, type DeliveryFs } from './delivery-fs.ts';
import { refuseFormerKey } from './former-key.ts';
import { placeFiles } from './place.ts';
import { previousPath } from './staging.ts';

/** A certificate with its key, on the way to where services read them. */
export interface DeliveredPems {
  readonly name: Label;
  /** Private key. Absent when it is not ours: there is no such file then. */
  readonly keyPem?: string;
  /** CA certificates, issuer first; may be empty. */
  readonly chainPem: string;
  readonly certificatePem: string;
  /** The anchors of its CA profile; absent where they are not asked for, or there are none. */
  readonly anchorsPem?: string;
}

/** The three files in the cert-store location. */
export interface CertStoreDelivery extends DeliveredPems {
  /** Created with mode 0700 if missing. */
  readonly directory: string;
}

/** The files that an operator asked for, for one service. */
export interface DeploymentDelivery extends DeliveredPems {
  readonly deployment: Deployment;
  /** Called when the files stand; whoever throws here gets the old ones back. */
  readonly confirm?: () => Promise<void>;
}

/** A certification request and its key, for an operator who carries the request to a CA. */
export interface RequestDelivery extends Pick<DeliveredPems, 'name' | 'keyPem'> {
  /** Created with mode 0700 if missing. */
  readonly directory: string;
  readonly requestPem: string;
}

/** What can be delivered. */
export type Delivery = CertStoreDelivery | DeploymentDelivery | RequestDelivery;

/** What a delivery stands on. */
export interface DeliveryOptions {
  readonly log?: Log;
  readonly fs?: DeliveryFs;
  /** Where the salts of PKCS #12 files come from; without it there are none. */
  readonly random?: Random;
  /** Gets the password of a PKCS #12 file. @throws {CertError} SECRET_UNAVAILABLE */
  readonly secret?: (source: string, what: string) => Promise<Uint8Array>;
}

/** Where the files are. */
export interface Delivered {
  /** The directories, if there are several, with commas between them. */
  readonly directory: string;
  /** Paths, in the order in which they were written. */
  readonly files: readonly string[];
  /** Directory with the set that was replaced, if there is one; of several directories the first. */
  readonly previous: string;
}

/**
 * Put the files of a certificate where services read them: all of them, or none, see `placeFiles`. Into the
 * cert-store location go `NAME.key.pem` with mode 0600, `NAME.chain.pem` and `NAME.cert.pem`; a symbolic
 * link in the place of a file there is replaced, not followed. The replaced set stays in `NAME.previous/`.
 *
 * Two deliveries of one name at a time are the caller's to prevent. Where they happen all the same, one takes
 * the other's work for left-overs, and whichever finds its own gone begins again.
 *
 * @throws {CertError} DELIVERY_FAILED, naming path and cause; the old files are then in place again
 */
export async function deliverFiles(delivery: Delivery & DeliveryOptions): Promise<Delivered> {
  if ('requestPem' in delivery) {
    const { deliverRequest } = await import('./request-files.ts');
    return deliverRequest(delivery);
  }
  if ('directory' in delivery) return deliverToCertStore(delivery);
  const { deliverDeployment } = await import('./deployment-files.ts');
  return deliverDeployment(delivery);
}

async function deliverToCertStore(
  delivery: CertStoreDelivery & DeliveryOptions,
): Promise<Delivered> {
  const { directory, name, keyPem, log = silentLog, fs = nodeDeliveryFs } = delivery;
  const { place, file } = await openCertStore({ directory, name, log, fs });
  const files = [
    ...(keyPem === undefined ? [] : [file('key', keyPem, 0o600)]),
    file('chain', delivery.chainPem, 0o644),
    file('cert', delivery.certificatePem, 0o644),
  ];
  const [staging] = await placeFiles({
    fs,
    place,
    name,
    files,
    async check() {
      if (keyPem !== undefined) return;
      await refuseFormerKey(fs, place, join(directory, `${name}.key.pem`), delivery, log);
    },
  });
  return {
    directory,
    files: files.map(({ path }) => path),
    previous: staging === undefined ? directory : previousPath(staging),
  };
}
