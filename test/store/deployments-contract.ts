import { describe, expect, it } from 'vitest';
import type { Deployment, HookRun } from '../../src/store/deployments-contract.ts';
import { at, coded, granted, imported, named } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

const web: Deployment = {
  label: named('web'),
  files: [
    { kind: 'key', path: '/etc/nginx/gw1.key' },
    { kind: 'fullchain', path: '/etc/nginx/gw1.pem' },
  ],
  owner: 'root',
  group: '33',
  mode: 0o644,
  keyMode: 0o640,
  target: { type: 'nginx', pidFile: '/run/nginx.pid', config: '/etc/nginx/nginx.conf' },
  probe: { host: '127.0.0.1', port: 443, serverName: 'gw1.test' },
};

const bare: Deployment = {
  label: named('other'),
  files: [{ kind: 'der', path: '/srv/gw1.der' }],
};

function toCharon(label: string, socket: string): Deployment {
  return { label: named(label), files: [], target: { type: 'strongswan', socket } };
}

/** What every implementation of `Deployments` does. */
export function deploymentsContract(make: () => Promise<StoreUnderTest>): void {
  describe('deployments', () => {
    it('come back as they were put, by label, and go when they are removed', async () => {
      const { store } = await make();
      const { deployments } = store;
      const balancer: Deployment = {
        label: named('lb'),
        files: [{ kind: 'combined', path: '/etc/haproxy/gw1.pem' }],
        target: { type: 'haproxy', socket: '/run/haproxy.sock', entry: 'gw1.pem' },
        probe: { host: '::1', port: 21, starttls: 'ftp' },
      };
      const unit: Deployment = {
        label: named('unit'),
        files: [{ kind: 'cert', path: '/srv/gw1.crt' }],
        target: { type: 'systemd', unit: 'gw.service' },
      };
      const sealed: Deployment = {
        label: named('sealed'),
        files: [{ kind: 'pkcs12', path: '/srv/gw1.p12' }],
        password: 'file:/etc/gw1.pass',
      };
      for (const each of [web, balancer, bare, sealed, unit])
        await deployments.put(named('gw1'), each);
      await deployments.put(named('gw2'), { ...bare, files: [{ kind: 'der', path: '/srv/gw2' }] });
      expect(await deployments.list('gw1')).toStrictEqual([balancer, bare, sealed, unit, web]);

      await deployments.put(named('gw1'), { ...bare, label: named('web'), files: web.files });
      expect((await deployments.list('gw1')).at(-1)).toStrictEqual({
        label: 'web',
        files: web.files,
      });
      expect(await deployments.remove('gw1', 'web')).toBe(true);
      expect(await deployments.remove('gw1', 'web')).toBe(false);
      expect(await deployments.list('gw1')).toHaveLength(4);
    });

    it('have each file to themselves', async () => {
      const { store } = await make();
      await store.deployments.put(named('gw1'), web);
      await store.deployments.put(named('gw1'), web);
      const same = { ...bare, files: [{ kind: 'cert', path: '/etc/nginx/gw1.pem' }] } as const;
      await expect(store.deployments.put(named('gw2'), same)).rejects.toMatchObject({
        ...coded('CONFIG_INVALID'),
        message: expect.stringContaining('deployment "web" of "gw1" writes that file'),
      });
      expect(await store.deployments.list('gw2')).toStrictEqual([]);
    });

    it('tell for which names they are, with those that have a hook only', async () => {
      const { store } = await make();
      await store.deployments.put(named('gw2'), web);
      await store.deployments.putHook(named('gw1'), { command: ['/bin/true'], timeoutSeconds: 1 });
      expect(await store.deployments.names()).toStrictEqual(['gw1', 'gw2']);
    });

    it('make the current certificate pending when they change, an imported one too', async () => {
      const { store } = await make();
      const { id } = await granted(store, 'gw1');
      const vendor = await imported(store, 'vendor');
      const pending = async () =>
        (await store.certificates.pendingDelivery()).map((record) => record.id);
      await store.certificates.markDelivered(id, '/etc/pki', at(1), []);
      expect(await pending()).toStrictEqual([]);

      await store.deployments.put(named('gw1'), web);
      await store.deployments.put(vendor.name, bare);
      expect((await pending()).toSorted((a, b) => a - b)).toStrictEqual(
        [id, vendor.id].toSorted((a, b) => a - b),
      );
      await store.certificates.markDelivered(id, '/etc/nginx', at(2), []);
      await store.deployments.remove('vendor', 'other');
      expect(await pending()).toStrictEqual([]);
      await store.deployments.restart('gw1');
      expect(await pending()).toStrictEqual([id]);
    });

    it('remember how it went, until they are put or begun again', async () => {
      const { store } = await make();
      const { id } = await granted(store, 'gw1');
      await store.deployments.put(named('gw1'), web);
      const status = { state: 'unused', certificateId: id, at: at(3), error: 'Old one' } as const;
      await store.deployments.report('gw1', 'web', status);
      await store.deployments.report('gw1', 'none', status);
      expect(await store.deployments.list('gw1')).toStrictEqual([{ ...web, status }]);
      const done = { state: 'deployed', certificateId: id, at: at(4) } as const;
      await store.deployments.report('gw1', 'web', done);
      expect(await store.deployments.list('gw1')).toStrictEqual([{ ...web, status: done }]);
      await store.deployments.restart('gw1');
      expect(await store.deployments.list('gw1')).toStrictEqual([web]);
    });

    it('to IKE daemons are known by socket and name', async () => {
      const { store } = await make();
      expect(await store.deployments.charons()).toStrictEqual([]);
      await store.deployments.put(named('gw2'), toCharon('one', '/run/a.vici'));
      await store.deployments.put(named('gw1'), toCharon('one', '/run/b.vici'));
      await store.deployments.put(named('gw1'), toCharon('two', '/run/a.vici'));
      await store.deployments.put(named('gw1'), toCharon('three', '/run/a.vici'));
      await store.deployments.put(named('gw3'), web);
      expect(await store.deployments.charons()).toStrictEqual([
        { name: 'gw1', socket: '/run/a.vici' },
        { name: 'gw2', socket: '/run/a.vici' },
        { name: 'gw1', socket: '/run/b.vici' },
      ]);
    });

    it('need not wait for the next try once they are put or begun again', async () => {
      const { store } = await make();
      await granted(store, 'gw1');
      const failure = { kind: 'failing', code: 'DELIVERY_FAILED', text: 'no', at: at(3) } as const;
      const failing = async () => (await store.schedule.failing('gw1')).map(({ job }) => job);
      await store.schedule.failed(named('gw1'), { job: 'deploy', ...failure });
      await store.schedule.failed(named('gw1'), { job: 'update', ...failure });
      await store.deployments.put(named('gw1'), web);
      expect(await failing()).toStrictEqual(['update']);
      await store.schedule.failed(named('gw1'), { job: 'deploy', ...failure });
      await store.deployments.restart('gw1', 'web');
      expect(await failing()).toStrictEqual(['update']);
    });

    it('are begun again one by one', async () => {
      const { store } = await make();
      const { id } = await granted(store, 'gw1');
      const other = { ...bare, label: named('aside') };
      await store.deployments.put(named('gw1'), web);
      await store.deployments.put(named('gw1'), other);
      const status = { state: 'deployed', certificateId: id, at: at(4) } as const;
      await store.deployments.report('gw1', 'web', status);
      await store.deployments.report('gw1', 'aside', status);
      await store.certificates.markDelivered(id, '/etc/pki', at(5), []);
      await store.deployments.restart('gw1', 'web');
      expect(await store.deployments.list('gw1')).toStrictEqual([{ ...other, status }, web]);
      expect((await store.certificates.pendingDelivery()).map((each) => each.id)).toStrictEqual([
        id,
      ]);
    });
  });

  describe('hooks', () => {
    it('keep their words apart', async () => {
      const { store } = await make();
      const { deployments } = store;
      expect(await deployments.hook('gw1')).toBeUndefined();
      const hook = {
        command: ['/bin/a b', '', '; rm', '--x'],
        timeoutSeconds: 5,
        user: 'tls',
      } as const;
      await deployments.putHook(named('gw1'), { command: ['/bin/old', '1'], timeoutSeconds: 60 });
      await deployments.putHook(named('gw1'), hook);
      expect(await deployments.hook('gw1')).toStrictEqual(hook);
      expect(await deployments.removeHook('gw1')).toBe(true);
      expect(await deployments.removeHook('gw1')).toBe(false);
      expect(await deployments.hook('gw1')).toBeUndefined();
    });

    it('leave their last ten runs', async () => {
      const { store } = await make();
      const results: readonly HookRun['result'][] = [
        { type: 'exited', exitCode: 3 },
        { type: 'killed', signal: 'SIGSEGV' },
        { type: 'timed-out' },
        { type: 'not-started', text: 'permission denied' },
      ];
      const run = (second: number): HookRun => ({
        event: 'renewed',
        startedAt: at(second),
        endedAt: at(second + 1),
        result: results[second % results.length] ?? { type: 'timed-out' },
        output: Uint8Array.of(0, 255, second),
      });
      for (let second = 0; second < 12; second++) {
        await store.deployments.recordRun('gw1', run(second));
      }
      await store.deployments.recordRun('gw2', run(50));
      const kept = await store.deployments.runs('gw1');
      expect(kept).toStrictEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2].map(run));
      expect(await store.deployments.runs('gw2')).toHaveLength(1);
    });
  });

  describe('a restored certificate', () => {
    it('is current and pending again under its own number, and the next one counts on', async () => {
      const { store } = await make();
      const first = await granted(store, 'gw1');
      await store.certificates.markDelivered(first.id, '/etc/pki', at(1), []);
      const second = await imported(store, 'gw1');
      expect(await store.certificates.restore(first.id)).toMatchObject({
        id: first.id,
        version: 1,
        status: 'current',
      });
      expect(await store.certificates.get(second.id)).toMatchObject({ status: 'superseded' });
      expect(await store.certificates.pendingDelivery('gw1')).toMatchObject([{ id: first.id }]);
      await expect(store.certificates.restore(first.id)).rejects.toMatchObject(
        coded('STORE_CONFLICT'),
      );
      expect(await imported(store, 'gw1')).toMatchObject({ version: 3 });
    });
  });
}
