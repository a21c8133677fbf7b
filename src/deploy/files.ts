import { dirname, join } from 'node:path';
import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { silentLog, type Log } from '../base/log.ts';
import { nodeDeliveryFs, type DeliveryFs, type FileStatus } from './delivery-fs.ts';
import {
  abandon,
  commit,
  keepPrevious,
  moveIn,
  previousPath,
  recover,
  stagingPath,
  takeAway,
  type Staging,
} from './staging.ts';

/** A certificate with its key, on the way to where services read them. */
export interface Delivery {
  /** Created with mode 0700 if missing. */
  readonly directory: string;
  readonly name: Label;
  /** Private key; the file gets mode 0600. Absent when it is not ours: there is no such file then. */
  readonly keyPem?: string;
  /** CA certificates, issuer first; may be empty. */
  readonly chainPem: string;
  readonly certificatePem: string;
  readonly log?: Log;
  readonly fs?: DeliveryFs;
}

/** Where the files are. */
export interface Delivered {
  readonly directory: string;
  /** Paths of key, if there is one, chain and certificate. */
  readonly files: readonly string[];
  /** Directory with the set that was replaced, if there is one. */
  readonly previous: string;
}

/**
 * Put `NAME.key.pem`, `NAME.chain.pem` and `NAME.cert.pem` into a directory: all of them, or none. Each is
 * written beside its place, brought to the disk, and renamed over the old one, so that a reader sees whole
 * files; key first and certificate last. The replaced set stays in `NAME.previous/`. A symbolic link in
 * the place of a file is replaced, not followed. What a killed delivery left is finished or taken back
 * first; files that already are what is to be delivered are left alone.
 *
 * Two deliveries of one name at a time are the caller's to prevent. Where they happen all the same, one takes
 * the other's work for left-overs, and whichever finds its own gone begins again.
 *
 * @throws {CertError} DELIVERY_FAILED, naming path and cause; the old files are then in place again
 */
export async function deliverFiles(delivery: Delivery): Promise<Delivered> {
  const { directory, name } = delivery;
  const fs = delivery.fs ?? nodeDeliveryFs;
  const { keyPem } = delivery;
  const contents: readonly Content[] = [
    ...(keyPem === undefined ? [] : [{ file: `${name}.key.pem`, text: keyPem, mode: 0o600 }]),
    { file: `${name}.chain.pem`, text: delivery.chainPem, mode: 0o644 },
    { file: `${name}.cert.pem`, text: delivery.certificatePem, mode: 0o644 },
  ];
  const staging: Staging = { fs, directory, name, files: contents.map(({ file }) => file) };
  await prepareDirectory(staging, delivery.log ?? silentLog).catch((error: unknown) => {
    throw deliveryError(error, staging);
  });
  await untilAlone(staging, async () => {
    await recover(staging);
    if (!(await isDelivered(staging, contents))) await replace(staging, contents);
  });
  return {
    directory,
    files: staging.files.map((file) => join(directory, file)),
    previous: previousPath(staging),
  };
}

// More than twice is bad luck already: whoever comes last in a round finds the files delivered.
const maxRounds = 5;

async function untilAlone(staging: Staging, deliver: () => Promise<void>): Promise<void> {
  for (let round = 1; ; round++) {
    try {
      await deliver();
      return;
    } catch (error) {
      if (round === maxRounds || !isDisturbed(error)) throw deliveryError(error, staging);
    }
  }
}

/** Tell whether something came or went that only another delivery could have made or taken away. */
function isDisturbed(error: unknown): boolean {
  return ['ENOENT', 'EEXIST', 'ENOTEMPTY'].includes(codeOf(error));
}

interface Content {
  readonly file: string;
  readonly text: string;
  readonly mode: number;
}

