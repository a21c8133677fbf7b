import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { StapleEndpoint } from '../store/staples-contract.ts';
import type { Store } from '../store/store.ts';
import { alone } from './alone.ts';
import type { LifecycleContext } from './context.ts';
import { stapleHeld, type StapleReport } from './staple-certificate.ts';
import { apartWarnings } from './same-service.ts';
import { realStaplePorts } from './staple-ports.ts';
import { publicationOf, type ToldEndpoint } from './staple-endpoint.ts';
import { readStapling } from './staple-versions.ts';
import { findWords } from './validation-words.ts';

/** What holds for all staples of a name; what is left out stays as it is. */
export interface StapleSettings {
  /** Name of an OCSP object; `none`: as the certificate and its CA profile say. */
  readonly ocsp?: string | undefined;
  readonly whenRevoked?: 'alarm' | 'renew' | undefined;
  readonly endless?: 'refuse' | 'allow' | undefined;
}

/** What became of setting an endpoint. */
export type AddedEndpoint =
  | ({ readonly type: 'stapled' } & StapleReport)
  /** Stored; there is no certificate yet. */
  | { readonly type: 'stored' };

/**
 * Have the staple of a certificate served at an endpoint, in place of one of the same label, and do so at once.
 *
 * @throws {CertError} CONFIG_INVALID when there is no such OCSP object, or another endpoint or a deployment has that file; IN_PROGRESS
 */
export async function addEndpoint(
  context: LifecycleContext,
  name: Label,
  endpoint: StapleEndpoint,
  settings: StapleSettings,
): Promise<AddedEndpoint> {
  return alone(context, name, 0, async (held) => {
    await checkStaple(held.store, name, endpoint, settings);
    await putStapleSettings(held.store, name, settings);
    await held.store.staples.putEndpoint(name, endpoint);
    const deployments = await held.store.deployments.list(name);
    for (const warning of apartWarnings(endpoint, deployments)) held.log.warn(warning);
    if ((await held.store.certificates.current(name)) === undefined) return { type: 'stored' };
    return { type: 'stapled', ...(await stapleHeld(held, name)) };
  });
}

/** Look whether an endpoint can be set so. @throws {CertError} CONFIG_INVALID */
export async function checkStaple(
  store: Store,
  name: Label,
  endpoint: StapleEndpoint,
  { ocsp }: StapleSettings,
): Promise<void> {
  if (ocsp !== undefined && ocsp !== 'none' && !(await findWords(store, 'ocsp', ocsp))) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot staple "${name}" by "${ocsp}": there is no such OCSP object`,
      {
        hint: 'See "certkeeper show ocsp"',
      },
    );
  }
  const files = filesOf(endpoint);
  const endpoints = await store.staples.endpoints();
  for (const file of files) {
    const other = endpoints.find(
      (each) =>
        filesOf(each).includes(file) && !(each.name === name && each.label === endpoint.label),
    );
    const whose =
      (other && `endpoint "${other.label}" of "${other.name}"`) ??
      (await deploymentOf(store, file));
    if (whose === undefined) continue;
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot staple "${name}" at "${file}": that is ${whose}`,
      {
        hint: 'Choose another file; see "certkeeper show staple"',
      },
    );
  }
}

/** The files of a target that are written; in a directory each certificate has its own. */
function filesOf({ target }: StapleEndpoint): readonly string[] {
  switch (target.type) {
    case 'haproxy':
      return [`${target.file}.ocsp`];
    case 'nginx':
      return [target.file, `${target.file}.include`];
    case 'lighttpd':
    case 'file':
      return [target.file];
    case 'proftpd':
    case 'listener':
      return [];
  }
}

/** A key or a certificate stands there: a response in its place would end a service. */
async function deploymentOf({ deployments }: Store, file: string): Promise<string | undefined> {
  for (const name of await deployments.names()) {
    const found = (await deployments.list(name)).find(({ files }) =>
      files.some(({ path }) => path === file),
    );
    if (found) return `a file of deployment "${found.label}" of "${name}"`;
  }
  return undefined;
}

/** Set what holds for all staples of a name. */
export async function putStapleSettings(
  { nameSettings }: Store,
  name: Label,
  { ocsp, whenRevoked, endless }: StapleSettings,
): Promise<void> {
  if (ocsp === 'none') await nameSettings.remove(name, 'staple-ocsp');
  else if (ocsp !== undefined) await nameSettings.set(name, 'staple-ocsp', ocsp);
  if (whenRevoked === 'alarm') await nameSettings.remove(name, 'staple-revoked');
  else if (whenRevoked !== undefined) await nameSettings.set(name, 'staple-revoked', whenRevoked);
  if (endless === 'refuse') await nameSettings.remove(name, 'staple-endless');
  else if (endless !== undefined) await nameSettings.set(name, 'staple-endless', endless);
}

/**
 * Serve no staple at an endpoint any more: nobody would keep it fresh. It is withdrawn first; where that fails, the
 * endpoint stays, unless it is to be forgotten all the same.
 *
 * @returns `false` when there was none
 * @throws {CertError} DELIVERY_FAILED, IN_PROGRESS
 */
export async function removeEndpoint(
  context: LifecycleContext,
  name: Label,
  label: string,
  { isForced = false }: { readonly isForced?: boolean } = {},
): Promise<boolean> {
  return alone(context, name, 0, async (held) => {
    const { store } = held;
    const stapling = await readStapling(store, name);
    const endpoint = stapling?.endpoints.find(({ record }) => record.label === label);
    if (endpoint === undefined) return false;
    await withdrawStaple(held, endpoint, isForced);
    await store.staples.removeEndpoint(name, label);
    const isLast = stapling?.endpoints.length === 1;
    if (isLast) {
      await store.staples.keepOnly(name, []);
      for (const key of ['staple-ocsp', 'staple-revoked', 'staple-endless'] as const) {
        await store.nameSettings.remove(name, key);
      }
    }
    return true;
  });
}

/**
 * Withdraw what is served of a name that is about to be forgotten, for whoever works on it: nobody would do so before it
 * ends. What cannot be withdrawn is warned of.
 */
export async function withdrawStaples(held: LifecycleContext, name: Label): Promise<void> {
  const stapling = await readStapling(held.store, name);
  for (const endpoint of stapling?.endpoints ?? []) await withdrawStaple(held, endpoint, true);
}

async function withdrawStaple(
  held: LifecycleContext,
  { record, version }: ToldEndpoint,
  isForced: boolean,
): Promise<void> {
  const { log, signal, staples: { publish } = realStaplePorts } = held;
  if (!version || record.published?.staple === undefined) return;
  if (record.target.type === 'listener') return;
  const { staple: _, ...publication } = await publicationOf(held, version, 'alone');
  await publish(record, publication, signal).catch((error: unknown) => {
    if (!isForced || !(error instanceof CertError)) throw error;
    log.warn(error.message);
  });
}
