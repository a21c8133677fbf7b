import { describe, expect, it } from 'vitest';
import { deployAgain } from '../../src/lifecycle/deploy-settings.ts';
import { keysGiven } from '../../src/lifecycle/ipsec-key-places.ts';
import { removeIpsecPeer } from '../../src/lifecycle/ipsec-peers.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { versionsKept } from '../../src/lifecycle/setting-keys.ts';
import { update } from '../../src/lifecycle/update.ts';
import { keyIdOfCertificate } from '../harness/fake-charon.ts';
import { makeIpsecSite, type IpsecSite } from './ipsec-site.ts';
import { named } from './site.ts';

const gw1 = named('gw1');
const renewal = { current: gw1, waitSeconds: 60 };

/** A site that keeps no past version, with all deployed. */
async function forgetful(): Promise<IpsecSite> {
  const made = await makeIpsecSite();
  await made.site.store.settings.set(versionsKept, '0');
  await made.put();
  await deployAgain(made.context, gw1);
  return made;
}

async function ownKey({ current }: IpsecSite): Promise<string | undefined> {
  return keyIdOfCertificate((await current()).der);
}

describe('a key of a version that the store has dropped', () => {
  it('is unloaded with the renewal', async () => {
    const made = await forgetful();
    await update(made.context, renewal);
    expect([...made.charon.loadedKeys]).toStrictEqual([await ownKey(made)]);
  });

  it('is unloaded once a charon goes on that took no renewal to the end', async () => {
    const made = await forgetful();
    const { charon, context, site } = made;
    for (let n = 0; n < 3; n++) {
      charon.failNext('get-conns', 'die');
      await expect(update(context, renewal)).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
    }
    expect(charon.loadedKeys.size).toBe(4);
    await poll(context, { name: gw1, waitSeconds: 0 });
    const own = await ownKey(made);
    expect([...charon.loadedKeys]).toStrictEqual([own]);
    expect(await keysGiven(site.store, gw1, charon.socket)).toStrictEqual([own]);
  });

  it('is unloaded with the last peer, and nothing is remembered of it', async () => {
    const made = await forgetful();
    const { charon, context, site } = made;
    charon.failNext('get-conns', 'die');
    await update(context, renewal).catch(() => {});
    expect(charon.loadedKeys.size).toBe(2);
    expect(await removeIpsecPeer(context, 'hq')).toBe(true);
    expect(charon.loadedKeys.size).toBe(0);
    expect([...(await site.store.settings.list()).keys()]).toStrictEqual([versionsKept]);
  });
});
