import { join } from 'node:path';
import { bytesEqual, utf8 } from '../base/bytes.ts';
import type { Label } from '../base/label.ts';
import { silentLog, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Deployment } from '../store/deployments-contract.ts';
import { deliveryError, type Place } from './delivery-error.ts';
import {
  nodeDeliveryFs,
  type DeliveryFs,
  type FileAttributes,
  type FileStatus,
} from './delivery-fs.ts';
import { prepareDirectory } from './directories.ts';
import { refuseFormerKey } from './former-key.ts';
import { placeFiles, type PlacedFile } from './place.ts';
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
  const place: Place = {
    name,
    where: directory,
    elsewhere: 'choose another place with "cmp cert-store location"',
  };
  let isShared: boolean;
  try {
    isShared = await prepareDirectory(fs, place, directory, log);
  } catch (error) {
    throw deliveryError(error, place);
  }
  const file = (part: string, text: string, mode: OwnFile['mode']): PlacedFile =>
    ownFile({ path: join(directory, `${name}.${part}.pem`), text, mode, isShared });
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

/** A file in the cert-store location. */
export interface OwnFile {
  readonly path: string;
  readonly text: string;
  /** Of a new file: 0600 where a key is in it. */
  readonly mode: 0o600 | 0o644;
  /** Others can put files into its directory. */
  readonly isShared: boolean;
}

/** Describe a file in the cert-store location: owner, group and mode are those an operator gave it, else ours. */
export function ownFile({ path, text, mode, isShared }: OwnFile): PlacedFile {
  const content = utf8(text);
  return {
    path,
    content: () => content,
    isContent: (octets) => bytesEqual(octets, content),
    attributes: (present) => keptAttributes(present, mode, isShared),
    // Fewer permissions are the operator's to give; more are taken away.
    isFit: (present, wanted) => (present.mode & ~wanted.mode) === 0,
  };
}

function keptAttributes(
  present: FileStatus | undefined,
  mode: OwnFile['mode'],
  isShared: boolean,
): FileAttributes {
  const self = process.geteuid?.() ?? 0;
  if (present?.kind !== 'file') return { mode };
  // Whoever may put a file there could have put it there to be given the key.
  if (isShared && present.uid !== 0 && present.uid !== self) return { mode };
  // Others than root give nothing away, and only to their own groups.
  const mayGive = (groups: readonly number[]): boolean =>
    self === 0 || groups.includes(present.gid);
  return {
    mode: keptMode(present.mode, mode),
    ...(self === 0 && { uid: present.uid }),
    ...(mayGive(process.getgroups?.() ?? []) && { gid: present.gid }),
  };
}

/** A key that everybody may read, or a file that everybody may write, is nobody's wish. */
function keptMode(present: number, usual: OwnFile['mode']): number {
  if (usual === 0o644) return present & 0o775;
  return (present & 0o007) === 0 ? present & 0o770 : usual;
}
