import { CertError } from '../base/errors.ts';
import { encodePem } from '../asn1/pem.ts';
import type { DeliveredPems } from '../deploy/files.ts';
import type { HookEvent } from '../deploy/hook-environment.ts';
import type {
  DeploymentRecord,
  DeploymentState,
  OutputFile,
} from '../store/deployments-contract.ts';
import type { CertificateRecord } from '../store/store.ts';
import { anchorsPem } from './anchors-pem.ts';
import { chainToSend } from './build-chain.ts';
import { socketsOf } from './charon-deployments.ts';
import type { LifecycleContext } from './context.ts';
import { runHook } from './deploy-hook.ts';
import type { DeployedStaple, DeployedStaples } from './staple-deployment.ts';
import { certStoreLocation } from './setting-keys.ts';
import { keyOfCertificate } from './stored-certificate.ts';

/** Where a certificate stands now. */
export interface Deployed {
  /** The directories, with commas between them. */
  readonly directory: string;
  /** Paths, in the order in which they were written, and the sockets of those who take none. */
  readonly files: readonly string[];
}

/**
 * Put the files of a certificate where its deployments say, or into the cert-store location where none has
 * files, tell the services, and run its hook. Each deployment succeeds or fails for itself, and one that is
 * done is not done again.
 *
 * @param event what the hook is told; absent: what the versions show
 * @throws {CertError} DELIVERY_FAILED with everything that is not done
 */
export async function deployCertificate(
  context: LifecycleContext,
  record: CertificateRecord,
  event?: HookEvent,
): Promise<Deployed> {
  const { name } = record;
  const deployments = await context.store.deployments.list(name);
  const hasAnchors = deployments.some(({ files }) => files.some(({ kind }) => kind === 'ca'));
  const pems = await pemsOf(context, record, hasAnchors);
  const left = deployments.filter((deployment) => !isDone(deployment, record));
  if (pems.keyPem === undefined) await refuseKeyAlone(context, record, deployments, left);
  const staples = await staplesOf(context, record, left);
  await toServices(context, record, { pems, staples }, left);
  const deployed = goesToCertStore(record, deployments)
    ? await toCertStore(context, pems)
    : standing(deployments);
  await runHook(context, record, deployed.outputs, event);
  // Last: the hook may be what makes a service take its files.
  for (const deployment of left) await look(context, record, deployment);
  throwAll(failuresOf(await context.store.deployments.list(name), record));
  const paths = deployed.outputs.map(({ path }) => path);
  return { directory: deployed.directory, files: [...paths, ...socketsOf(deployments)] };
}

/** An IKE daemon takes no files: where they go otherwise is not changed by it. What was imported came from files. */
function goesToCertStore(
  { source }: CertificateRecord,
  deployments: readonly DeploymentRecord[],
): boolean {
  if (deployments.length === 0) return true;
  return source !== 'import' && deployments.every(({ files }) => files.length === 0);
}

interface Standing {
  readonly directory: string;
  readonly outputs: readonly OutputFile[];
}

/**
 * Put a certificate into the form it is delivered in, with its key where that is here.
 *
 * @param hasAnchors the anchors of its CA profile are delivered, too
 */
export async function pemsOf(
  context: LifecycleContext,
  record: CertificateRecord,
  hasAnchors: boolean,
): Promise<DeliveredPems> {
  const { store } = context;
  const { name, keyId, der } = record;
  const chain = await chainToSend(context, record);
  const anchors = hasAnchors ? await anchorsPem(context, record) : undefined;
  return {
    name,
    // A key in a token has no file: services use it through the token.
    ...(keyId !== undefined &&
      (await store.keys.publicKey(keyId)).tokenUri === undefined && {
        keyPem: encodePem('PRIVATE KEY', await keyOfCertificate(store, record, keyId)),
      }),
    chainPem: chain.map((issuer) => encodePem('CERTIFICATE', issuer)).join(''),
    certificatePem: encodePem('CERTIFICATE', der),
    ...(anchors !== undefined && { anchorsPem: anchors }),
  };
}

async function toCertStore(
  { store, deliver, defaultCertStore }: LifecycleContext,
  pems: DeliveredPems,
): Promise<Standing> {
  const directory = (await store.settings.get(certStoreLocation)) ?? defaultCertStore;
  const { files } = await deliver({ directory, ...pems });
  const kinds = [
    ...(pems.keyPem === undefined ? [] : (['key'] as const)),
    'chain',
    'cert',
  ] as const;
  const outputs = kinds.map((kind, index) => ({ kind, path: files[index] ?? '' }));
  return { directory, outputs };
}

/** What goes to services. */
interface Delivered {
  readonly pems: DeliveredPems;
  readonly staples: DeployedStaples | undefined;
}

/** Get its staple first, where it has endpoints. @throws {CertError} DELIVERY_FAILED when it must not be used without */
async function staplesOf(
  context: LifecycleContext,
  record: CertificateRecord,
  left: readonly DeploymentRecord[],
): Promise<DeployedStaples | undefined> {
  if ((await context.store.staples.endpoints(record.name)).length === 0) return undefined;
  const { staplesFor } = await import('./staple-deployment.ts');
  try {
    return await staplesFor(context, record);
  } catch (error) {
    if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
    for (const each of left) await report(context, record, each, 'pending', error.message);
    throw error;
  }
}

