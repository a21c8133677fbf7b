import { CertError } from '../base/errors.ts';
import type { Store } from '../store/store.ts';
import type { ResolvedOcsp } from '../validation/contract.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { LifecycleContext } from './context.ts';
import { resolveOcsp } from './ocsp-objects.ts';
import { assertPeersAnswered, restartAskedAbout } from './ipsec-validators.ts';
import { oneJudgingChange } from './one-judging-change.ts';
import { assertResponderPlace } from './responder-place.ts';
import { readResponder, responderKey, type ResponderSetting } from './responder-setting.ts';
import { caGroup } from './trusted-labels.ts';

/**
 * Have the agent answer OCSP requests, in place of how it did.
 *
 * @throws {CertError} CONFIG_INVALID, CA_UNKNOWN, CERT_UNKNOWN, IN_PROGRESS
 */
export async function setResponder(
  context: LifecycleContext,
  setting: ResponderSetting,
): Promise<void> {
  await oneJudgingChange(context, async () => {
    const { store } = context;
    await checkResponder(store, setting);
    await assertPeersAnswered(store, setting);
    const before = await readResponder(store.settings);
    await store.settings.set(responderKey, JSON.stringify(setting));
    const isElsewhere = before?.port !== setting.port || before.address !== setting.address;
    if (isElsewhere) await restartAskedAbout(store);
  });
}

/** Have it answer nobody. @returns `false` when it did not @throws {CertError} CONFIG_INVALID when charon asks it about an IPsec peer */
export async function removeResponder(context: LifecycleContext): Promise<boolean> {
  return await oneJudgingChange(context, async () => {
    await assertPeersAnswered(context.store, undefined);
    return await context.store.settings.remove(responderKey);
  });
}

/** Look whether it goes together by itself. @throws {CertError} CONFIG_INVALID */
export function assertSoundResponder(setting: ResponderSetting): void {
  const { forCa, object, passesNonces } = setting;
  assertResponderPlace(setting);
  if (forCa.length > 0 && object === undefined) {
    refuse(
      `it is not said how to ask about certificates of "${forCa.join(', ')}"`,
      'Add ocsp-object O; certkeeper ocsp verify-object sets one up',
    );
  }
  if (forCa.length === 0 && object !== undefined) {
    refuse(`"${object}" would never be asked by`, 'Add for-ca L, or leave ocsp-object out');
  }
  if (passesNonces && forCa.length === 0) {
    refuse('nothing is asked for others, so no nonce could be passed on', 'Add for-ca L');
  }
}

/** Look whether it could work. @throws {CertError} CONFIG_INVALID, CA_UNKNOWN, CERT_UNKNOWN */
export async function checkResponder(store: Store, setting: ResponderSetting): Promise<void> {
  assertSoundResponder(setting);
  const { object } = setting;
  const relay = await relayOf(store, setting);
  if (relay && relay.object.query.url === undefined) {
    refuse(
      `OCSP object "${object}" has no url, and a question names no certificate whose own could be used`,
      'Set url of that object',
    );
  }
}

/** Whose certificates are asked about for others, and by which object. */
export interface RelayOf {
  readonly issuers: readonly Certificate[];
  readonly object: ResolvedOcsp;
}

/** Find what is set for servers; undefined when nothing is asked for them. @throws {CertError} CONFIG_INVALID, CA_UNKNOWN, CERT_UNKNOWN */
export async function relayOf(
  store: Store,
  { forCa, object }: ResponderSetting,
): Promise<RelayOf | undefined> {
  if (object === undefined || forCa.length === 0) return undefined;
  const groups = await Promise.all(forCa.map((label) => caGroup(store, label)));
  const issuers = groups.flatMap(({ anchors, intermediates }) => [...anchors, ...intermediates]);
  return { issuers, object: await resolveOcsp(store, object) };
}

function refuse(why: string, hint: string): never {
  throw new CertError('CONFIG_INVALID', `Cannot answer OCSP requests: ${why}`, { hint });
}
