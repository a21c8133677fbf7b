import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { childName, connectionName, loadBothWays } from './ipsec/both-ways.ts';
import { hasIpsec, openIpsecScene, requireIpsec, subnets } from './ipsec/ipsec-scene.ts';
import type { IpsecScene } from './ipsec/ipsec-scene.ts';
import { pings } from './ipsec/pings.ts';

describe('two gateways with traffic between them', () => {
  let scene: IpsecScene;
  beforeAll(async () => {
    if (hasIpsec('libipsec')) scene = await openIpsecScene({ esp: 'libipsec' });
  });
  afterAll(() => scene?.close());
  beforeEach((context) => requireIpsec(context, 'libipsec'));

  it('reach each other through the tunnel, and have asked about each certificate', async () => {
    const { alice, a, b, host } = scene;
    await loadBothWays(scene, {
      alice: { leaf: await a.issuing.issue('alice', { names: host.urlsOf('issuing-a') }) },
      bob: { leaf: await b.issuing.issue('bob', { names: host.urlsOf('issuing-b') }) },
      hasTraffic: true,
    });
    expect(await alice.initiate(connectionName, childName), alice.log()).toBe(true);
    const pinging = await pings(alice.place, subnets.alice.address, subnets.bob.address);
    const children = [{ name: childName, state: 'INSTALLED' }];
    expect(await alice.sas()).toMatchObject([
      { connection: connectionName, state: 'ESTABLISHED', children },
    ]);
    // OCSP of what is below the issuing CA, and the root's CRL for that one.
    expect(host.asked().toSorted()).toEqual([
      'GET /root-a.crl',
      'GET /root-b.crl',
      'POST /ocsp/issuing-a',
      'POST /ocsp/issuing-b',
    ]);
    expect(await pinging.end()).toMatchObject({ lost: 0 });
  });
});
