import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { Withdrawn } from '../deploy/withdraw.ts';
import type { CertificateRecord, Store, TransactionRecord } from '../store/store.ts';
import { alone } from './alone.ts';
import { socketsOf } from './charon-deployments.ts';
import type { LifecycleContext } from './context.ts';
import { tidyUp } from './deploy-settings.ts';
import { withDaemon } from './ipsec-ports.ts';
import { assertCertificateUnneeded } from './needed-by.ts';
import { oneJudgingChange } from './one-judging-change.ts';
import { storedCertificate } from './stored-certificate.ts';

/** What goes with a name, for an operator to agree to. */
export interface Removal {
  readonly name: Label;
  /** Certificates of every status. */
  readonly versions: number;
  /** Those that others may still believe in: without their keys they can be revoked from here no more. */
  readonly valid: readonly CertificateRecord[];
  /** Labels. */
  readonly deployments: readonly string[];
  /** Sockets of charons that it is deployed to: they go on with its keys, unless files are to go. */
  readonly charons: readonly string[];
  readonly hasHook: boolean;
  /** A key request waits for its answer. */
  readonly hasRequest: boolean;
  /** PKCS #11 URIs of keys that stay in their tokens. */
  readonly tokenKeys: readonly string[];
  /** Files that were written for it and are there, keys among them: they go only where that is said. */
  readonly files: readonly string[];
}

/**
 * Say what goes with a name.
 *
 * @throws {CertError} CERT_UNKNOWN, and TRANSACTION_OUTSTANDING or CONFIG_INVALID when something still needs it
 */
export async function removalOf(context: LifecycleContext, name: Label): Promise<Removal> {
  const { store, clock } = context;
  const records = await store.certificates.versions(name);
  const request = await store.keyRequests.get(name);
  await assertUnneeded(store, name, records);
  if (records.length === 0 && request === undefined) {
    throw new CertError('CERT_UNKNOWN', `Cannot remove "${name}": there is no such certificate`, {
      hint: 'See "certkeeper show cert"',
    });
  }
  const keyIds = new Set([...records, ...(request ? [request] : [])].map(({ keyId }) => keyId));
  const tokenKeys: string[] = [];
  for (const id of keyIds) {
    const uri = id === undefined ? undefined : (await store.keys.publicKey(id)).tokenUri;
    if (uri !== undefined) tokenKeys.push(uri);
  }
  const now = clock.now();
  const deployments = await store.deployments.list(name);
  return {
    name,
    versions: records.length,
    valid: records.filter(
      (record) => record.keyId !== undefined && record.status !== 'revoked' && isAlive(record, now),
    ),
    deployments: deployments.map(({ label }) => label),
    charons: [...new Set(socketsOf(deployments))],
    hasHook: (await store.deployments.hook(name)) !== undefined,
    hasRequest: request !== undefined,
    tokenKeys,
    files: await standing(context, name),
  };
}

function isAlive({ der, name }: CertificateRecord, now: Date): boolean {
  return storedCertificate(der, `"${name}"`).tbsCertificate.validity.notAfter.value >= now;
}

async function assertUnneeded(
  store: Store,
  name: Label,
  records: readonly CertificateRecord[],
): Promise<void> {
  const waiting = await waitingFor(store, name, records);
  if (waiting) {
    const which =
      waiting.name === name
        ? `its ${waiting.operation}`
        : `the ${waiting.operation} for "${waiting.name}"`;
    throw new CertError(
      'TRANSACTION_OUTSTANDING',
      `Cannot remove "${name}": ${which} to "${waiting.ca}" is outstanding`,
      {
        hint: `Follow it with "certkeeper cmp poll current-cert ${waiting.name}", or drop it with "certkeeper clear cmp cert-name ${waiting.name}"`,
      },
    );
  }
  const profile = (await store.authorities.list()).find(
    ({ tlsClientCertificate }) => tlsClientCertificate === name,
  );
  if (profile) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot remove "${name}": CA profile "${profile.label}" shows it to its https server`,
      { hint: 'Give that another tls-client-cert with "ca add"' },
    );
  }
  await assertCertificateUnneeded(store, name);
}

/** The outstanding request that is for a name, starts from its certificate, or is signed with it. */
async function waitingFor(
  { transactions }: Store,
  name: Label,
  records: readonly CertificateRecord[],
): Promise<TransactionRecord | undefined> {
  for (const record of await transactions.outstanding()) {
    if (record.name === name || record.previousName === name) return record;
    if (record.credentialType !== 'signature') continue;
    const credential = await transactions.credential(record.id);
    const isSigner =
      credential.type === 'signature' && records.some(({ id }) => id === credential.certificateId);
    if (isSigner) return record;
  }
  return undefined;
}

/** What is gone, and what became of its files. */
export interface RemovalResult extends Removal, Withdrawn {}

/**
 * Forget a name: `cert remove`. Its certificates go with their keys, deployments, hook, settings and a key request that
 * waits. Its history stays, as do keys in tokens. Files stay, too, or go before the rest: killed between the two, the
 * same command goes on.
 *
 * @param withFiles remove the files that were written for it, as far as nobody changed them, and have charons forget its keys
 * @throws {CertError} what `removalOf` throws, IN_PROGRESS, STORE_CONFLICT
 */
export async function removeCertificate(
  context: LifecycleContext,
  { name, withFiles }: { readonly name: Label; readonly withFiles: boolean },
): Promise<RemovalResult> {
  return alone(context, name, 0, async (held) => {
    const removal = await removalOf(held, name);
    for (const label of removal.deployments) await tidyUp(held, name, label);
    await withdrawStaplesOf(held, name);
    const files = withFiles ? await withdraw(held, name) : { removed: [], left: [] };
    if (withFiles) for (const socket of removal.charons) await withdrawKeys(held, name, socket);
    await oneJudgingChange(held, async () => {
      await assertCertificateUnneeded(held.store, name);
      await held.store.certificates.remove(name);
    });
    return { ...removal, ...files };
  });
}

async function withdrawStaplesOf(held: LifecycleContext, name: Label): Promise<void> {
  if ((await held.store.staples.endpoints(name)).length === 0) return;
  const { withdrawStaples } = await import('./staple-settings.ts');
  await withdrawStaples(held, name);
}

/** A charon that cannot be told keeps it until it is started anew; it is not what keeps a name here. */
async function withdrawKeys(held: LifecycleContext, name: Label, socket: string): Promise<void> {
  const { store, log } = held;
  const { forgetKeys } = await import('./ipsec-leftovers.ts');
  try {
    await withDaemon(held, socket, (daemon) =>
      forgetKeys(store, daemon, { certificate: name, socket }),
    );
  } catch (error) {
    if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
    log.warn(`the charon at "${socket}" keeps the key of "${name}": ${error.message}`);
  }
}

async function standing(context: LifecycleContext, name: Label): Promise<readonly string[]> {
  const { writtenFiles } = await import('./written-files.ts');
  const { standingFiles } = await import('../deploy/withdraw.ts');
  return standingFiles(await writtenFiles(context, name));
}

async function withdraw(context: LifecycleContext, name: Label): Promise<Withdrawn> {
  const { writtenFiles } = await import('./written-files.ts');
  const { withdrawFiles } = await import('../deploy/withdraw.ts');
  return withdrawFiles(await writtenFiles(context, name));
}
