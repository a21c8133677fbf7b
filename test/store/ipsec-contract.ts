import { describe, expect, it } from 'vitest';

import type { IpsecPeer } from '../../src/store/ipsec-contract.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { at, granted, named, profile } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

const socket = '/run/charon.vici';

const bare: IpsecPeer = {
  name: named('hq'),
  socket,
  localAddresses: [],
  remoteAddresses: [],
  certificate: named('gw1'),
  ca: ['rootB'],
  isInitiator: false,
  crls: [],
  crlUris: [],
  reauthenticates: false,
  proposals: [],
  children: [],
};

const whole: IpsecPeer = {
  name: named('branch'),
  socket,
  description: 'To the branch',
  localAddresses: ['192.0.2.1', 'fd00::1'],
  remoteAddresses: ['branch.example'],
  localId: 'CN=gw1',
  remoteId: 'CN=branch',
  certificate: named('gw1'),
  ca: ['rootA', 'rootB'],
  policy: 'gateways',
  isInitiator: true,
  revocation: 'ifuri',
  ocspObject: 'hq',
  crls: ['rootA'],
  crlUris: ['http://pki.example/a.crl'],
  reauthSeconds: 3600,
  reauthenticates: true,
  proposals: ['aes128-sha256-ecp256'],
  children: [
    {
      name: named('lan'),
      localSelectors: ['10.1.0.0/24'],
      remoteSelectors: ['10.2.0.0/24[tcp/443]'],
      espProposals: ['aes128gcm16'],
    },
  ],
};

const made = {
  label: 'strongswan',
  files: [],
  target: { type: 'strongswan', socket },
  isForPeers: true,
};

