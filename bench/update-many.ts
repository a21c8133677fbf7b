/**
 * Renew many certificates by one command's use case against the embedded CA in this process, and print how long that
 * took. Not part of `npm run bench`: there is nothing beside it to compare with.
 *
 * usage: node bench/update-many.ts [COUNT] [CONCURRENCY] [PER-CA]
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/agent/system-clock.ts';
import { gate } from '../src/base/gate.ts';
import { parseLabel } from '../src/base/label.ts';
import { createLab, DEFAULT_REFERENCE } from '../src/ca/lab.ts';
import { memoryTransport } from '../src/ca/memory-transport.ts';
import { softwareKeys } from '../src/crypto/keys.ts';
import { deliverFiles } from '../src/deploy/files.ts';
import { chooseMany } from '../src/lifecycle/choose-many.ts';
import type { LifecycleContext } from '../src/lifecycle/context.ts';
import { initialize } from '../src/lifecycle/initialize.ts';
import { updateMany } from '../src/lifecycle/update-many.ts';
import { caProfile } from '../src/settings/ca-profile-defaults.ts';
import { openStore } from '../src/store/open.ts';
import { certificateDer } from '../src/x509/certificate.ts';
import { parseName } from '../src/x509/name-text.ts';

const [count = 1000, atOnce = 8, perCa = 4] = process.argv.slice(2).map(Number);
const clock = systemClock;
const random = { bytes: (length: number): Uint8Array => Uint8Array.from(randomBytes(length)) };
const home = mkdtempSync(join(tmpdir(), 'certkeeper-many-'));
const lab = await createLab({ directory: join(home, 'lab'), clock, random, settings: {} });
const store = await openStore({ directory: join(home, 'state'), clock, random });
try {
  const ca = parseLabel('lab', 'ca');
  await store.authorities.put(
    caProfile({
      label: ca,
      url: 'http://lab.example/pkix/',
      roots: [certificateDer(lab.authorities.root.certificate)],
      reference: DEFAULT_REFERENCE,
    }),
    lab.secrets.get(DEFAULT_REFERENCE) ?? null,
  );
  const context: LifecycleContext = {
    store,
    clock,
    random,
    log: { debug() {}, info() {}, warn() {} },
    connect: () => memoryTransport((der) => lab.handle(der)),
    keys: async () => softwareKeys,
    deliver: (delivery) => deliverFiles(delivery),
    holder: { pid: process.pid, startedAt: '', host: 'bench', boot: '', pidNamespace: '' },
    livenessOf: () => 'dead',
    defaultCertStore: join(home, 'certs'),
  };
  const enrolled = await seconds(async () => {
    const way = gate(atOnce);
    const names = Array.from({ length: count }, (_, i) => parseLabel(`gw${i}`, 'name'));
    const enroll = (name: (typeof names)[number]) =>
      initialize(context, {
        name,
        wanted: { subject: parseName(`CN=${name}`), subjectAltNames: [] },
        key: { type: 'generate', keyType: 'p-256' },
        credential: { type: 'mac' },
        ca,
        waitSeconds: 0,
      });
    await Promise.all(names.map((name) => way.through(() => enroll(name))));
  });
  const { chosen } = await chooseMany(context, { afterExpiry: false });
  let renewed = 0;
  const took = await seconds(async () => {
    const request = { afterExpiry: false, waitSeconds: 0, atOnce, perCa };
    await updateMany(context, chosen, request, ({ type }) => {
      if (type === 'renewed') renewed++;
    });
  });
  const memoryMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
  const perSecond = Math.round((renewed / took) * 10) / 10;
  console.log(
    JSON.stringify({ count, atOnce, perCa, enrolled, renewed, took, perSecond, memoryMiB }),
  );
  if (renewed !== count) process.exitCode = 1;
} finally {
  await store.close();
  await lab.close();
  rmSync(home, { recursive: true, force: true });
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round(performance.now() - began) / 1000;
}
