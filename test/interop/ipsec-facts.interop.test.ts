import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { childName, connectionName, loadBothWays } from './ipsec/both-ways.ts';
import { hasIpsec, openIpsecScene, requireIpsec, subnets } from './ipsec/ipsec-scene.ts';
import type { IpsecScene } from './ipsec/ipsec-scene.ts';
import { listenIn, type Listener } from './ipsec/listener.ts';
import { pings } from './ipsec/pings.ts';
import { openStatusHost, type StatusHost } from './ipsec/status-host.ts';
import { proxyOfNobody, remedies, unwilling } from './ipsec/unwilling.ts';

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

const asksOfBob = 'POST /ocsp/issuing-b';

/**
 * What charon does with an authority whose ocsp_uris is a responder on loopback, when the certificate of the peer names
 * another one by itself, which says good.
 */
describe('a charon that is to ask our responder on loopback', () => {
  let scene: IpsecScene;
  /** What stands for our responder. */
  let ours: StatusHost;

  beforeAll(async () => {
    if (!hasIpsec()) return;
    scene = await openIpsecScene();
    ours = await openStatusHost(scene.network.alice, { address: '127.0.0.1', port: 8889 });
    ours.add(scene.b.issuing);
    await load();
  });
  afterAll(async () => {
    await ours?.close();
    await scene?.close();
  });
  beforeEach(async (context) => {
    requireIpsec(context);
    ours.mend();
    await scene.alice.terminate(connectionName);
    await scene.alice.swanctl('--flush-certs');
  });

  async function load(): Promise<void> {
    const { a, b, host } = scene;
    await loadBothWays(scene, {
      alice: {
        leaf: await a.issuing.issue('alice', { names: host.urlsOf('issuing-a') }),
        authorities: [{ ca: b.issuing, ocspUris: [ours.urlsOf('issuing-b').ocsp] }],
        crls: [await b.root.crl()],
      },
      bob: {
        leaf: await b.issuing.issue('bob', { names: { ocsp: host.urlsOf('issuing-b').ocsp } }),
      },
    });
  }

  /** Whether alice accepts bob, and who was asked for that. */
  async function judged(): Promise<Judged> {
    ours.forget();
    scene.host.forget();
    const accepts = await scene.alice.initiate(connectionName);
    const others = scene.host.asked().filter((asked) => asked === asksOfBob);
    return { accepts, ours: ours.asked(), others };
  }

  it.each(Object.entries(unwilling))(
    'asks the one that the certificate names as well when ours %s, and believes it',
    async (_, fault) => {
      ours.spoil('/ocsp/issuing-b', fault);
      expect(await judged()).toEqual({ accepts: true, ours: [asksOfBob], others: [asksOfBob] });
    },
  );

  it('asks the one that the certificate names as well when nobody answers for us', async () => {
    await ours.goDown();
    try {
      expect(await judged()).toEqual({ accepts: true, ours: [], others: [asksOfBob] });
    } finally {
      await ours.goUp();
    }
  });

  it.each([
    ['good', true],
    ['revoked', false],
  ] as const)('asks nobody else when ours says %s', async (says, accepts) => {
    ours.spoil('/ocsp/issuing-b', { type: 'of', making: { says } });
    expect(await judged()).toEqual({ accepts, ours: [asksOfBob], others: [] });
  });

  describe.each(Object.entries(remedies))('and that %s', (_, remedy) => {
    const { env = {}, needs } = remedy;
    let isApplied = false;

    beforeAll(async () => {
      if (!scene || (needs !== undefined && !hasPeer(needs))) return;
      await remedy.apply?.(scene.alice.place, scene.network.pki);
      isApplied = true;
      await scene.alice.restart(env);
      await load();
    });
    afterAll(async () => {
      if (!isApplied) return;
      await remedy.undo?.(scene.alice.place, scene.network.pki);
      await scene.alice.restart();
      await load();
    });
    beforeEach((context) => {
      if (needs !== undefined) requirePeer(context, needs);
    });

    const some = Object.entries(unwilling).filter(([name]) => !name.includes('at all'));
    it.each(some)('refuses the peer when ours %s', async (__, fault) => {
      ours.spoil('/ocsp/issuing-b', fault);
      expect(await judged()).toEqual({ accepts: false, ours: [asksOfBob], others: [] });
    });

    it.each([
      ['good', true],
      ['revoked', false],
    ] as const)('goes by our word when it is %s', async (says, accepts) => {
      ours.spoil('/ocsp/issuing-b', { type: 'of', making: { says } });
      expect(await judged()).toEqual({ accepts, ours: [asksOfBob], others: [] });
    });
  });
});

/** What a proxy in the environment of a charon is for: all that its plugin curl fetches. */
describe.each([
  ['with its plugin ldap', [], ['ldap']],
  ['without its plugin ldap', ['ldap'], []],
] as const)('a charon that has a proxy in its environment, %s,', (_, without, reached) => {
  let scene: IpsecScene;
  let listener: Listener;
  beforeAll(async () => {
    if (!hasIpsec()) return;
    scene = await openIpsecScene({ without, env: proxyOfNobody });
    listener = await listenIn(scene.network.pki, 8099);
  });
  afterAll(async () => {
    await listener?.stop();
    await scene?.close();
  });
  beforeEach((context) => requireIpsec(context));

  it.each(['http', 'https', 'ftp', 'ldap'] as const)(
    `goes to the CRLs that certificates name by ${reached.length > 0 ? reached.join() : 'nothing'} alone: %s`,
    async (scheme) => {
      const { alice, a, b } = scene;
      const before = listener.count();
      const crl = `${scheme}://${listener.host}/cn=crl?certificateRevocationList`;
      await loadBothWays(scene, {
        alice: { leaf: await a.issuing.issue('alice') },
        bob: { leaf: await b.issuing.issue('bob', { names: { crl } }), revocation: 'relaxed' },
      });
      const { isEstablished, said } = await alice.call(connectionName);
      expect(said).toContain(`fetching crl from '${crl}'`);
      expect(isEstablished).toBe(false);
      const isReached = listener.count() > before;
      expect(isReached).toBe(reached.some((each) => each === scheme));
    },
  );
});

interface Judged {
  readonly accepts: boolean;
  readonly ours: readonly string[];
  readonly others: readonly string[];
}
