import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../src/store/deployments-contract.ts';
import { openIkeDaemon } from '../../src/deploy/strongswan-daemon.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { deployAgain, removeDeployment } from '../../src/lifecycle/deploy-settings.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import { certStoreKey } from '../../src/lifecycle/setting-keys.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { keyIdOfCertificate, type FakeCharon } from '../harness/fake-charon.ts';
import {
  hex,
  keepCa,
  makeIpsecSite,
  peersIssuing,
  peersRoot,
  type IpsecSite,
} from './ipsec-site.ts';
import { coded, named } from './site.ts';

const gw1 = named('gw1');
const renewal = { current: gw1, waitSeconds: 60 };

async function pinned({ current }: IpsecSite): Promise<string> {
  return hex((await current()).der);
}

/** Without peers of ours: a connection of others is to follow. */
function ofOthers(socket: string): Deployment {
  const target = { type: 'strongswan', socket, reauthenticates: ['theirs'] } as const;
  return { label: named('ipsec'), files: [], target };
}

/** Do something that has the next attempt at a peer fail. */
async function tried<T>(charon: FakeCharon, done: () => Promise<T>): Promise<T> {
  charon.failNext('initiate', { errmsg: 'no answer' });
  return await done();
}

describe('deploying a certificate to strongSwan', () => {
  it('loads CAs, chain, certificate, key and the connections of its peers, and then is deployed', async () => {
    const made = await makeIpsecSite();
    const { charon, site, context, put, current, deployment } = made;
    await put();
    const result = await deployAgain(context, gw1);
    expect(result).toMatchObject({ type: 'deployed' });
    expect(result.type === 'deployed' && result.files.at(-1)).toBe(charon.socket);
    const { der } = await current();
    const { root, issuing } = site.lab.authorities;
    expect(Object.fromEntries(charon.certificates)).toStrictEqual({
      [hex(certificateDer(peersRoot.certificate))]: 'ca',
      [hex(certificateDer(root.certificate))]: 'ca',
      [hex(certificateDer(issuing.certificate))]: 'ca',
      [hex(der)]: 'own',
    });
    expect([...charon.loadedKeys]).toStrictEqual([keyIdOfCertificate(der)]);
    expect([...charon.connections.keys()]).toStrictEqual(['hq']);
    expect(await deployment()).toMatchObject({
      label: 'strongswan',
      status: { state: 'deployed' },
    });
    expect(charon.commands.filter((command) => /^(?:load|initiate)/.test(command))).toStrictEqual([
      'load-cert',
      'load-cert',
      'load-cert',
      'load-cert',
      'load-key',
      'load-conn',
    ]);
  });

  it('leaves files in the cert-store location as they go there without it', async () => {
    const { site, context, put } = await makeIpsecSite();
    await put();
    await update(context, renewal);
    expect(site.files().get('gw1.cert.pem')).toContain('BEGIN CERTIFICATE');
    const current = await site.store.certificates.current('gw1');
    expect(current).toMatchObject({ version: 2, directory: site.certs });
  });

  it('begins what is to be begun by us, and only what does not stand', async () => {
    const { charon, context, put } = await makeIpsecSite();
    await put({ isInitiator: true });
    await deployAgain(context, gw1);
    expect(charon.associations).toHaveLength(1);
    await deployAgain(context, gw1);
    expect(charon.associations).toHaveLength(1);
    expect(charon.commands.filter((command) => command === 'initiate')).toHaveLength(1);
  });

  it('unloads the key of the version before once the new one is there', async () => {
    const made = await makeIpsecSite();
    const { charon, context, put, current } = made;
    await put();
    await deployAgain(context, gw1);
    const before = keyIdOfCertificate((await current()).der);
    await update(context, renewal);
    const now = keyIdOfCertificate((await current()).der);
    expect([...charon.loadedKeys]).toStrictEqual([now]);
    expect(before).not.toBe(now);
    // It is pinned, too.
    expect(charon.establish('hq').certificate).toBe(await pinned(made));
  });

  it('keeps a key that another current certificate has at the same charon', async () => {
    const { charon, site, context, put, current } = await makeIpsecSite();
    await put();
    await deployAgain(context, gw1);
    const { der, keyId = 0, chain } = await current();
    await site.store.certificates.import({
      name: named('gw2'),
      der,
      chain,
      key: { id: keyId },
      source: 'import',
      at: site.clock.now(),
    });
    const target = { type: 'strongswan', socket: charon.socket } as const;
    await site.store.deployments.put(named('gw2'), { label: named('ipsec'), files: [], target });
    await update(context, renewal);
    expect(charon.loadedKeys.size).toBe(2);
  });

  it('goes over to the new certificate before the key of the one before is unloaded, where that was asked for', async () => {
    const made = await makeIpsecSite();
    const { charon, context, put } = made;
    await put({ reauthenticates: true });
    await deployAgain(context, gw1);
    const former = charon.establish('hq');
    await update(context, renewal);
    expect(charon.associations).toMatchObject([
      { connection: 'hq', state: 'ESTABLISHED', certificate: await pinned(made) },
    ]);
    expect(charon.associations[0]?.id).not.toBe(former.id);
    const order = charon.commands.filter((name) => name === 'terminate' || name === 'unload-key');
    expect(order).toStrictEqual(['terminate', 'unload-key']);
  });

  it('goes over, too, where charon would authenticate anew by itself with a key that is gone', async () => {
    const made = await makeIpsecSite();
    const { charon, context, put } = made;
    await put();
    await deployAgain(context, gw1);
    charon.establish('hq').reauthIn = 3600;
    await update(context, renewal);
    expect(charon.associations).toMatchObject([{ certificate: await pinned(made) }]);
  });

  it('leaves a tunnel alone that nobody wants authenticated anew', async () => {
    const { charon, context, put } = await makeIpsecSite();
    await put();
    await deployAgain(context, gw1);
    const standing = charon.establish('hq');
    await update(context, renewal);
    expect(charon.associations.map(({ id }) => id)).toStrictEqual([standing.id]);
  });

  it('leaves it to a peer without address to come, and is done', async () => {
    const { charon, context, put, deployment } = await makeIpsecSite();
    await put({ reauthenticates: true, remoteAddresses: [] });
    await deployAgain(context, gw1);
    const standing = charon.establish('hq');
    await update(context, renewal);
    expect(charon.associations.map(({ id }) => id)).toStrictEqual([standing.id]);
    expect((await deployment()).status?.state).toBe('deployed');
  });

  it('has a tunnel authenticated anew that has the certificate already', async () => {
    const { charon, context, put } = await makeIpsecSite();
    await put({ reauthenticates: true });
    await deployAgain(context, gw1);
    const former = charon.establish('hq');
    await deployAgain(context, gw1);
    expect(charon.commands).toContain('rekey');
    expect(charon.associations).toHaveLength(1);
    expect(charon.associations[0]?.id).not.toBe(former.id);
  });

  it('ends and begins an IKE_SA without traffic, which charon does not authenticate anew', async () => {
    const { charon, context, put } = await makeIpsecSite();
    await put({ reauthenticates: true, children: [] });
    await deployAgain(context, gw1);
    const former = charon.establish('hq');
    await deployAgain(context, gw1);
    expect(charon.commands).not.toContain('rekey');
    expect(charon.associations).toHaveLength(1);
    expect(charon.associations[0]?.id).not.toBe(former.id);
  });

  it('is not in use, with tunnel and former key as they were, while a peer does not take the new one', async () => {
    const { charon, context, put, deployment, current } = await makeIpsecSite();
    await put({ reauthenticates: true });
    await deployAgain(context, gw1);
    const standing = charon.establish('hq');
    const former = keyIdOfCertificate((await current()).der) ?? '';
    charon.answersPeers = false;
    await expect(update(context, renewal)).rejects.toThrow(
      expect.objectContaining({
        ...coded('DELIVERY_FAILED'),
        message: expect.stringContaining(
          'deployed to "strongswan", not in use: connection "hq" goes on with the certificate before',
        ),
      }),
    );
    expect((await deployment()).status?.state).toBe('unused');
    expect(charon.associations.map(({ id }) => id)).toStrictEqual([standing.id]);
    expect([...charon.loadedKeys]).toContain(former);

    charon.answersPeers = true;
    await poll(context, { name: gw1, waitSeconds: 0 });
    expect((await deployment()).status?.state).toBe('deployed');
    expect([...charon.loadedKeys]).not.toContain(former);
  });

  it('does not bother those that have the new certificate while another does not take it', async () => {
    const { charon, context, put, current } = await makeIpsecSite();
    await put({ reauthenticates: true });
    await put({ reauthenticates: true, name: named('branch') });
    await deployAgain(context, gw1);
    charon.establish('hq');
    const away = charon.establish('branch');
    // Charon says that it tries, and no more.
    charon.failNext('initiate', { errmsg: 'no answer' });
    await expect(update(context, renewal)).rejects.toThrow('connection "branch" goes on');
    const renewed = charon.associations.find(({ connection }) => connection === 'hq');
    await expect(tried(charon, () => poll(context, { name: gw1, waitSeconds: 0 }))).rejects.toThrow(
      'connection "branch" goes on',
    );
    expect(charon.commands).not.toContain('rekey');
    expect(charon.associations).toContain(renewed);
    charon.associations.splice(charon.associations.indexOf(away), 1);
    await poll(context, { name: gw1, waitSeconds: 0 });
    expect(charon.commands).not.toContain('rekey');
    expect([...charon.loadedKeys]).toStrictEqual([keyIdOfCertificate((await current()).der)]);
  });

  it('does not wait for many peers that are away one after the other', async () => {
    const { charon, site, context, put } = await makeIpsecSite();
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const name of names) await put({ reauthenticates: true, name: named(name) });
    await deployAgain(context, gw1);
    for (const name of names) charon.establish(name);
    charon.answersPeers = false;
    const asked: number[] = [];
    const slow: LifecycleContext = {
      ...context,
      ike: {
        async open(socket, options) {
          const daemon = await openIkeDaemon(socket, options);
          return {
            ...daemon,
            async establish(name, child, patienceMs) {
              asked.push(patienceMs);
              await site.clock.advance(patienceMs / 1000);
              return await daemon.establish(name, child, 50);
            },
          };
        },
      },
    };
    await expect(update(slow, renewal)).rejects.toThrow('; and 3 more');
    expect(asked).toStrictEqual([15_000, 15_000, 15_000, 15_000]);
    expect(charon.associations).toHaveLength(names.length);
  });

  it('has connections of others authenticated anew after the former key is gone', async () => {
    const { charon, site, context } = await makeIpsecSite();
    await site.store.deployments.put(gw1, ofOthers(charon.socket));
    await deployAgain(context, gw1);
    charon.associations.push({
      connection: 'theirs',
      id: '77',
      state: 'ESTABLISHED',
      remoteId: 'CN=x',
      localId: 'CN=gw1',
      certificate: '',
      children: ['net'],
    });
    await update(context, renewal);
    const order = charon.commands.filter((name) => name === 'unload-key' || name === 'rekey');
    expect(order).toStrictEqual(['unload-key', 'rekey']);
    expect(charon.associations).toMatchObject([{ connection: 'theirs' }]);
    expect(charon.associations[0]?.id).not.toBe('77');
  });

  it('warns of connections of others that are not there, which may be a slip', async () => {
    const { charon, site, context } = await makeIpsecSite();
    await site.store.deployments.put(gw1, ofOthers(charon.socket));
    await deployAgain(context, gw1);
    const warning = 'charon has no connection "theirs" that could be authenticated anew';
    expect(site.warnings).toStrictEqual([warning]);
    charon.connections.set('theirs', []);
    await deployAgain(context, gw1);
    expect(site.warnings).toStrictEqual([warning]);
  });

  it('warns where connections of others may go on with the certificate before, as the key is the same', async () => {
    const { charon, site, context } = await makeIpsecSite();
    await site.store.deployments.put(gw1, ofOthers(charon.socket));
    await deployAgain(context, gw1);
    await site.store.settings.set(certStoreKey, 'reuse');
    await update(context, renewal);
    expect(site.warnings.at(-1)).toContain('charon may go on with the certificate before');
  });

  it('keeps the deployment that peers have their certificate by', async () => {
    const { context, put } = await makeIpsecSite();
    await put();
    await expect(removeDeployment(context, gw1, named('strongswan'))).rejects.toThrow(
      'IPsec peer "hq" has its certificate by it',
    );
  });

  it('loads CAs of the local store that lead to an anchor of the peer, and no others', async () => {
    const { charon, site, context, put } = await makeIpsecSite();
    await keepCa(site, 'issuing', peersIssuing);
    const stranger = issue({ subject: 'CN=Stranger', isCa: true });
    await keepCa(site, 'stranger', stranger);
    await put();
    await deployAgain(context, gw1);
    expect(charon.certificates.has(hex(certificateDer(peersIssuing.certificate)))).toBe(true);
    expect(charon.certificates.has(hex(certificateDer(stranger.certificate)))).toBe(false);
  });
});
