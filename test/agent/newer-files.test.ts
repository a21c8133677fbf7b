import { copyFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  examineNewerFiles,
  newerFileRemedy,
  newerFiles,
  newerFileText,
  putNewerFirst,
} from '../../src/agent/newer-files.ts';
import { run } from '../../src/cli/run.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import type { DoctorFinding, Severity } from '../../src/lifecycle/doctor-finding.ts';
import { update } from '../../src/lifecycle/update.ts';
import { openStore } from '../../src/store/open.ts';
import { prepareRestore } from '../../src/store/restore.ts';
import { fakeIo } from '../cli/fake-io.ts';
import {
  initialized,
  issued,
  makeSite,
  named,
  random,
  request,
  wanted,
} from '../lifecycle/site.ts';

it('finds what was delivered after a backup, and says how it is taken in', async () => {
  const site = await makeSite();
  await initialized(site);
  const home = dirname(site.certs);
  const file = join(home, 'a.db');
  const at = site.clock.now();
  await site.store.care.backUp({ path: file, withKey: true, isReplacing: false, at });
  expect(await newerFiles(site.context)).toStrictEqual([]);

  await site.clock.advance(40 * 86_400);
  issued(await update(site.context, { current: named('gw1'), waitSeconds: 60 }));
  const second = request({ name: named('gw2'), wanted: wanted('CN=gw2,O=Test') });
  issued(await initialize(site.context, second));
  // What others have put there is theirs.
  copyFileSync(join(site.certs, 'gw2.cert.pem'), join(site.certs, 'not a name.cert.pem'));
  writeFileSync(join(site.certs, 'gw3.cert.pem'), 'Dear');
  expect(await newerFiles(site.context)).toStrictEqual([]);

  const state = join(home, 'restored');
  const restore = await prepareRestore({
    directory: state,
    file,
    clock: site.clock,
    random,
    isDead: () => true,
  });
  await restore.commit();
  restore.close();
  const store = await openStore({ directory: state, clock: { sleep: async () => {} }, random });
  onTestFinished(() => store.close());
  const past = { ...site.context, store };
  const found = await newerFiles(past);
  expect(found.map(newerFileText)).toStrictEqual([
    expect.stringMatching(/gw1\.cert\.pem" has a certificate of "gw1" until 2027-/),
    expect.stringMatching(/gw2\.cert\.pem" has a certificate of "gw2" until 2027-/),
  ]);
  for (const each of found) {
    const chain = join(dirname(each.path), `${each.name}.chain.pem`);
    expect(newerFileRemedy(each)).toContain(` chain-file ${chain} `);
  }
  expect(await examineNewerFiles(past)).toMatchObject([{ about: 'gw1', severity: 'warning' }, {}]);

  for (const each of found) {
    const words = newerFileRemedy(each).split(' ').slice(1);
    const io = fakeIo();
    expect([await run([...words, '--state', state], io), io.err()]).toStrictEqual([
      0,
      expect.any(String),
    ]);
  }
  expect(await newerFiles(past)).toStrictEqual([]);
  const { der, keyId } = (await store.certificates.current('gw1')) ?? {};
  expect(der).toStrictEqual((await site.store.certificates.current('gw1'))?.der);
  expect(keyId).toBeDefined();
});

function finding(about: string, severity: Severity, text: string): DoctorFinding {
  return { check: 'certificate', about, severity, text };
}

it('says in doctor of such a name only how it is taken in, before anything else', () => {
  const newer = [finding('gw1', 'warning', 'newer'), finding('gw2', 'warning', 'newer')];
  const found = [
    finding('gw1', 'error', 'it has expired'),
    finding('gw3', 'error', 'it has expired'),
    finding('gw1', 'warning', 'its files are not written yet'),
  ];
  expect(putNewerFirst(newer, found)).toStrictEqual([
    finding('gw1', 'error', 'newer'),
    finding('gw2', 'warning', 'newer'),
    finding('gw3', 'error', 'it has expired'),
  ]);
  expect(putNewerFirst([], found)).toStrictEqual(found);
});
