import { sourceOf, toDer } from '../asn1/codec.ts';
import { toHex } from '../base/bytes.ts';
import type { Store } from '../store/store.ts';
import { Name } from '../x509/name.ts';
import type { CrlKeeper } from './contract.ts';
import { nextFetch } from './crl-schedule.ts';

/** For what follows from rounding to seconds. */
const SPARE_SECONDS = 2;

/**
 * Have what certificates name fetched again when a configured CRL would be, in place of at its end: for somebody who goes on
 * until then with what he was given, and has nothing after it.
 */
export function earlyCrls(keeper: CrlKeeper, { heldCrls }: Pick<Store, 'heldCrls'>): CrlKeeper {
  return {
    keep: (crls) => keeper.keep(crls),
    async find(certificate, points, rules, time, signal, believes) {
      const { issuer } = certificate.tbsCertificate;
      let { at } = time;
      for (const held of await heldCrls.ofIssuer(sourceOf(issuer) ?? toDer(Name, issuer))) {
        const { nextUpdate, thisUpdate, fetchedAt } = held;
        if (nextUpdate === undefined) continue;
        const next = nextFetch({ url: toHex(held.issuer), fetchedAt, thisUpdate, nextUpdate });
        if (next > time.at) continue;
        // By that time it has ended, and is not enough.
        const ended = nextUpdate.getTime() + (time.clockSkewSeconds + SPARE_SECONDS) * 1000;
        at = new Date(Math.max(at.getTime(), ended));
      }
      return await keeper.find(certificate, points, rules, { ...time, at }, signal, believes);
    },
  };
}
