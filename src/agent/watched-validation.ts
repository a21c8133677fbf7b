import type { Log } from '../base/log.ts';
import { ownNames } from '../lifecycle/own-names.ts';
import { watchSources } from '../scheduler/watch-sources.ts';
import type { Notification } from '../traps/alarms/notification.ts';
import type { ValidationEvent } from '../validation/contract.ts';
import { validationTally } from '../validation/validation-tally.ts';
import {
  composeValidation,
  type ValidationOptions,
  type ValidationParts,
  type ValidationServices,
} from './compose-validation.ts';
import { peerRevokedNotice, sendNotices } from './peer-notices.ts';
import { responderNotes } from './responder-notes.ts';
import { storeTally } from './store-tally.ts';
import { tellingGate } from './telling-gate.ts';
import { wordsOf } from './validation-words.ts';

/** What judges peers in an agent: what happens is counted, logged and told. */
export interface WatchedValidation extends ValidationParts {
  /**
   * Store what was counted since the last time, look at sources and at certificates of ours, and have told what there is
   * to tell. Called with the beat: whoever judges a peer waits for none of it.
   *
   * @throws {CertError} STORE_*
   */
  look(signal: AbortSignal): Promise<void>;
  /** Store what was counted. */
  close(): Promise<void>;
}

/** What that stands on. */
export type WatchedServices = ValidationServices & { readonly log: Log };

/** Make what judges peers of an agent. */
export function watchedValidation(
  services: WatchedServices,
  limits: Pick<ValidationOptions, 'ocspOctets'> = {},
): WatchedValidation {
  const { store, clock, log } = services;
  const tally = validationTally();
  const responders = responderNotes({ store, clock });
  const gates = { strangers: tellingGate(clock), others: tellingGate(clock) };
  let notices: Notification[] = [];
  const tell = (event: ValidationEvent): void => {
    tally.count(event);
    responders.note(event);
    const said = wordsOf(event);
    const isOfPeer = event.type === 'peer-revoked';
    const heldBack = said && gates[isOfPeer ? 'strangers' : 'others'].pass(said.key);
    if (said === undefined || heldBack === undefined) return;
    const text = said.text();
    log.warn(heldBack === 0 ? text : `${text}; ${heldBack} more were not told before this`);
    if (isOfPeer) notices.push(peerRevokedNotice(event, text, heldBack, clock.now()));
  };
  const parts = composeValidation(services, { ...limits, tell });
  let looking: Promise<void> | undefined;
  const once = async (signal: AbortSignal): Promise<void> => {
    await storeTally(tally, services);
    await responders.store();
    const named = await ownNames(store);
    if (named.size > 0 || (await store.ownRevocations.list()).length > 0) {
      // Whoever names none of its own pays for none of it.
      const { watchOwn } = await import('../scheduler/watch-own.ts');
      await watchOwn({ store, clock, validation: parts.context, named }, signal);
    }
    await watchSources({ store, clock });
    const waiting = notices;
    notices = [];
    await sendNotices({ store, clock }, waiting);
  };
  return {
    ...parts,
    async look(signal) {
      looking ??= once(signal).finally(() => {
        looking = undefined;
      });
      await looking;
    },
    async close() {
      await looking?.catch(() => {});
      await storeTally(tally, services);
    },
  };
}
