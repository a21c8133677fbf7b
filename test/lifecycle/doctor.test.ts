import { createServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatTime } from '../../src/base/format-time.ts';
import { CertError } from '../../src/base/errors.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { examineAuthorities } from '../../src/lifecycle/doctor-authorities.ts';
import { examineCertificates } from '../../src/lifecycle/doctor-certificates.ts';
import { examineDestinations } from '../../src/lifecycle/doctor-destinations.ts';
import { examineServices } from '../../src/lifecycle/doctor-services.ts';
import { examineStore } from '../../src/lifecycle/doctor-store.ts';
import { needsAction, type DoctorFinding } from '../../src/lifecycle/doctor-finding.ts';
import { update } from '../../src/lifecycle/update.ts';
import { readOnly } from '../../src/store/read-only.ts';
import { testNotification } from '../../src/traps/alarms/test-notification.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { initialized, makeSite, named, type Site } from './site.ts';

function refuse(): never {
  throw new Error('doctor has written something');
}

/** The context that doctor gets: it cannot write. */
function looking({ context }: Site): Site['context'] {
  return { ...context, store: readOnly(context.store, refuse) };
}

function asksCa(site: Site): Promise<readonly DoctorFinding[]> {
  return examineAuthorities(looking(site));
}

describe('doctor, of a CA', () => {
  it('finds nothing wrong with one that answers, and leaves no trace', async () => {
    const site = await makeSite();
    expect(await asksCa(site)).toMatchObject([
      {
        check: 'CA',
        about: 'lab',
        severity: 'ok',
        text: 'it answers, and takes our shared secret',
      },
      { check: 'clock', about: 'lab', severity: 'ok' },
    ]);
    expect(site.sent).toHaveLength(1);
    expect(await site.store.history.list()).toStrictEqual([]);
    expect((await site.store.statistics.read()).counters).toStrictEqual([]);
  });

  it('says that a secret is wrong', async () => {
    const site = await makeSite();
    await site.store.authorities.put(site.profile, utf8('another secret'));
    const [finding] = await asksCa(site);
    expect(finding).toMatchObject({ severity: 'warning' });
    expect(finding?.text).toContain('badMessageCheck');
    expect(finding?.remedy).toContain('secret');
  });

  it('says that one cannot be reached', async () => {
    const site = await makeSite();
    site.setWire(async () => {
      throw new CertError('NETWORK_UNREACHABLE', 'Cannot connect', { hint: 'Look at the route' });
    });
    expect(await asksCa(site)).toStrictEqual([
      {
        check: 'CA',
        about: 'lab',
        severity: 'error',
        text: 'Cannot connect',
        remedy: 'Look at the route',
      },
    ]);
  });

  it('asks with a certificate of it where there is no secret any more', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.store.authorities.put(site.profile, null);
    expect((await asksCa(site))[0]).toMatchObject({ check: 'CA', severity: 'ok' });
    const bare = await makeSite();
    await bare.store.authorities.put(bare.profile, null);
    expect(await asksCa(bare)).toMatchObject([
      { severity: 'note', text: expect.stringContaining('cannot be asked') },
    ]);
  });

  it('says how far its clock is from ours', async () => {
    const clock = fakeClock();
    const site = await makeSite({ clock });
    const slow = { ...clock, now: () => new Date(clock.now().getTime() - 100_000) };
    const finding = (await examineAuthorities({ ...looking(site), clock: slow })).at(-1);
    expect(finding).toMatchObject({
      check: 'clock',
      severity: 'warning',
      text: 'its clock is 100 s ahead of ours',
    });
  });
});

