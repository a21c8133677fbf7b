import { dirname } from 'node:path';
import { CertError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import type { Deployment, OutputFile } from '../store/deployments-contract.ts';
import { groupId, userId } from './accounts.ts';
import { deliveryError, type Place } from './delivery-error.ts';
import { nodeDeliveryFs, type DeliveryFs, type FileStatus } from './delivery-fs.ts';
import { checkDirectory } from './directories.ts';
import type { Delivered, DeliveryOptions, DeploymentDelivery } from './files.ts';
import { contentOf, holdsKey, inDeliveryOrder, type Sealing } from './outputs.ts';
import { placeFiles, tidyUp, type PlacedFile } from './place.ts';
import { previousPath } from './staging.ts';

/**
 * Put the files of a deployment where its service reads them. Owner, group and mode are those of the
 * deployment, else those of the present file, else the usual ones.
 *
 * @throws {CertError} DELIVERY_FAILED, naming path and cause; the old files are then in place again
 */
export async function deliverDeployment(
  delivery: DeploymentDelivery & DeliveryOptions,
): Promise<Delivered> {
  const { name, deployment, confirm, log = silentLog, fs = nodeDeliveryFs } = delivery;
  const place = placeOf(name, deployment);
  try {
    const owners = {
      uid: deployment.owner === undefined ? undefined : await userId(deployment.owner),
      gid: deployment.group === undefined ? undefined : await groupId(deployment.group),
    };
    const outputs = inDeliveryOrder(deployment.files);
    const directories = [...new Set(outputs.map(({ path }) => dirname(path)))];
    const shared = new Set<string>();
    for (const directory of directories)
      if (await checkDirectory(fs, place, directory, log)) shared.add(directory);
    for (const { path } of outputs) await refuseLink(fs, place, path);
    const sealing = await sealingOf(delivery);
    const files = outputs.map((output) =>
      placed(output, delivery, { ...owners, shared, place, sealing }),
    );
    const [staging] = await placeFiles({
      fs,
      place,
      // A name has no "@": this is nobody else's.
      name: `${name}@${deployment.label}`,
      files,
      ...(confirm === undefined ? {} : { confirm }),
    });
    return {
      directory: directories.join(', '),
      files: outputs.map(({ path }) => path),
      previous: staging === undefined ? '' : previousPath(staging),
    };
  } catch (error) {
    if (!isMissing(error)) throw deliveryError(error, place);
    throw new CertError(
      'DELIVERY_FAILED',
      `Cannot deliver "${name}" to "${place.where}": ${error.message}`,
      { cause: error, hint: error.hint ?? 'Put it back where "cert deploy" was told that it is' },
    );
  }
}

/** Tell whether an account or a password is not there, which it was when the deployment was set. */
function isMissing(error: unknown): error is CertError {
  return (
    error instanceof CertError &&
    (error.code === 'CONFIG_INVALID' || error.code === 'SECRET_UNAVAILABLE')
  );
}

/** Get the password now: it may have been changed since the last time. */
async function sealingOf({
  deployment: { files, password: source },
  secret,
  random,
}: DeploymentDelivery & DeliveryOptions): Promise<Sealing | undefined> {
  if (!files.some(({ kind }) => kind === 'pkcs12')) return undefined;
  if (source === undefined || secret === undefined || random === undefined) return undefined;
  const octets = await secret(source, 'password');
  try {
    const password = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
    return { password, random };
  } catch (cause) {
    throw new CertError('SECRET_UNAVAILABLE', 'Cannot use the secret for password: not UTF-8', {
      cause,
    });
  }
}

/**
 * Take away what a killed delivery to a deployment left, before the deployment is forgotten: there may be a
 * key in it.
 *
 * @throws {CertError} DELIVERY_FAILED
 */
export async function tidyDeployment(
  name: string,
  deployment: Deployment,
  fs: DeliveryFs = nodeDeliveryFs,
): Promise<void> {
  const { files, label } = deployment;
  await tidyUp({ fs, place: placeOf(name, deployment), name: `${name}@${label}`, files });
}

/** Name a deployment for messages. */
export function placeOf(name: string, { label }: Pick<Deployment, 'label'>): Place {
  return { name, where: label, elsewhere: 'choose other files with "cert deploy"' };
}

/** Refuse a symbolic link in the place of a file. @throws {CertError} DELIVERY_FAILED */
export async function refuseLink(fs: DeliveryFs, place: Place, path: string): Promise<void> {
  if ((await fs.status(path))?.kind !== 'symlink') return;
  throw new CertError(
    'DELIVERY_FAILED',
    `Cannot deliver "${place.name}" to "${place.where}": "${path}" is a symbolic link`,
    { hint: 'Name the file it leads to, or remove it' },
  );
}

interface Owners {
  readonly place: Place;
  /** The directories whose group can put files there. */
  readonly shared: ReadonlySet<string>;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  readonly sealing: Sealing | undefined;
}

function placed(
  { kind, path }: OutputFile,
  { deployment, ...pems }: DeploymentDelivery,
  owners: Owners,
): PlacedFile {
  const given = holdsKey(kind) ? deployment.keyMode : deployment.mode;
  const content = contentOf(kind, pems, owners.sealing);
  return {
    path,
    content: () => content.make(),
    isContent: (octets) => content.isIn(octets),
    attributes(present) {
      if (holdsKey(kind) && owners.uid === undefined && owners.shared.has(dirname(path)))
        refuseStranger(present, path, owners.place);
      const uid = owners.uid ?? present?.uid;
      const gid = owners.gid ?? present?.gid;
      return {
        mode: given ?? (present === undefined ? usualMode(kind) : keptMode(kind, present)),
        ...(uid === undefined ? {} : { uid }),
        ...(gid === undefined ? {} : { gid }),
      };
    },
    isFit: (present, wanted) =>
      present.mode === wanted.mode && present.uid === wanted.uid && present.gid === wanted.gid,
  };
}

/** Whoever may put a file there could have put it there to be given the key. */
function refuseStranger(present: FileStatus | undefined, path: string, place: Place): void {
  if (present === undefined || [0, process.geteuid?.() ?? 0].includes(present.uid)) return;
  throw new CertError(
    'DELIVERY_FAILED',
    `Cannot deliver "${place.name}" to "${place.where}": "${path}" belongs to uid ${present.uid}, and the whole group of its directory could have put it there`,
    { hint: `Say who is to own it: owner ${present.uid}` },
  );
}

function usualMode(kind: OutputFile['kind']): number {
  return holdsKey(kind) ? 0o600 : 0o644;
}

/** A key that everybody may read is nobody's wish. */
function keptMode(kind: OutputFile['kind'], { mode }: FileStatus): number {
  return holdsKey(kind) ? mode & 0o770 : mode & 0o777;
}
