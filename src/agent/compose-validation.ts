import type { Clock } from '../base/clock.ts';
import { modernOnly } from '../crypto/policy.ts';
import { listConfiguredCrls } from '../lifecycle/configured-crls.ts';
import { readCrl, type Crl } from '../revocation/crl.ts';
import { unavailable } from '../revocation/verdict.ts';
import type { CrlKeeper, ValidationContext, ValidationEvents } from '../validation/contract.ts';
import { ocspClient } from '../validation/ocsp-client.ts';
import type { Services } from './compose.ts';

/** What judging peers needs of the services. */
export type ValidationServices = Pick<Services, 'store' | 'clock' | 'random' | 'retrieve'>;

/**
 * Make what judges peers: one for all that are judged, since what responders and CRLs said is kept in it.
 *
 * @param at another time than now, for whoever asks how it was
 */
export async function validationContext(
  services: ValidationServices,
  at?: Date,
  tell: ValidationEvents = () => undefined,
): Promise<ValidationContext> {
  const { clock: real, random } = services;
  const clock: Clock = at === undefined ? real : { ...real, now: () => at };
  return {
    ocsp: ocspClient({ clock, random, tell }),
    crls: heldKeeper(services),
    tell,
    algorithms: modernOnly,
  };
}

function heldKeeper({ store, retrieve }: ValidationServices): CrlKeeper {
  return {
    async find(_certificate, _points, { configured }) {
      const crls: Crl[] = [];
      const failed = [];
      for (const { identity } of await store.heldCrls.list()) {
        const held = await store.heldCrls.get(identity);
        const reading = held && readCrl(held.der);
        if (reading?.type === 'crl') crls.push(reading.crl);
      }
      for (const { name, url } of await listConfiguredCrls(store)) {
        if (!configured.includes(name)) continue;
        const octets = await retrieve(url).catch(() => undefined);
        const reading = octets && readCrl(octets);
        if (reading?.type === 'crl') crls.push(reading.crl);
        else failed.push({ url, failure: unavailable('connect', `nothing came from "${url}"`) });
      }
      return { crls, failed };
    },
    keep: async () => undefined,
  };
}