describe('doctor, of certificates', () => {
  it('tells of those that end, and whether somebody renews them', async () => {
    const site = await makeSite();
    await initialized(site);
    expect(await examineCertificates(looking(site))).toMatchObject([{ severity: 'ok' }]);
    await site.clock.advance(86 * 86_400);
    const [unwatched] = await examineCertificates(looking(site));
    expect(unwatched).toMatchObject({ about: 'gw1', severity: 'warning' });
    expect(unwatched?.remedy).toContain('cmp auto-update current-name gw1');
    await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '30');
    const [late] = await examineCertificates(looking(site));
    expect(late?.text).toBe('it ends soon, and is not renewed yet');
    await site.clock.advance(10 * 86_400);
    expect(await examineCertificates(looking(site))).toMatchObject([
      { about: 'gw1', severity: 'error', text: 'it has expired' },
    ]);
  });

  it('tells of jobs that fail, those that need a person as errors', async () => {
    const site = await makeSite();
    const at = site.clock.now();
    const failure = { job: 'update', code: 'CMP_REJECTED', text: 'No', at } as const;
    await site.store.schedule.failed(named('gw1'), { ...failure, kind: 'blocked' });
    await site.store.schedule.failed(named('gw2'), { ...failure, kind: 'failing' });
    const findings = (await examineCertificates(looking(site))).filter(needsAction);
    expect(findings.map(({ about, severity }) => [about, severity])).toStrictEqual([
      ['gw1', 'error'],
      ['gw2', 'warning'],
    ]);
  });

  it('tells of files that are not written', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.store.deployments.put(named('gw1'), {
      label: named('web'),
      files: [{ kind: 'cert', path: '/nowhere/gw1.pem' }],
      probe: { host: '127.0.0.1', port: 1 },
    });
    expect(await examineCertificates(looking(site))).toContainEqual(
      expect.objectContaining({ check: 'delivery', about: 'gw1', severity: 'warning' }),
    );
    expect(await examineServices(looking(site))).toMatchObject([
      { check: 'service', about: 'gw1@web', severity: 'error' },
    ]);
  });
});

describe('doctor, of services', () => {
  it('is content with one that serves the certificate that is current, and only with that', async () => {
    const site = await makeSite();
    await initialized(site);
    const files = site.files();
    const server = createServer({
      key: files.get('gw1.key.pem') ?? '',
      cert: files.get('gw1.cert.pem') ?? '',
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const deploy = () =>
      site.store.deployments.put(named('gw1'), {
        label: named('web'),
        files: [{ kind: 'cert', path: '/nowhere/gw1.pem' }],
        probe: { host: '127.0.0.1', port },
      });
    const look = () => examineServices(looking(site));
    await deploy();
    expect(await look()).toMatchObject([{ check: 'service', about: 'gw1@web', severity: 'ok' }]);
    await site.store.deployments.remove('gw1', 'web');
    await update(site.context, { current: named('gw1'), waitSeconds: 60 });
    await deploy();
    expect(await look()).toMatchObject([
      { severity: 'error', text: expect.stringContaining('serves the certificate with serial') },
    ]);
  });
});

describe('doctor, of destinations', () => {
  it('tells whether notifications arrive, without sending one', async () => {
    const site = await makeSite();
    const { store } = looking(site);
    const at = site.clock.now();
    const list = async () => [
      { name: 'new', settings: '{}', dropped: 0 },
      { name: 'well', settings: '{}', dropped: 0, sentAt: at },
      { name: 'ill', settings: '{}', dropped: 2, failure: { text: 'no answer', at } },
    ];
    const destinations = { ...store.destinations, list };
    expect(
      await examineDestinations({ store: { ...store, destinations }, clock: site.clock }),
    ).toMatchObject([
      { about: 'new', severity: 'note' },
      { about: 'well', severity: 'ok' },
      { about: 'ill', severity: 'warning', text: expect.stringContaining('2 were given up') },
    ]);
  });
});

describe('doctor, of a destination that nothing has gone to', () => {
  it('says how many wait, and since when, before the first attempt has ended', async () => {
    const site = await makeSite();
    const { store, clock } = site;
    const since = clock.now();
    await store.destinations.put('dead', '{}', new Map());
    await store.outbox.add('dead', testNotification(1, since), since);
    const [entry] = await store.outbox.of('dead');
    if (entry) await store.outbox.begin(entry);
    const text = `none was sent yet; 1 waits since ${formatTime(since)}`;
    expect(await examineDestinations(looking(site))).toMatchObject([{ severity: 'note', text }]);
    await clock.advance(61);
    expect(await examineDestinations(looking(site))).toMatchObject([
      { severity: 'warning', text, remedy: expect.stringContaining('Look at the receiver') },
    ]);
  });
});

describe('doctor, of the store', () => {
  it('finds a database whole, and its key right', async () => {
    const site = await makeSite();
    expect((await examineStore(looking(site))).map(({ severity }) => severity)).toStrictEqual([
      'ok',
      'ok',
    ]);
  });

  it('tells of damage, and of a key that is not the right one', async () => {
    const site = await makeSite();
    const { store } = looking(site);
    const care = {
      ...store.care,
      findDamage: async () => ['a page is lost'],
      checkKey: async () => {
        throw new CertError('STORE_KEY_WRONG', 'Cannot open', { hint: 'Give the right key' });
      },
    };
    expect(await examineStore({ store: { ...store, care } })).toMatchObject([
      { check: 'store', severity: 'error', text: 'the database is damaged: a page is lost' },
      { check: 'store key', severity: 'error', remedy: 'Give the right key' },
    ]);
  });
});