/** What every implementation of `IpsecPeers` does. */
export function ipsecContract(make: () => Promise<StoreUnderTest>): void {
  describe('IPsec peers', () => {
    it('come back as they were put, by name, and those of a certificate alone', async () => {
      const { store, reopen } = await make();
      const other = { ...bare, name: named('other'), certificate: named('gw2') };
      for (const each of [bare, whole, other]) await store.ipsecPeers.put(each);
      const { ipsecPeers } = await reopen();
      expect(await ipsecPeers.list()).toStrictEqual([whole, bare, other]);
      expect(await ipsecPeers.get('branch')).toStrictEqual(whole);
      expect(await ipsecPeers.get('none')).toBeUndefined();
      expect(await ipsecPeers.ofCertificate('gw1')).toStrictEqual([whole, bare]);
      await ipsecPeers.put({ ...bare, description: 'Again' });
      expect(await ipsecPeers.get('hq')).toStrictEqual({ ...bare, description: 'Again' });
    });

    it('have one deployment for all of one certificate and socket, which goes with the last', async () => {
      const { store } = await make();
      const { deployments, ipsecPeers } = store;
      await ipsecPeers.put(bare);
      await ipsecPeers.put(whole);
      expect(await deployments.list('gw1')).toStrictEqual([made]);
      await ipsecPeers.put({ ...bare, name: named('second'), socket: '/run/second.vici' });
      expect((await deployments.list('gw1')).map(({ label }) => label)).toStrictEqual([
        'strongswan',
        'strongswan-2',
      ]);
      expect(await ipsecPeers.remove('second')).toBe(true);
      expect(await ipsecPeers.remove('hq')).toBe(true);
      expect(await deployments.list('gw1')).toStrictEqual([made]);
      expect(await ipsecPeers.remove('branch')).toBe(true);
      expect(await ipsecPeers.remove('branch')).toBe(false);
      expect(await deployments.list('gw1')).toStrictEqual([]);
    });

    it('go by the deployment that is there for their socket, and leave it there', async () => {
      const { store } = await make();
      const { deployments, ipsecPeers } = store;
      const target = { type: 'strongswan', socket, reauthenticates: ['home', 'away'] } as const;
      const own = { label: named('ike'), files: [], target };
      await deployments.put(named('gw1'), own);
      await ipsecPeers.put(bare);
      await ipsecPeers.remove('hq');
      expect(await deployments.list('gw1')).toStrictEqual([own]);
    });

    it('leave a deployment that was made for them and then set by hand', async () => {
      const { store } = await make();
      const { deployments, ipsecPeers } = store;
      await ipsecPeers.put(bare);
      const own = {
        label: named('strongswan'),
        files: [],
        target: { type: 'strongswan', socket },
      } as const;
      await deployments.put(named('gw1'), own);
      await ipsecPeers.remove('hq');
      expect(await deployments.list('gw1')).toStrictEqual([own]);
    });

    it('take another label for their deployment where something else has theirs', async () => {
      const { store } = await make();
      const { deployments, ipsecPeers } = store;
      const files = [{ kind: 'der', path: '/srv/gw1.der' }] as const;
      await deployments.put(named('gw1'), { label: named('strongswan'), files });
      await ipsecPeers.put(bare);
      expect(await deployments.list('gw1')).toStrictEqual([
        { label: 'strongswan', files },
        { ...made, label: 'strongswan-2' },
      ]);
    });

    it('let their deployment be done again with each change, in one write', async () => {
      const { store } = await make();
      const { deployments, ipsecPeers } = store;
      const { id } = await granted(store, 'gw1');
      const done = async (): Promise<void> => {
        const status = { state: 'deployed', certificateId: id, at: at(1) } as const;
        for (const { label } of await deployments.list('gw1'))
          await deployments.report('gw1', label, status);
        await store.certificates.markDelivered(id, '', at(1), []);
      };
      const look = async () => ({
        pending: (await store.certificates.pendingDelivery()).length,
        states: (await deployments.list('gw1')).map(({ status }) => status?.state ?? 'new'),
      });
      await ipsecPeers.put(bare);
      await deployments.put(named('gw1'), {
        label: named('web'),
        files: [{ kind: 'der', path: '/srv/gw1.der' }],
      });
      await done();
      expect(await look()).toStrictEqual({ pending: 0, states: ['deployed', 'deployed'] });
      await ipsecPeers.put({ ...bare, description: 'Changed' });
      expect(await look()).toStrictEqual({ pending: 1, states: ['new', 'deployed'] });
      await ipsecPeers.put(whole);
      await done();
      await ipsecPeers.remove('branch');
      expect(await look()).toStrictEqual({ pending: 1, states: ['new', 'deployed'] });
      await done();
      await ipsecPeers.remove('hq');
      expect(await look()).toStrictEqual({ pending: 1, states: ['deployed'] });
    });

    it('let it be done again when a CA they believe, or their policy, is another', async () => {
      const { store } = await make();
      const { deployments, ipsecPeers } = store;
      const { id } = await granted(store, 'gw1');
      await store.validationObjects.put(policyBelieving('rootP'), new Map());
      await ipsecPeers.put(bare);
      await ipsecPeers.put({ ...whole, ca: [], socket: '/run/second.vici' });
      const pending = async (change: () => Promise<unknown>) => {
        const status = { state: 'deployed', certificateId: id, at: at(1) } as const;
        for (const { label } of await deployments.list('gw1'))
          await deployments.report('gw1', label, status);
        await store.certificates.markDelivered(id, '', at(1), []);
        await change();
        const left = (await deployments.list('gw1')).filter((each) => each.status === undefined);
        const isPending = (await store.certificates.pendingDelivery()).length > 0;
        expect(isPending).toBe(left.length > 0);
        return left.map(({ label }) => label);
      };
      const ca = (label: string, text: string) => async () =>
        await store.caCertificates.put(
          { label: named(label), der: utf8(text), subject: utf8('s'), createdAt: at(0) },
          true,
        );
      expect(await pending(ca('rootB', 'one'))).toStrictEqual(['strongswan']);
      expect(await pending(ca('rootB', 'one'))).toStrictEqual([]);
      expect(await pending(ca('rootP', 'one'))).toStrictEqual(['strongswan-2']);
      expect(await pending(ca('rootC', 'one'))).toStrictEqual([]);
      expect(
        await pending(async () => store.validationObjects.put(policyBelieving('rootB'), new Map())),
      ).toStrictEqual(['strongswan-2']);
      const both = ['strongswan', 'strongswan-2'];
      const roots = (text: string) =>
        store.authorities.put(profile({ label: named('rootB'), roots: [utf8(text)] }));
      expect(await pending(() => roots('one'))).toStrictEqual(both);
      expect(await pending(() => roots('one'))).toStrictEqual([]);
      expect(await pending(() => roots('two'))).toStrictEqual(both);
    });

    it('take their deployment along to another certificate', async () => {
      const { store } = await make();
      const { deployments, ipsecPeers } = store;
      await granted(store, 'gw1');
      await ipsecPeers.put(bare);
      await ipsecPeers.put({ ...bare, certificate: named('gw2') });
      expect(await deployments.list('gw1')).toStrictEqual([]);
      expect(await deployments.list('gw2')).toStrictEqual([made]);
      expect(await store.certificates.pendingDelivery()).toHaveLength(1);
    });

    it('hold a deployment that goes with its certificate', async () => {
      const { store } = await make();
      await granted(store, 'gw1');
      await store.ipsecPeers.put(bare);
      await store.certificates.remove('gw1');
      expect(await store.deployments.list('gw1')).toStrictEqual([]);
      await store.ipsecPeers.put(bare);
      expect(await store.deployments.list('gw1')).toStrictEqual([made]);
    });
  });
}

function policyBelieving(ca: string) {
  return {
    kind: 'policy' as const,
    name: 'gateways',
    settings: JSON.stringify({ kind: 'ikev2-ipv4', ca: [ca] }),
  };
}
