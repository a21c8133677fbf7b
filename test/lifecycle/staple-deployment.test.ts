import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import type { Delivery } from '../../src/deploy/files.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { stapleCertificate } from '../../src/lifecycle/staple-certificate.ts';
import { stapleHash } from '../../src/lifecycle/staple-versions.ts';
import { update } from '../../src/lifecycle/update.ts';
import { coded, named, request } from './site.ts';
import {
  endpoint,
  makeStapledSite,
  mustStaple,
  servedAt,
  type StapledSite,
} from './stapled-site.ts';

const gw1 = named('gw1');

const files = [{ kind: 'fullchain', path: '/etc/web.pem' }] as const;

/** What happens to files, told in order with what happens to staples. */
function deploying(
  made: StapledSite,
  steps: string[],
  fails: () => boolean = () => false,
): LifecycleContext {
  const { staples } = made.context;
  if (staples === undefined) throw new Error('no staples');
  return {
    ...made.context,
    staples: {
      ...staples,
      async publish(to, publication) {
        const done = await staples.publish(to, publication);
        const { staple, way } = publication;
        steps.push(`staple at ${to.label} ${way} ${staple ? 'there' : 'gone'}`);
        return done;
      },
    },
    async deliver(delivery: Delivery) {
      if (!('deployment' in delivery)) return made.context.deliver(delivery);
      steps.push(`files of ${delivery.deployment.label}`);
      await delivery.confirm?.();
      if (fails()) throw new CertError('DELIVERY_FAILED', 'Cannot deliver');
      return { directory: '/etc', files: files.map(({ path }) => path), previous: '' };
    },
  };
}

async function deployed(made: StapledSite, context: LifecycleContext, changes = {}): Promise<void> {
  await made.site.store.deployments.put(gw1, { label: named('web'), files });
  await made.site.store.staples.putEndpoint(gw1, endpoint('web'));
  await initialize(context, request(changes));
}

