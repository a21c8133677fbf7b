import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { update } from '../../src/lifecycle/update.ts';
import { askedIn } from '../../src/cmp/transaction/request.ts';
import { decodeState } from '../../src/cmp/transaction/state.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { initialized, makeSite, named, outstanding, request, type Site } from './site.ts';

/** Look into the store, as another process would, at the moment each message of a kind arrives at the CA. */
function lookAt(site: Site, body: string, look: (der: Uint8Array) => Promise<void>): void {
  site.setWire(async (der, lab) => {
    if (decodeMessage(der).body.type === body) await look(der);
    return lab(der);
  });
}

describe('a request that arrives at the CA', () => {
  it.each(['ir', 'kur'] as const)(
    'has its private key, its state and its octets in the store already: %s [C14]',
    async (body) => {
      const site = await makeSite();
      if (body === 'kur') await initialized(site);
      const { store } = await site.open();
      let looked = 0;
      lookAt(site, body, async (der) => {
        const record = await outstanding(store);
        expect(toHex(record.outgoing ?? new Uint8Array())).toBe(toHex(der));
        const key = softwareKeys.load(await store.keys.privateKey(record.keyId ?? 0));
        const { publicKey } = askedIn(decodeState(record.state).request);
        expect(publicKey && toHex(toDer(SubjectPublicKeyInfo, publicKey))).toBe(toHex(key.spki));
        looked++;
      });
      const asked =
        body === 'ir'
          ? initialize(site.context, request())
          : update(site.context, { current: named('gw1'), waitSeconds: 60 });
      expect((await asked).type).toBe('issued');
      expect(looked).toBe(1);
    },
  );
});