/** @throws {CertError} DELIVERY_FAILED when one fails, after all were tried */
async function toServices(
  context: LifecycleContext,
  record: CertificateRecord,
  delivered: Delivered,
  deployments: readonly DeploymentRecord[],
): Promise<void> {
  const failures: CertError[] = [];
  for (const deployment of deployments) {
    // Before its files change: what it was is not what it is from here on, wherever this ends.
    await report(context, record, deployment, 'pending');
    try {
      const { target } = deployment;
      if (target?.type === 'strongswan') {
        const { deployToStrongswan } = await import('./ipsec-deployment.ts');
        const instead = await deployToStrongswan(context, record, target);
        await reportUse(context, record, deployment, instead);
        continue;
      }
      await toService(context, delivered, deployment);
      if (deployment.probe === undefined) await report(context, record, deployment, 'deployed');
    } catch (error) {
      if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
      await report(context, record, deployment, 'pending', error.message);
      failures.push(error);
    }
  }
  throwAll(failures);
}

/**
 * Keep certificates away from a key file that a deployment writes by itself, and now cannot: the key in it is that of
 * the certificate before. Where both are in one deployment, that one fails as a whole anyway.
 *
 * @throws {CertError} DELIVERY_FAILED
 */
async function refuseKeyAlone(
  context: LifecycleContext,
  record: CertificateRecord,
  deployments: readonly DeploymentRecord[],
  left: readonly DeploymentRecord[],
): Promise<void> {
  const keyAlone = deployments.find(({ files }) => {
    const kinds = files.map(({ kind }) => kind);
    return kinds.includes('key') && !kinds.includes('cert') && !kinds.includes('fullchain');
  });
  if (keyAlone === undefined) return;
  const refusal = new CertError(
    'DELIVERY_FAILED',
    `Cannot deliver "${record.name}": deployment "${keyAlone.label}" writes its key, and the key is not here`,
    {
      hint: `Undo it with "certkeeper no cert deploy cert-name ${record.name} to ${keyAlone.label}"`,
    },
  );
  for (const deployment of left)
    await report(context, record, deployment, 'pending', refusal.message);
  throw refusal;
}

function standing(deployments: readonly DeploymentRecord[]): Standing {
  const outputs = deployments.flatMap(({ files }) => files);
  const directories = outputs.map(({ path }) => path.slice(0, path.lastIndexOf('/')) || '/');
  const places = new Set([...directories, ...socketsOf(deployments)]);
  return { directory: [...places].join(', '), outputs };
}

function isDone({ status }: DeploymentRecord, { id }: CertificateRecord): boolean {
  return status?.certificateId === id && status.state === 'deployed';
}

async function toService(
  { deliver, signal }: LifecycleContext,
  { pems, staples }: Delivered,
  deployment: DeploymentRecord,
): Promise<void> {
  const staple = staples?.at(deployment.label);
  const { target } = deployment;
  const service =
    target && (await import('../deploy/service.ts')).serviceOf(target, deployment, pems, signal);
  let isPut = false;
  const put = async (order: DeployedStaple['order']): Promise<void> => {
    if (staple?.order !== order) return;
    await staple.put();
    isPut = true;
  };
  // Certificate and staple are taken up by the same reload, or stay as they were.
  const confirm = async (): Promise<void> => {
    await put('before check');
    await service?.check();
    await put('after check');
  };
  try {
    await put('before files');
    await deliver({ ...pems, deployment, ...((service ?? staple) && { confirm }) });
  } catch (error) {
    if (isPut) await staple?.putBack();
    throw error;
  }
  await service?.reload();
  await staple?.settle();
}

/** Look whether a service has the certificate in use, and remember it. */
async function look(
  context: LifecycleContext,
  record: CertificateRecord,
  deployment: DeploymentRecord,
): Promise<void> {
  if (deployment.probe === undefined) return;
  const { probeService } = await import('../deploy/probe.ts');
  const instead = await probeService(deployment.probe, record.der, { signal: context.signal });
  await reportUse(context, record, deployment, instead);
}

/** @param instead what the service does; absent when it uses the certificate */
async function reportUse(
  context: LifecycleContext,
  record: CertificateRecord,
  deployment: DeploymentRecord,
  instead: string | undefined,
): Promise<void> {
  await (instead === undefined
    ? report(context, record, deployment, 'deployed')
    : report(context, record, deployment, 'unused', instead));
}

async function report(
  { store, clock }: LifecycleContext,
  { id, name }: CertificateRecord,
  { label }: DeploymentRecord,
  state: DeploymentState,
  error?: string,
): Promise<void> {
  const status = { state, certificateId: id, at: clock.now() };
  await store.deployments.report(name, label, error === undefined ? status : { ...status, error });
}

const hintAtFiles = 'See whether the service reads these files, and make it reload them';
const hintAtCharon = 'See "certkeeper show tunnel ipsec", and the log of charon';

/** What services do instead of using the certificate that was deployed. */
function failuresOf(
  deployments: readonly DeploymentRecord[],
  { id, name }: CertificateRecord,
): readonly CertError[] {
  return deployments.flatMap(({ label, target, status }) =>
    status?.certificateId === id && status.state === 'unused'
      ? [
          new CertError(
            'DELIVERY_FAILED',
            `Certificate "${name}" is deployed to "${label}", not in use: ${status.error ?? ''}`,
            { hint: target?.type === 'strongswan' ? hintAtCharon : hintAtFiles },
          ),
        ]
      : [],
  );
}

function throwAll(failures: readonly CertError[]): void {
  const [first, ...others] = failures;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  throw new CertError('DELIVERY_FAILED', failures.map(({ message }) => message).join('; '), {
    cause: new AggregateError(failures),
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  });
}