describe('deploying a certificate that is stapled', () => {
  it('has the staple there before the service is told, from the first certificate on', async () => {
    const made = await makeStapledSite();
    const steps: string[] = [];
    await deployed(made, deploying(made, steps));
    expect(steps).toStrictEqual(['files of web', 'staple at web with-certificate there']);
    const { der } = await made.current();
    const [at] = await made.site.store.staples.endpoints('gw1');
    expect(at?.published).toMatchObject({ certificate: stapleHash(der) });
    await stapleCertificate(made.context, gw1);
    expect([made.asked(), made.told.length]).toStrictEqual([1, 1]);
  });

  it('replaces both by one step at a renewal, and names what was there before', async () => {
    const made = await makeStapledSite();
    const steps: string[] = [];
    const context = deploying(made, steps);
    await deployed(made, context);
    const before = await made.current();
    steps.length = 0;
    await update(context, { current: gw1, waitSeconds: 60 });
    expect(steps).toStrictEqual(['files of web', 'staple at web with-certificate there']);
    const after = await made.current();
    expect(made.serving.get('web')?.former).toStrictEqual(before.der);
    expect(servedAt(made, 'web')).toBe(`${stapleHash(after.der).slice(0, 8)} stapled`);
    const kept = await made.site.store.staples.list();
    expect(kept.map(({ certificate }) => certificate)).toStrictEqual([stapleHash(after.der)]);
  });

  it('takes the staple of the old certificate away where there is none for the new one', async () => {
    const made = await makeStapledSite();
    const steps: string[] = [];
    const context = deploying(made, steps);
    await deployed(made, context);
    await made.site.lab.responder.inject('down');
    steps.length = 0;
    await update(context, { current: gw1, waitSeconds: 60 });
    expect(steps).toStrictEqual(['files of web', 'staple at web with-certificate gone']);
  });

  it('holds a certificate back that clients refuse without a staple, and serves the one before', async () => {
    const made = await makeStapledSite();
    const { store, lab, clock } = made.site;
    const steps: string[] = [];
    const context = deploying(made, steps);
    await deployed(made, context, mustStaple());
    const before = await made.current();
    await lab.responder.inject('down');
    steps.length = 0;
    await expect(update(context, { current: gw1, waitSeconds: 60 })).rejects.toThrow(
      expect.objectContaining({
        ...coded('DELIVERY_FAILED'),
        message: expect.stringContaining('clients refuse it without an OCSP response'),
      }),
    );
    const after = await made.current();
    expect(after.version).toBe(2);
    expect(after.deliveredAt).toBeUndefined();
    expect(steps).toStrictEqual([]);
    expect(servedAt(made, 'web')).toBe(`${stapleHash(before.der).slice(0, 8)} stapled`);
    // The one that is served stays fresh meanwhile.
    const { endpoints } = await stapleCertificate(context, gw1);
    expect(endpoints).toMatchObject([{ type: 'unchanged' }]);
    expect(await store.staples.list()).toHaveLength(2);

    await lab.responder.heal();
    await clock.advance(300);
    const report = await stapleCertificate(context, gw1);
    expect(report.freesDelivery).toBe(true);
    await poll(context, { name: gw1, waitSeconds: 0 });
    expect(servedAt(made, 'web')).toBe(`${stapleHash(after.der).slice(0, 8)} stapled`);
  });

  it('has ProFTPD find the staple before the certificate, and takes that of the one before away in the end', async () => {
    const made = await makeStapledSite();
    const steps: string[] = [];
    const context = deploying(made, steps);
    const target = { type: 'proftpd', directory: '/etc/ocsp' } as const;
    await made.site.store.deployments.put(gw1, { label: named('web'), files });
    await made.site.store.staples.putEndpoint(gw1, endpoint('web', { target }));
    await initialize(context, request());
    expect(steps).toStrictEqual(['staple at web with-certificate there', 'files of web']);
    steps.length = 0;
    await update(context, { current: gw1, waitSeconds: 60 });
    expect(steps).toStrictEqual([
      'staple at web with-certificate there',
      'files of web',
      'staple at web alone gone',
    ]);
  });

  it('leaves no staple of a certificate that the service cannot use', async () => {
    const made = await makeStapledSite();
    const steps: string[] = [];
    const target = { type: 'nginx', pidFile: '/none', program: '/bin/false' } as const;
    await made.site.store.deployments.put(gw1, { label: named('web'), files, target });
    await made.site.store.staples.putEndpoint(gw1, endpoint('web'));
    await expect(initialize(deploying(made, steps), request())).rejects.toThrow(
      'Cannot use the configuration of nginx',
    );
    expect(steps).toStrictEqual([
      'files of web',
      'staple at web with-certificate there',
      'staple at web with-certificate gone',
    ]);
  });

  it('has the staple of the old certificate there again when files fail after all', async () => {
    const made = await makeStapledSite();
    const steps: string[] = [];
    let isFull = false;
    const context = deploying(made, steps, () => isFull);
    await deployed(made, context);
    const before = await made.current();
    isFull = true;
    await expect(update(context, { current: gw1, waitSeconds: 60 })).rejects.toThrow(
      'Cannot deliver',
    );
    expect(servedAt(made, 'web')).toBe(`${stapleHash(before.der).slice(0, 8)} stapled`);
  });

  it('puts no other files there when the staple cannot be', async () => {
    const made = await makeStapledSite();
    const steps: string[] = [];
    const context = deploying(made, steps);
    await deployed(made, context);
    made.setEndpoints('Cannot write "/etc/web.der"');
    await expect(update(context, { current: gw1, waitSeconds: 60 })).rejects.toThrow(
      'Cannot write "/etc/web.der"',
    );
    expect(await made.site.store.deployments.list('gw1')).toMatchObject([
      { status: { state: 'pending' } },
    ]);
  });

  it('tells endpoints that no deployment is about once the files are written', async () => {
    const made = await makeStapledSite();
    await made.site.store.staples.putEndpoint(gw1, endpoint('other'));
    await initialize(made.context, request());
    expect(made.told).toStrictEqual(['other alone staple']);
    await update(made.context, { current: gw1, waitSeconds: 60 });
    expect(made.told).toStrictEqual(['other alone staple', 'other alone staple']);
  });

  it('delivers all the same where staples are of no use to anybody', async () => {
    const made = await makeStapledSite();
    await made.site.lab.responder.inject('down');
    await made.site.store.staples.putEndpoint(gw1, endpoint('other'));
    await initialize(made.context, request());
    expect((await made.current()).deliveredAt).toBeDefined();
  });
});
