import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { Deployment, HookRun, OutputFile } from '../store/deployments-contract.ts';
import type { CertificateRecord } from '../store/store.ts';
import { alone } from './alone.ts';
import { socketsOf } from './charon-deployments.ts';
import type { LifecycleContext } from './context.ts';
import { deliverCertificate } from './deliver-certificate.ts';
import { occasionOf, tryHook } from './deploy-hook.ts';
import { assertManaged } from './tracked.ts';

/** What became of a change to where a certificate goes. */
export type DeployResult =
  | {
      readonly type: 'deployed';
      readonly certificate: CertificateRecord;
      readonly files: readonly string[];
    }
  /** Stored; it counts from the next delivery on. */
  | { readonly type: 'stored' };

/**
 * Store where the certificates of a name go, and deploy the current one: an operator who sets this wants
 * to know now whether it works.
 *
 * @param isLater only store it
 * @throws {CertError} CONFIG_INVALID when a file is another deployment's, or is to hold a key that is in a token, CERT_TRACKED, DELIVERY_FAILED
 */
export async function setDeployment(
  context: LifecycleContext,
  name: Label,
  deployment: Deployment,
  isLater: boolean,
): Promise<DeployResult> {
  return alone(context, name, 0, async (held) => {
    const current = await held.store.certificates.current(name);
    if (current) assertManaged(current, 'deploy');
    await refuseTokenKey(held, name, current, deployment);
    await tidyUp(held, name, deployment.label);
    await held.store.deployments.put(name, deployment);
    return isLater ? { type: 'stored' } : deployPending(held, name);
  });
}

/** @throws {CertError} CONFIG_INVALID */
async function refuseTokenKey(
  { store }: Pick<LifecycleContext, 'store'>,
  name: Label,
  current: CertificateRecord | undefined,
  { files }: Deployment,
): Promise<void> {
  // Before the first certificate, the request that waits for it says where the key is.
  const keyId = current === undefined ? (await store.keyRequests.get(name))?.keyId : current.keyId;
  if (keyId === undefined) return;
  const { holdsKey } = await import('../deploy/outputs.ts');
  const file = files.find(({ kind }) => holdsKey(kind));
  if (file === undefined || (await store.keys.publicKey(keyId)).tokenUri === undefined) return;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot deploy "${name}" with ${file.kind}: its key is in a token, which it never leaves`,
    {
      hint: `Leave ${file.kind} out; services use the key by the URI that "certkeeper show cert ${name}" shows`,
    },
  );
}

/**
 * Forget where the certificates of a name go. Its files stay; when it was the last deployment, the current
 * certificate goes to the cert-store location. Where others are left, what they cannot do is only warned of.
 *
 * @returns undefined when there was none; `deployed` only where it went to the cert-store location
 * @throws {CertError} DELIVERY_FAILED; CONFIG_INVALID when IPsec peers need it
 */
export async function removeDeployment(
  context: LifecycleContext,
  name: Label,
  label: Label,
): Promise<DeployResult | undefined> {
  return alone(context, name, 0, async (held) => {
    await assertNoPeers(held, name, label);
    await tidyUp(held, name, label);
    if (!(await held.store.deployments.remove(name, label))) return undefined;
    if ((await held.store.deployments.list(name)).length === 0) return deployPending(held, name);
    // With what was forgotten, the delivery may be done.
    await deployPending(held, name).catch((error: unknown) => {
      if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
      held.log.warn(error.message);
    });
    return { type: 'stored' };
  });
}

/**
 * Keep the deployment that peers have: without it they would never have another certificate.
 *
 * @throws {CertError} CONFIG_INVALID
 */
async function assertNoPeers(
  { store }: Pick<LifecycleContext, 'store'>,
  name: Label,
  label: string,
): Promise<void> {
  const all = await store.deployments.list(name);
  const gone = socketsOf(all.filter((each) => each.label === label));
  const left = socketsOf(all.filter((each) => each.label !== label));
  if (gone.length === 0) return;
  const peer = (await store.ipsecPeers.ofCertificate(name)).find(
    ({ socket }) => gone.includes(socket) && !left.includes(socket),
  );
  if (peer === undefined) return;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot undo deployment "${label}" of "${name}": IPsec peer "${peer.name}" has its certificate by it`,
    { hint: `Remove that first, with "certkeeper ipsec peer remove ${peer.name}"` },
  );
}

