import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import type { Services } from '../../src/agent/compose.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { CertError } from '../../src/base/errors.ts';
import { run } from '../../src/cli/run.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { certificateDer, decodeCertificate } from '../../src/x509/certificate.ts';
import { listen, storyOf, type Told } from '../agent/told.ts';
import { fakeIo } from './fake-io.ts';
import { initialized, makeSite, named, request, wanted, type Site } from '../lifecycle/site.ts';

const unreachable = () => Promise.reject(new CertError('NETWORK_UNREACHABLE', 'Cannot connect'));

interface Desk {
  readonly site: Site;
  /** Run a command line. @returns its exit code */
  ck(line: string): Promise<number>;
  /** What was told since the last time. */
  told(): readonly string[];
  /** What stands, by family and name. */
  standing(): Promise<readonly string[]>;
}

/** A site without an agent: commands tell for themselves. */
async function desk(isAnybodyTold = true): Promise<Desk> {
  const site = await makeSite();
  const all = isAnybodyTold ? await listen(site.store, dirname(site.certs)) : () => [];
  await initialized(site);
  let read = 0;
  const services: Services = {
    ...site.context,
    connect: (url) => site.context.connect(url, site.profile),
    retrieve: () => Promise.reject(new Error('nothing is fetched here')),
    tokens: () => Promise.reject(new Error('there is no token')),
    close: async () => {},
  };
  return {
    site,
    ck: (line) =>
      run(
        [...line.split(' '), '--state', join(dirname(site.certs), 'state'), '--yes'],
        fakeIo(),
        () => Promise.resolve(services),
      ),
    told() {
      const fresh: readonly Told[] = all().slice(read);
      read += fresh.length;
      return storyOf(fresh);
    },
    async standing() {
      const alarms = await site.store.alarms.list(99);
      return alarms.map(({ family, last }) => `${family} ${last.certificate?.name ?? ''}`);
    },
  };
}

it('tells of each that cmp update all could not renew, and of each that it could at last', async () => {
  const { site, ck, told, standing } = await desk();
  const second = request({ name: named('gw2'), wanted: wanted('CN=gw2,O=Test') });
  await initialize(site.context, second);
  site.setWire(unreachable);
  expect(await ck('cmp update all')).toBe(5);
  expect((await standing()).toSorted()).toStrictEqual(['renewal gw1', 'renewal gw2']);
  expect(told()).toContain('CertRenewalFailed minor');
  site.setWire();
  await site.clock.advance(3600);
  expect(await ck('cmp update all')).toBe(0);
  expect(await standing()).toStrictEqual([]);
  expect(told()).toStrictEqual(['CertRenewed cleared', 'CertRenewed cleared']);
});

it('tells that a renewal by hand failed, waits and is done, and of each end', async () => {
  const { site, ck, told, standing } = await desk();
  await ck('cert key gw1 new');
  told();
  site.setWire(unreachable);
  await ck('cmp update current-cert gw1');
  expect(await standing()).toStrictEqual(['renewal gw1']);
  site.setWire();
  await site.relab({ polls: 1, checkAfterSeconds: 60 });
  await site.clock.advance(3600);
  expect(await ck('cmp update current-cert gw1 wait 0')).toBe(8);
  expect(await standing()).toContain('waiting gw1');
  await site.clock.advance(600);
  expect(await ck('cmp poll current-cert gw1')).toBe(0);
  expect(await standing()).toStrictEqual([]);
  expect(told()).toStrictEqual([
    'CertRenewalFailed minor',
    'RequestWaiting warning',
    // It fails no more: the CA has taken it.
    'CertRenewalFailed cleared',
    'CertRenewed cleared',
  ]);
});

it('remembers a renewal by hand that failed where there is nobody to tell, too, until one works', async () => {
  const { site, ck, standing } = await desk(false);
  site.setWire(unreachable);
  expect(await ck('cmp update current-cert gw1')).toBe(5);
  expect(await site.store.schedule.failing('gw1')).toMatchObject([
    { job: 'update', count: 1, code: 'NETWORK_UNREACHABLE' },
  ]);
  expect(await standing()).toStrictEqual(['renewal gw1']);
  site.setWire();
  await site.clock.advance(3600);
  expect(await ck('cmp update current-cert gw1')).toBe(0);
  expect(await site.store.schedule.failing('gw1')).toStrictEqual([]);
  expect(await standing()).toStrictEqual([]);
});

it('tells what cert restore, import and remove do to the end that is warned of', async () => {
  const { site, ck, told, standing } = await desk();
  await site.clock.advance(60 * 86_400);
  expect(await ck('cmp update current-cert gw1')).toBe(0);
  told();
  // Six days before the end of the first one.
  await site.clock.advance(24 * 86_400);
  expect(await ck('cert restore gw1')).toBe(0);
  expect(await standing()).toStrictEqual(['expiry gw1']);
  expect(await ck('cert restore gw1')).toBe(0);
  expect(await standing()).toStrictEqual([]);
  await ck('cert restore gw1 1');
  const file = join(site.certs, 'gw1.cert.pem');
  expect(await ck(`cert import cert-name copy file ${file}`)).toBe(0);
  expect((await standing()).toSorted()).toStrictEqual(['expiry copy', 'expiry gw1']);
  expect(await ck('cert remove gw1')).toBe(0);
  expect(await standing()).toStrictEqual(['expiry copy']);
  expect(await ck('no certificate name copy')).toBe(0);
  expect(await standing()).toStrictEqual([]);
  expect(told().filter((each) => each.startsWith('CertExpiryCleared'))).toHaveLength(4 - 1);
});

it('tells of CA certificates whose end is near, and that they are gone', async () => {
  const { site, ck, standing } = await desk();
  const root = certificateDer(site.lab.authorities.root.certificate);
  const { notAfter } = decodeCertificate(root).tbsCertificate.validity;
  const toEnd = (notAfter.value.getTime() - site.clock.now().getTime()) / 1000;
  await site.clock.advance(toEnd - 86_400);
  const file = join(dirname(site.certs), 'root.pem');
  writeFileSync(file, encodePem('CERTIFICATE', root));
  expect(await ck(`cert import cert-name r ca file ${file}`)).toBe(0);
  expect((await standing()).toSorted()).toStrictEqual(['expiry lab', 'expiry r']);
  expect(await ck('cert remove r')).toBe(0);
  expect(await standing()).toStrictEqual(['expiry lab']);
  expect(await ck('ca remove lab')).toBe(0);
  expect(await standing()).toStrictEqual([]);
});
