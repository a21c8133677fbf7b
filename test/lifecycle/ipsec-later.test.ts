import { describe, expect, it } from 'vitest';
import { deployAgain } from '../../src/lifecycle/deploy-settings.ts';
import { putIpsecPeer, removeIpsecPeer } from '../../src/lifecycle/ipsec-peers.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { startFakeCharon } from '../harness/fake-charon.ts';
import { makeIpsecSite, peer, type IpsecSite } from './ipsec-site.ts';
import { named } from './site.ts';

const gw1 = named('gw1');

/** A site with a tunnel that stands, which the other end has begun. */
async function standing(): Promise<IpsecSite> {
  const made = await makeIpsecSite();
  await made.put();
  await deployAgain(made.context, gw1);
  made.charon.establish('hq');
  return made;
}

describe('an IPsec peer that is changed, to be deployed later', () => {
  it('keeps its tunnel until then, when one by former words ends', async () => {
    const { charon, context, site } = await standing();
    await putIpsecPeer(context, { ...peer(charon.socket), remoteId: 'CN=new' }, true);
    expect(charon.associations).toHaveLength(1);
    charon.failNext('terminate', 'die');
    for (const _ of [1, 2]) await poll(context, { name: gw1, waitSeconds: 0 }).catch(() => {});
    expect(charon.associations).toStrictEqual([]);
    expect((await site.store.settings.list()).size).toBe(1);
    charon.establish('hq');
    await deployAgain(context, gw1);
    expect(charon.associations).toHaveLength(1);
  });

  it('keeps it then, too, where its traffic goes as before', async () => {
    const { charon, context } = await standing();
    await putIpsecPeer(context, { ...peer(charon.socket), revocation: 'relaxed' }, true);
    await poll(context, { name: gw1, waitSeconds: 0 });
    expect(charon.associations).toHaveLength(1);
  });

  it('loses it at once where it goes to another charon', async () => {
    const { charon, context } = await standing();
    const other = await startFakeCharon();
    await putIpsecPeer(context, peer(other.socket), true);
    expect(charon.connections.size).toBe(0);
    expect(charon.associations).toStrictEqual([]);
    expect(charon.loadedKeys.size).toBe(0);
    await poll(context, { name: gw1, waitSeconds: 0 });
    expect([...other.connections.keys()]).toStrictEqual(['hq']);
  });

  it('leaves nothing to be remembered when it is removed before', async () => {
    const { charon, context, site } = await standing();
    await putIpsecPeer(context, { ...peer(charon.socket), remoteId: 'CN=new' }, true);
    await removeIpsecPeer(context, 'hq');
    expect((await site.store.settings.list()).size).toBe(0);
  });
});