/** Take away what a killed delivery left where nobody will deliver to any more. */
export async function tidyUp(
  { store, log }: LifecycleContext,
  name: Label,
  label: string,
): Promise<void> {
  const known = (await store.deployments.list(name)).find((each) => each.label === label);
  if (known === undefined) return;
  const { tidyDeployment } = await import('../deploy/deployment-files.ts');
  await tidyDeployment(name, known).catch((error: unknown) => {
    // Its directory may be gone, or closed to us by now: no reason to hold to it.
    if (!(error instanceof CertError)) throw error;
    log.warn(error.message);
  });
}

/** Deploy the current certificate of a name again, all of it. @throws {CertError} CERT_UNKNOWN, CERT_TRACKED, DELIVERY_FAILED */
export async function deployAgain(context: LifecycleContext, name: Label): Promise<DeployResult> {
  return alone(context, name, 0, async (held) => {
    assertManaged(await currentOf(held, name, 'deploy'), 'deploy');
    await held.store.deployments.restart(name);
    return deployPending(held, name);
  });
}

/** Deploy what is left to do of a name, for whoever works on it alone. @throws {CertError} DELIVERY_FAILED */
export async function deployPending(context: LifecycleContext, name: Label): Promise<DeployResult> {
  const [pending] = await context.store.certificates.pendingDelivery(name);
  if (pending === undefined) return { type: 'stored' };
  const files = await deliverCertificate(context, pending, '');
  return { type: 'deployed', certificate: pending, files };
}

/** How a try of a hook went. */
export interface HookTrial {
  readonly run: HookRun;
  /** What was wrong; absent when nothing was. */
  readonly complaint: string | undefined;
}

/**
 * Run the hook of a name for its current certificate, as a delivery would, with the event `test`. Nothing
 * else changes.
 *
 * @throws {CertError} CERT_UNKNOWN, CONFIG_INVALID when there is no hook
 */
export async function testHook(context: LifecycleContext, name: Label): Promise<HookTrial> {
  return alone(context, name, 0, async (held) => {
    const { deployments, certificates } = held.store;
    const record = await currentOf(held, name, 'test the hook of');
    const hook = await deployments.hook(name);
    if (hook === undefined) {
      throw new CertError('CONFIG_INVALID', `Cannot test the hook of "${name}": it has none`, {
        hint: `Set one with "certkeeper cert hook cert-name ${name} -- /path/of/program"`,
      });
    }
    const configured = (await deployments.list(name)).flatMap(({ files }) => files);
    const files = configured.length > 0 ? configured : await inCertStore(held, record);
    const versions = await certificates.versions(name);
    return tryHook(held, hook, occasionOf(record, files, versions, 'test'));
  });
}

async function inCertStore(
  { store }: LifecycleContext,
  { name, directory, keyId }: CertificateRecord,
): Promise<readonly OutputFile[]> {
  if (directory === undefined) return [];
  const key = keyId === undefined ? undefined : await store.keys.publicKey(keyId);
  const hasFile = key !== undefined && key.tokenUri === undefined;
  const kinds = [...(hasFile ? (['key'] as const) : []), 'chain', 'cert'] as const;
  return kinds.map((kind) => ({ kind, path: `${directory}/${name}.${kind}.pem` }));
}

async function currentOf(
  { store }: LifecycleContext,
  name: Label,
  what: string,
): Promise<CertificateRecord> {
  const current = await store.certificates.current(name);
  if (current !== undefined) return current;
  throw new CertError('CERT_UNKNOWN', `Cannot ${what} "${name}": it has no current certificate`, {
    hint: 'See "certkeeper show cert"',
  });
}
