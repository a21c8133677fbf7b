import { join } from 'node:path';
import { bytesEqual, utf8 } from '../base/bytes.ts';
import type { Log } from '../base/log.ts';
import { deliveryError, type Place } from './delivery-error.ts';
import type { DeliveryFs, FileAttributes, FileStatus } from './delivery-fs.ts';
import { prepareDirectory } from './directories.ts';
import type { PlacedFile } from './place.ts';

/** The cert-store location, made ready for the files of one name. */
export interface CertStore {
  readonly place: Place;
  /** `NAME.part.pem` in it. */
  file(part: string, text: string, mode: OwnFile['mode']): PlacedFile;
}

/**
 * Make the cert-store location ready.
 *
 * @throws {CertError} DELIVERY_FAILED
 */
export async function openCertStore({
  directory,
  name,
  log,
  fs,
}: {
  readonly directory: string;
  readonly name: string;
  readonly log: Log;
  readonly fs: DeliveryFs;
}): Promise<CertStore> {
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
  return {
    place,
    file: (part, text, mode) =>
      ownFile({ path: join(directory, `${name}.${part}.pem`), text, mode, isShared }),
  };
}

/** A file in the cert-store location. */
interface OwnFile {
  readonly path: string;
  readonly text: string;
  /** Of a new file: 0600 where a key is in it. */
  readonly mode: 0o600 | 0o644;
  /** Others can put files into its directory. */
  readonly isShared: boolean;
}

/** Describe a file in the cert-store location: owner, group and mode are those an operator gave it, else ours. */
function ownFile({ path, text, mode, isShared }: OwnFile): PlacedFile {
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