async function prepareDirectory({ fs, directory }: Staging, log: Log): Promise<void> {
  const found = await fs.targetStatus(directory);
  if (found === undefined) {
    await fs.makeDirectory(directory, 0o700, true);
    await fs.syncDirectory(dirname(directory));
  } else if (found.kind !== 'directory') {
    throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR', path: directory });
  } else {
    for (const text of dangers(found, directory)) log.warn(text);
  }
}

/** Say who else can replace the files in a directory. */
function dangers({ mode, uid }: FileStatus, directory: string): readonly string[] {
  const isSticky = (mode & 0o1000) !== 0;
  const found: string[] = [];
  // Root can do so everywhere.
  if (uid !== 0 && uid !== (process.geteuid?.() ?? uid))
    found.push(
      `the owner of "${directory}" (uid ${uid}) can replace the files in it; choose a directory of this user`,
    );
  if ((mode & 0o002) !== 0 && !isSticky)
    found.push(
      `every user of this machine can replace the files in "${directory}"; take its o+w away`,
    );
  else if ((mode & 0o020) !== 0 && !isSticky)
    found.push(`its whole group can replace the files in "${directory}"; take its g+w away`);
  return found;
}

async function isDelivered(staging: Staging, contents: readonly Content[]): Promise<boolean> {
  for (const { file, text, mode } of contents) {
    const path = join(staging.directory, file);
    const status = await staging.fs.status(path);
    if (status?.kind !== 'file' || (status.mode & ~mode) !== 0) return false;
    if ((await staging.fs.readText(path)) !== text) return false;
  }
  return true;
}

async function replace(staging: Staging, contents: readonly Content[]): Promise<void> {
  const { fs } = staging;
  const prepared = stagingPath(staging, 'prepare');
  try {
    await fs.makeDirectory(prepared, 0o700, false);
    for (const { file, text, mode } of contents)
      await fs.writeNew(join(prepared, file), text, mode);
    await keepPrevious(staging);
    await commit(staging);
    await moveIn(staging);
  } catch (error) {
    // What is there may be the other one's, who goes on with it; else the next round, or delivery, does.
    if (!isDisturbed(error)) await backOut(staging, error);
    throw error;
  }
  // The new files stand; what cannot be tidied up now is at the next delivery.
  await takeAway(staging, 'commit').catch(() => {});
}

async function backOut(staging: Staging, error: unknown): Promise<void> {
  const { fs } = staging;
  try {
    if ((await fs.status(stagingPath(staging, 'commit'))) !== undefined) await abandon(staging);
    // Nothing was touched yet; what cannot be taken away now is at the next delivery.
    else await fs.removeAll(stagingPath(staging, 'prepare')).catch(() => {});
  } catch (second) {
    throw new CertError(
      'DELIVERY_FAILED',
      `${deliveryError(error, staging).message}; nor can the old files be put back: ${reasonOf(second)}`,
      {
        cause: new AggregateError([error, second]),
        hint: 'Set that right: the next delivery goes on from there',
      },
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'disk quota exceeded',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  ENOENT: 'is gone, another delivery may be under way',
  EEXIST: 'exists, another delivery may be under way',
  ENOTEMPTY: 'is not empty, another delivery may be under way',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'input/output error',
};

function deliveryError(error: unknown, { directory, name }: Staging): CertError {
  if (error instanceof CertError) return error;
  const elsewhere = 'choose another place with "cmp cert-store location"';
  const code = codeOf(error);
  return new CertError(
    'DELIVERY_FAILED',
    `Cannot deliver "${name}" to "${directory}": ${reasonOf(error)}`,
    {
      cause: error,
      hint:
        code === 'ENOSPC' || code === 'EDQUOT'
          ? `Free some space, or ${elsewhere}; the certificate is safe in the store`
          : `Let this user write there, or ${elsewhere}; the certificate is safe in the store`,
    },
  );
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  const reason = reasons[code];
  const text = reason === undefined ? error.message : `${reason} (${code})`;
  return 'path' in error && typeof error.path === 'string' ? `"${error.path}": ${text}` : text;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
