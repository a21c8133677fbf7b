import { basename, dirname, join } from 'node:path';
import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { silentLog, type Log } from '../base/log.ts';
import type {
  StapleEndpoint,
  StaplePublication,
  StaplePublished,
} from '../store/staples-contract.ts';
import { groupId, userId } from './accounts.ts';
import { deliveryError, type Place } from './delivery-error.ts';
import { nodeDeliveryFs, type DeliveryFs } from './delivery-fs.ts';
import { refuseLink } from './deployment-files.ts';
import { checkDirectory } from './directories.ts';
import { placeFiles, type PlacedFile } from './place.ts';
import { stapleFiles, type StapleFile } from './staple-files.ts';
import { serverOf } from './staple-servers.ts';

/** What publishing stands on. */
export interface PublishOptions {
  readonly log?: Log;
  readonly fs?: DeliveryFs;
}

/**
 * Have an endpoint serve a staple with a certificate, or none any more: all of its files change, or none, and then the
 * server is told. The same octets again are not written, and nobody is told; only HAProxy gets them again, who forgets
 * at a restart what it was told. A server that does not run finds its files when it starts.
 *
 * @throws {CertError} DELIVERY_FAILED; what was there before is there still, but for a server that does not run
 */
export async function publishStaple(
  endpoint: StapleEndpoint,
  publication: StaplePublication,
  signal?: AbortSignal,
  { log = silentLog, fs = nodeDeliveryFs }: PublishOptions = {},
): Promise<StaplePublished> {
  const place = placeOf(endpoint, publication);
  const { written, removed } = stapleFiles(endpoint.target, publication);
  const server = serverOf(endpoint.target, publication, signal);
  try {
    const paths = [...written.map(({ path }) => path), ...removed];
    for (const directory of new Set(paths.map((path) => dirname(path))))
      await checkDirectory(fs, place, directory, log);
    for (const path of paths) {
      await refuseLink(fs, place, path);
      const present = await fs.status(path);
      if (present === undefined) continue;
      if (present.kind !== 'file') throw Object.assign(new Error('not a file'), { path });
      refusePem(await fs.read(path), place, path);
    }
    const owners = await ownersOf(endpoint);
    const aside = await putAside(fs, removed);
    let isChanged = aside.length > 0;
    try {
      const files = written.map((file) =>
        placed(file, endpoint.mode, owners, () => (isChanged = true)),
      );
      const confirm = async (): Promise<void> => {
        if (await server.take(isChanged)) isChanged = true;
      };
      // A deployment of the same label may be under way in the same directory.
      const name = `${publication.name}@${endpoint.label}.staple`;
      if (files.length === 0) await confirm();
      else await placeFiles({ fs, place, name, files, confirm });
    } catch (error) {
      // What cannot be put back is found by whoever withdraws it the next time.
      for (const path of aside) await fs.rename(asidePath(path), path).catch(() => {});
      throw error;
    }
    for (const path of aside) await fs.remove(asidePath(path));
    for (const directory of new Set(aside.map((path) => dirname(path))))
      await fs.syncDirectory(directory);
    await server.miss(isChanged);
    return { isChanged };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof CertError) || error.code === 'DELIVERY_FAILED')
      throw deliveryError(error, place);
    throw new CertError(
      'DELIVERY_FAILED',
      `Cannot deliver "${place.name}" to "${place.where}": ${error.message}`,
      { cause: error, hint: error.hint ?? 'Put it back where "staple add" was told that it is' },
    );
  }
}

function placeOf({ label }: StapleEndpoint, { name }: StaplePublication): Place {
  return {
    name: `OCSP response of ${name}`,
    where: label,
    elsewhere: 'choose another place with "staple add"',
    safe: 'OCSP response',
  };
}

/** A path that was mistaken for another would cost a service its key. */
function refusePem(present: Uint8Array, place: Place, path: string): void {
  if (!Buffer.from(present).includes('-----BEGIN ')) return;
  throw new CertError(
    'DELIVERY_FAILED',
    `Cannot deliver "${place.name}" to "${place.where}": "${path}" holds a certificate or a key`,
    { hint: `It stays as it is: ${place.elsewhere}` },
  );
}

interface Owners {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

async function ownersOf({ owner, group }: StapleEndpoint): Promise<Owners> {
  return {
    uid: owner === undefined ? undefined : await userId(owner),
    gid: group === undefined ? undefined : await groupId(group),
  };
}

/** A staple is no secret: every server may read it, whoever it runs as. */
const usualMode = 0o644;

function placed(
  { path, octets }: StapleFile,
  mode: number | undefined,
  owners: Owners,
  write: () => void,
): PlacedFile {
  return {
    path,
    content() {
      write();
      return octets;
    },
    isContent: (present) => bytesEqual(present, octets),
    attributes(present) {
      const uid = owners.uid ?? present?.uid;
      const gid = owners.gid ?? present?.gid;
      return {
        // Everybody could put an old response there; no server needs that.
        mode: mode ?? (present === undefined ? usualMode : present.mode & 0o775),
        ...(uid !== undefined && { uid }),
        ...(gid !== undefined && { gid }),
      };
    },
    isFit: (present, wanted) =>
      present.mode === wanted.mode && present.uid === wanted.uid && present.gid === wanted.gid,
  };
}

/** Where a file that is to go waits until the server has been told. */
function asidePath(path: string): string {
  return join(dirname(path), `.${basename(path)}.withdrawn`);
}

/** Rename what is to go, so that it can be put back. @returns those that were there */
async function putAside(fs: DeliveryFs, paths: readonly string[]): Promise<readonly string[]> {
  const aside: string[] = [];
  for (const path of paths) {
    if ((await fs.status(path)) !== undefined) {
      await fs.remove(asidePath(path));
      await fs.rename(path, asidePath(path));
      aside.push(path);
      // Else left by a process that was killed, and whoever serves it has perhaps not been told.
    } else if ((await fs.status(asidePath(path))) !== undefined) aside.push(path);
  }
  return aside;
}
