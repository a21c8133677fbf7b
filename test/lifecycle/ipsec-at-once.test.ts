import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { deployAgain } from '../../src/lifecycle/deploy-settings.ts';
import { authorityName } from '../../src/lifecycle/ipsec-authorities.ts';
import { putIpsecPeer } from '../../src/lifecycle/ipsec-peers.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { issue } from '../harness/certificates.ts';
import { keyIdOfCertificate } from '../harness/fake-charon.ts';
import { keepCa, peer } from './ipsec-site.ts';
import { makeTrialSite, type TrialSite } from './ipsec-trials.ts';
import { coded, named } from './site.ts';

const gw1 = named('gw1');
const renewal = { current: gw1, waitSeconds: 60 };

/** Have something else done once, while what goes to charon is gathered. @returns what came of that */
function meanwhile(
  context: LifecycleContext,
  work: () => Promise<unknown>,
): { readonly context: LifecycleContext; readonly done: Promise<unknown> } {
  const { promise: done, resolve } = Promise.withResolvers<unknown>();
  let isDone = false;
  const { ipsecPeers } = context.store;
  const ofCertificate: typeof ipsecPeers.ofCertificate = async (name) => {
    if (!isDone) {
      isDone = true;
      resolve(await work().catch((error: unknown) => error));
    }
    return ipsecPeers.ofCertificate(name);
  };
  const store = { ...context.store, ipsecPeers: { ...ipsecPeers, ofCertificate } };
  return { context: { ...context, store }, done };
}

async function settled(options: Parameters<typeof makeTrialSite>[0] = {}): Promise<TrialSite> {
  const made = await makeTrialSite(options);
  await deployAgain(made.context, gw1);
  made.prepare();
  return made;
}

describe('of two processes that deploy to one charon at once', () => {
  it('one renews, and the other is told that it does', async () => {
    const made = await settled({ othersLive: true });
    const other = await made.another();
    const { context, done } = meanwhile(made.context, () =>
      poll(other, { name: gw1, waitSeconds: 0 }),
    );
    await update(context, renewal);
    expect(await done).toMatchObject(coded('IN_PROGRESS'));
    expect(await made.complaints(['hq', 'branch'])).toStrictEqual([]);
  });

  it('the one that was taken for dead tells charon nothing any more', async () => {
    const made = await settled();
    const other = await made.another();
    const { context, done } = meanwhile(made.context, () => update(other, renewal));
    await expect(deployAgain(context, gw1)).rejects.toMatchObject(coded('IN_PROGRESS'));
    expect(await done).toMatchObject({ type: 'issued' });
    const { der } = await made.current();
    expect([...made.charon.loadedKeys]).toStrictEqual([keyIdOfCertificate(der)]);
    expect(await made.complaints(['hq', 'branch'])).toStrictEqual([]);
    expect((await made.deployment()).status).toMatchObject({ state: 'deployed' });
  });

  it('neither gives a peer to another certificate while the other deploys the one before', async () => {
    const made = await settled({ othersLive: true });
    const { site, context } = made;
    const { ike } = context;
    const issued = issue({ subject: 'CN=gw2' });
    await site.store.certificates.import({
      name: named('gw2'),
      der: certificateDer(issued.certificate),
      chain: [],
      key: {
        spki: toDer(SubjectPublicKeyInfo, issued.key.spki),
        pkcs8: new Uint8Array(issued.key.privateKey.export({ type: 'pkcs8', format: 'der' })),
      },
      source: 'import',
      at: site.clock.now(),
    });
    const other = await made.another();
    const before = await site.store.ipsecPeers.get('hq');
    if (ike === undefined || before === undefined) throw new Error('The site has both');
    const come: unknown[] = [];
    const open: typeof ike.open = async (...words) => {
      const put = putIpsecPeer(other, { ...before, certificate: named('gw2') }, false);
      come.push(await put.catch((error: unknown) => error));
      return ike.open(...words);
    };
    await deployAgain({ ...context, ike: { ...ike, open } }, gw1);
    expect(come).toMatchObject([coded('IN_PROGRESS')]);
    expect(await site.store.ipsecPeers.get('hq')).toStrictEqual(before);
    expect(await made.complaints(['hq', 'branch'])).toStrictEqual([]);
  });

  it('neither takes away where the other has charon ask', async () => {
    const made = await settled();
    const { charon, site, context } = made;
    const root = issue({ subject: 'CN=New Root', isCa: true });
    await keepCa(site, 'new', root);
    const name = authorityName(certificateDer(root.certificate));
    const { ike } = context;
    await deployAgain(
      {
        ...context,
        ike: {
          async open(socket, options) {
            const added = { ...peer(socket), name: named('new'), certificate: named('gw2') };
            const crlUris = ['http://crl.example/new.crl'];
            await site.store.ipsecPeers.put({ ...added, ca: ['new'], crlUris });
            charon.authorities.set(name, []);
            if (ike === undefined) throw new Error('The site has a charon');
            return ike.open(socket, options);
          },
        },
      },
      gw1,
    );
    expect([...charon.authorities.keys()]).toContain(name);
    expect(charon.authorities.size).toBe(2);
  });
});
