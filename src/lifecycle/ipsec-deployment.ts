import { CertError } from '../base/errors.ts';
import type { IkeDaemon } from '../deploy/ike-daemon.ts';
import type { DeployTarget } from '../store/deployments-contract.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import {
  authoritiesOf,
  isOurAuthority,
  largeCrlsOf,
  otherPeersOf,
  responderUrlFor,
} from './ipsec-authorities.ts';
import { isAmong } from './ipsec-crls.ts';
import { endFormer } from './ipsec-former-words.ts';
import { rememberGiven } from './ipsec-key-places.ts';
import { planIpsec, type IpsecPlan } from './ipsec-plan.ts';
import { withDaemon } from './ipsec-ports.ts';
import { renewAssociations, renewOthers } from './ipsec-renewal.ts';
import { lookForLoaded } from './ipsec-use.ts';

/**
 * For all of a deployment: some thirty commands that take no time, and the tunnels that are renewed, which have a minute.
 * A charon that is slow with each of them would keep a turn of the CA from others.
 */
const TOTAL_MS = 120_000;

/** A charon of this machine as the target of a deployment. */
export type StrongswanTarget = Extract<DeployTarget, { readonly type: 'strongswan' }>;

/**
 * Have a charon use a certificate, for the connections of its peers, which are loaded too, and for those of others that
 * pin none. Everything is found and checked before anything in charon changes, and all of it can be done again: whatever
 * ends this half-way leaves what was there before, or some of what comes.
 *
 * @returns what charon does instead of using it, without a period; undefined when it is in use
 * @throws {CertError} DELIVERY_FAILED
 */
export async function deployToStrongswan(
  context: LifecycleContext,
  record: CertificateRecord,
  target: StrongswanTarget,
): Promise<string | undefined> {
  const plan = await planned(context, record, target);
  try {
    return await withDaemon(
      context,
      target.socket,
      (daemon) => use(context, daemon, plan, target),
      { totalMs: TOTAL_MS },
    );
  } finally {
    plan.key.forget();
  }
}

async function planned(
  context: LifecycleContext,
  record: CertificateRecord,
  { socket }: StrongswanTarget,
): Promise<IpsecPlan> {
  try {
    return await planIpsec(context, record, socket);
  } catch (error) {
    if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
    throw because(`Cannot deploy "${record.name}" to "${socket}"`, error);
  }
}

function because(what: string, cause: CertError): CertError {
  const why = cause.message.slice(0, 1).toLowerCase() + cause.message.slice(1);
  return new CertError('DELIVERY_FAILED', `${what}: ${why}`, {
    cause,
    ...(cause.hint !== undefined && { hint: cause.hint }),
  });
}

/** In this order: whoever connects meanwhile finds either the pair before or the new one, and what it is judged by. */
async function load(daemon: IkeDaemon, plan: IpsecPlan): Promise<void> {
  for (const ca of plan.cas) await daemon.loadCertificate(ca, 'ca');
  await daemon.loadCertificate(plan.certificate, 'own');
  const held = await daemon.crls();
  for (const crl of plan.crls) if (!isAmong(crl, held)) await daemon.loadCrl(crl);
  // Charon goes on with what it fetched and was answered before, until the end of that. Whoever loaded these may have ended here.
  if (plan.crls.length > 0) {
    for (const cache of ['X509_CRL', 'OCSP_RESPONSE'] as const) await daemon.flush(cache);
  }
  for (const authority of plan.authorities) await daemon.loadAuthority(authority);
  await plan.key.load(daemon);
  const failures: CertError[] = [];
  for (const { connection } of plan.connections) {
    try {
      await daemon.loadConnection(connection);
    } catch (error) {
      // The others are not to suffer from what is wrong with one; but a charon that is gone takes none.
      if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
      await daemon.connections();
      failures.push(because(`Cannot load connection "${connection.name}"`, error));
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  throw new CertError('DELIVERY_FAILED', failures.map(({ message }) => message).join('; '), {
    cause: first,
    ...(first.hint !== undefined && { hint: first.hint }),
  });
}

/** Have what is loaded used, and look whether it is. */
async function use(
  context: LifecycleContext,
  daemon: IkeDaemon,
  plan: IpsecPlan,
  { socket, reauthenticates: others = [] }: StrongswanTarget,
): Promise<string | undefined> {
  const { store } = context;
  const { name, givenKeys, key } = plan;
  await rememberGiven(store, name, socket, [...givenKeys, key.id]);
  await load(daemon, plan);
  await endFormer(
    store,
    daemon,
    plan.connections.map(({ connection }) => connection.name),
  );
  const instead =
    (await lookForLoaded(daemon, plan)) ?? (await renewAssociations(context, daemon, plan));
  await begin(daemon, plan);
  // While something goes on with the certificate before, it needs the key.
  if (instead !== undefined) return instead;
  await tidy(context, daemon, plan, socket);
  await rememberGiven(store, name, socket, [key.id]);
  const there = others.length === 0 ? [] : await daemon.connections();
  for (const other of others.filter((each) => !there.includes(each)))
    context.log.warn(`charon has no connection "${other}" that could be authenticated anew`);
  if (plan.isKeyReused && others.length > 0) {
    context.log.warn(
      `charon may go on with the certificate before in connections that pin none (${others.join(', ')}): both have the same key`,
    );
  }
  return await renewOthers(context, daemon, others);
}

/** Set up what is to be set up by us, and is not. */
async function begin(daemon: IkeDaemon, plan: IpsecPlan): Promise<void> {
  const standing = await daemon.associations();
  for (const { connection, isInitiator } of plan.connections) {
    const { name, children } = connection;
    if (!isInitiator) continue;
    const here = standing.filter((each) => each.connection === name);
    if (children.length === 0 && here.length === 0) await daemon.initiate(name);
    const there = new Set(here.flatMap((each) => each.children.map((child) => child.name)));
    for (const child of children) {
      if (!there.has(child.name)) await daemon.initiate(name, child.name);
    }
  }
}

/** Take away what only earlier versions needed: with their key there, charon goes on with it where no certificate is pinned. */
async function tidy(
  { store }: LifecycleContext,
  daemon: IkeDaemon,
  plan: IpsecPlan,
  socket: string,
): Promise<void> {
  const keys = await daemon.keys();
  for (const id of plan.formerKeys) if (keys.includes(id)) await daemon.unloadKey(id);
  if (!plan.areAllAuthorities) return;
  const loaded = new Set(plan.authorities.map(({ name }) => name));
  const others = (await daemon.authorities()).filter(
    (name) => isOurAuthority(name) && !loaded.has(name),
  );
  if (others.length === 0) return;
  // Another process may have loaded one since this was planned; then its peer is stored by now.
  const { peers, isComplete } = await otherPeersOf(store, socket, '');
  if (!isComplete) return;
  const url = await responderUrlFor(store, []);
  const needed = authoritiesOf(peers, url, await largeCrlsOf(store, peers));
  for (const name of others) {
    if (needed.every((each) => each.name !== name)) await daemon.unloadAuthority(name);
  }
}
