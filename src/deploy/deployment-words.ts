import { basename, dirname, resolve } from 'node:path';
import { CertError } from '../base/errors.ts';
import { parseLabel, type Label } from '../base/label.ts';
import type { Log } from '../base/log.ts';
import { quoted } from '../base/quoted.ts';
import { groupId, userId } from './accounts.ts';
import { codeOf } from './delivery-error.ts';
import { nodeDeliveryFs } from './delivery-fs.ts';
import { placeOf, refuseLink } from './deployment-files.ts';
import { checkDirectory } from './directories.ts';
import type { Deployment, OutputFile } from '../store/deployments-contract.ts';
import { isGiven, probeFrom, targetFrom } from './target-words.ts';
import { deployUsage as usage, type DeploymentWords } from './deploy-usage.ts';

const kinds = ['key', 'cert', 'chain', 'fullchain', 'combined', 'pkcs12', 'der', 'ca'] as const;

/** Tell whether an operator said anything of where files go: else they are only written again. */
export function isSetting(args: DeploymentWords & { readonly later: boolean }): boolean {
  const { certName: _, to, later, ...settings } = args;
  return later || to !== undefined || Object.values(settings).some(isGiven);
}

/**
 * Make a deployment of what an operator typed, and check all of it that can be checked now.
 *
 * @throws {CertError} USAGE_INVALID, and CONFIG_INVALID for a directory or account that cannot be used
 */
export async function deploymentFrom(args: DeploymentWords, log: Log): Promise<Deployment> {
  const deployment = deploymentOf(args);
  await checkPlaces(args.certName, deployment, log);
  return deployment;
}

/** Make a deployment of words, without a look at this machine. @throws {CertError} USAGE_INVALID */
export function deploymentOf(args: DeploymentWords): Deployment {
  const files = kinds.flatMap((kind): readonly OutputFile[] => {
    const path = args[kind];
    return path === undefined ? [] : [{ kind, path: pathOf(kind, path) }];
  });
  // Charon takes none.
  if (files.length === 0 && args.target !== 'strongswan') {
    throw usage('no file is named', `Name at least one of ${kinds.join(', ')}`);
  }
  const paths = new Set(files.map(({ path }) => path));
  if (paths.size < files.length) throw usage('two files have the same path', 'Name another one');
  const mode = args.mode === undefined ? undefined : parseMode('mode', args.mode, 0o002);
  const keyMode =
    args.keyMode === undefined ? undefined : parseMode('key-mode', args.keyMode, 0o007);
  return {
    label: deploymentLabel(args),
    files,
    ...(args.owner === undefined ? {} : { owner: args.owner }),
    ...(args.group === undefined ? {} : { group: args.group }),
    ...(mode === undefined ? {} : { mode }),
    ...(keyMode === undefined ? {} : { keyMode }),
    ...passwordFrom(args),
    ...targetFrom(args, files),
    ...probeFrom(args),
  };
}

/** Say where the password of a PKCS #12 file is, for a process that nobody can answer, in another directory. */
function passwordFrom({
  pkcs12,
  password,
}: Pick<DeploymentWords, 'pkcs12' | 'password'>): Pick<Deployment, 'password'> {
  if (password === undefined) {
    if (pkcs12 === undefined) return {};
    throw usage('pkcs12 needs a password', hintAtPassword);
  }
  if (pkcs12 === undefined) throw usage('password belongs to pkcs12', 'Name a file with pkcs12');
  switch (password.kind) {
    case 'file':
      if (password.path === '-') break;
      return { password: `file:${resolve(password.path)}` };
    case 'env':
    case 'cred':
      return { password: `${password.kind}:${password.name}` };
    case 'prompt':
    case 'literal':
      break;
  }
  throw usage(
    'the password itself is not stored, and nobody is there to be asked for it later',
    hintAtPassword,
  );
}

const hintAtPassword = 'Say where it is: password file:PATH, env:NAME or cred:NAME';

/** Choose the label of a deployment that an operator gave none. */
function deploymentLabel({ to, target }: Pick<DeploymentWords, 'to' | 'target'>): Label {
  return to ?? parseLabel(target ?? 'files', 'to');
}

/**
 * Look whether files can be put on this machine as a deployment says.
 *
 * @throws {CertError} CONFIG_INVALID for a directory or account that cannot be used
 */
export async function checkPlaces(name: string, deployment: Deployment, log: Log): Promise<void> {
  const { owner, group, files } = deployment;
  if (owner !== undefined) await userId(owner);
  if (group !== undefined) await groupId(group);
  const place = placeOf(name, deployment);
  try {
    for (const directory of new Set(files.map(({ path }) => dirname(path))))
      await checkDirectory(nodeDeliveryFs, place, directory, log);
    for (const { path } of files) await refuseLink(nodeDeliveryFs, place, path);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    // Where this user cannot look, the service may: it has capabilities that an operator at work as its user has not.
    if (codeOf(cause) === 'EACCES') return;
    const hint = cause instanceof CertError ? cause.hint : undefined;
    throw new CertError('CONFIG_INVALID', cause.message, {
      cause,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** NAME_MAX of Linux: a longer one would be stored, and could never be delivered. */
const MAX_NAME_OCTETS = 255;

function pathOf(kind: string, text: string): string {
  if (text === '-' || text.endsWith('/')) {
    throw usage(`${quoted(text)} is no file for ${kind}`, 'Name a file');
  }
  const path = resolve(text);
  // A hook is given the paths one a line.
  if (/\p{Cc}/u.test(path)) {
    throw usage(
      `the path for ${kind}, ${quoted(path)}, has control characters`,
      'Choose one without',
    );
  }
  const length = Buffer.byteLength(basename(path));
  if (length > MAX_NAME_OCTETS) {
    throw usage(
      `the file name for ${kind} has ${length} octets, allowed are ${MAX_NAME_OCTETS}`,
      'Choose a shorter one',
    );
  }
  return path;
}

/**
 * @param forbidden bits that are nobody's to give
 */
function parseMode(word: string, text: string, forbidden: number): number {
  if (!/^0?[0-7]{3}$/.test(text)) {
    throw usage(`${word} ${JSON.stringify(text)} is no mode`, 'Give three octal digits, as in 640');
  }
  const mode = Number.parseInt(text, 8);
  if ((mode & forbidden) === 0) return mode;
  throw usage(
    `${word} ${text} lets everybody ${(forbidden & 0o004) === 0 ? 'write' : 'at the key'}`,
    `Leave those bits out: ${word} ${(mode & ~forbidden).toString(8).padStart(3, '0')}`,
  );
}
