/**
 * Do one thing that an agent does, and print how long it took; from source, as one process.
 *
 * usage: agent-loop.ts fill|enrol DIRECTORY COUNT | quiet|tick|first DIRECTORY | renew DIRECTORY [0 LAB]
 */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { startAgent, type Agent } from '../src/agent/agent.ts';
import { compose, type Services } from '../src/agent/compose.ts';
import { systemClock } from '../src/agent/system-clock.ts';
import { systemRandom } from '../src/agent/system-random.ts';
import { gate } from '../src/base/gate.ts';
import { silentLog } from '../src/base/log.ts';
import type { Clock } from '../src/base/clock.ts';
import { parseLabel } from '../src/base/label.ts';
import { createLab, DEFAULT_REFERENCE } from '../src/ca/lab.ts';
import { memoryTransport } from '../src/ca/memory-transport.ts';
import { nodeDeliveryFs, type DeliveryFs } from '../src/deploy/delivery-fs.ts';
import { deliverFiles } from '../src/deploy/files.ts';
import { initialize } from '../src/lifecycle/initialize.ts';
import { caProfile } from '../src/settings/ca-profile-defaults.ts';
import { certificateDer } from '../src/x509/certificate.ts';
import { parseName } from '../src/x509/name-text.ts';

const [what = '', directory = '', count = '0', labDirectory = ''] = process.argv.slice(2);

const DAY = 86_400_000;

/** As many ticks as there are in a day and a half. */
const TICKS = 2000;

/** Time that can be set ahead. */
let aheadMs = 0;
const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) };

const label = parseLabel('lab', 'label');
const lab = await createLab({
  directory: labDirectory === '' ? join(directory, 'lab') : labDirectory,
  clock,
  random: systemRandom,
});

/** What was brought to the disk: writes of the store that another one may have joined, files and directories. */
const synced = { store: 0, files: 0 };

async function open(fs: DeliveryFs = nodeDeliveryFs): Promise<Services> {
  const services = await compose({
    stateDirectory: join(directory, 'state'),
    log: silentLog,
    clock,
    onWrite: () => synced.store++,
  });
  return {
    ...services,
    connect: () => memoryTransport((der) => lab.handle(der)),
    deliver: (delivery) => deliverFiles({ ...delivery, fs }),
    defaultCertStore: join(directory, 'certs'),
  };
}

const countingFs: DeliveryFs = {
  ...nodeDeliveryFs,
  async writeNew(...args) {
    synced.files++;
    await nodeDeliveryFs.writeNew(...args);
  },
  async syncDirectory(path) {
    synced.files++;
    await nodeDeliveryFs.syncDirectory(path);
  },
};

/** For what is only made ready. */
const hastyFs: DeliveryFs = {
  ...nodeDeliveryFs,
  writeNew: (path, content, { mode }) => writeFile(path, content, { mode, flag: 'wx' }),
  syncDirectory: async () => {},
};

async function enrol(services: Services, name: string): Promise<void> {
  const profile = caProfile({
    label,
    url: 'http://lab.example/',
    roots: [certificateDer(lab.authorities.root.certificate)],
    reference: DEFAULT_REFERENCE,
    pbm: { owf: 'sha256', mac: 'hmac-sha256', iterationCount: 100 },
  });
  if ((await services.store.authorities.get(label)) === undefined)
    await services.store.authorities.put(profile, lab.secrets.get(DEFAULT_REFERENCE) ?? null);
  const { type } = await initialize(services, {
    name: parseLabel(name, 'cert-name'),
    wanted: { subject: parseName(`CN=${name}`), subjectAltNames: [] },
    key: { type: 'generate', keyType: 'p-256' },
    credential: { type: 'mac' },
    waitSeconds: 0,
  });
  if (type !== 'issued') throw new Error(`the enrolment ended as ${type}`);
  await services.store.nameSettings.set(parseLabel(name, 'cert-name'), 'auto-update-days', '30');
}

/** One agent whose only beat is ours. */
function start(services: Services): Promise<Agent> {
  return startAgent(services, {
    names: 8,
    perCa: 4,
    beat: () => () => {},
    monotonicMs: () => performance.now() + aheadMs,
  });
}

/** Make as many names of one certificate, in the database itself: by requests it would take hours. */
async function fill(names: number): Promise<void> {
  const services = await open();
  await enrol(services, 'gw');
  await services.close();
  const database = new Sqlite(join(directory, 'state', 'store.db'));
  database.pragma('synchronous = OFF');
  const columns = database
    .prepare<[], { readonly name: string }>("SELECT name FROM pragma_table_info('certificates')")
    .all()
    .map(({ name }) => name)
    .filter((name) => name !== 'id' && name !== 'name')
    .join(', ');
  database.exec(
    `BEGIN;
     INSERT INTO certificates (name, ${columns})
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${names})
       SELECT 'gw-' || i, ${columns} FROM n CROSS JOIN (SELECT * FROM certificates WHERE name = 'gw');
     INSERT OR IGNORE INTO name_settings (name, key, value)
       SELECT name, 'auto-update-days', '30' FROM certificates;
     INSERT OR IGNORE INTO watched (kind, name, told_version)
       SELECT 'certificate', name, version FROM certificates;
     COMMIT`,
  );
  database.close();
}

/** Have nothing due for days. */
async function quiet(): Promise<void> {
  const database = new Sqlite(join(directory, 'state', 'store.db'));
  database.prepare('UPDATE schedule SET next_at = ? + random() % 100000').run(Date.now() + 9 * DAY);
  database.close();
}

async function tick(): Promise<object> {
  const services = await open();
  const agent = await start(services);
  // The first one looks at more: at the clock, at CA certificates.
  await agent.run();
  const begun = performance.now();
  for (let i = 0; i < TICKS; i++) await agent.run();
  const tickMs = (performance.now() - begun) / TICKS;
  await agent.stop();
  await services.close();
  return { tickMs };
}

/** Everything is due, and nothing is to be done about it: as after an upgrade. */
async function first(): Promise<object> {
  const services = await open();
  await services.store.schedule.wake();
  const names = await services.store.schedule.count();
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  const agent = await start(services);
  await agent.look();
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await agent.stop();
  await services.close();
  return { perSecond: names / seconds, cpuMsEach: (user + system) / 1000 / names };
}

/** Get certificates for so many names. */
async function enrolMany(names: number): Promise<void> {
  const services = await open(hastyFs);
  await enrol(services, 'gw-0');
  const places = gate(16);
  const rest = Array.from({ length: names - 1 }, (_, i) => `gw-${i + 1}`);
  await Promise.all(rest.map((name) => places.through(() => enrol(services, name))));
  await services.close();
}

/** All renewals at once, and what their cryptography, and their disk, take by themselves. */
async function renew(): Promise<object> {
  const services = await open(countingFs);
  const names = await services.store.schedule.count();
  aheadMs = 70 * DAY;
  const [crypto, sync] = [bound(), syncMs()];
  Object.assign(synced, { store: 0, files: 0 });
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const agent = await start(services);
  await agent.look();
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const syncsEach = (synced.store + synced.files) / names;
  const [cryptoAfter, syncAfter] = [bound(), syncMs()];
  const meanSync = (sync + syncAfter) / 2;
  for (const record of await services.store.certificates.expiring(-1))
    if (record.version !== 2) throw new Error(`${record.name} is version ${record.version}`);
  await agent.stop();
  await services.close();
  return {
    perSecond: names / seconds,
    boundPerSecond: (crypto + cryptoAfter) / 2,
    cpuMsEach: (user + system) / 1000 / names,
    syncsEach,
    storeSyncsEach: synced.store / names,
    fileSyncsEach: synced.files / names,
    syncMs: meanSync,
    syncBoundPerSecond: 1000 / (syncsEach * meanSync),
  };
}

/** How long it takes to have a page on the disk: the median of many, one after the other. */
function syncMs(): number {
  const path = join(directory, 'sync');
  const file = openSync(path, 'w');
  const page = systemRandom.bytes(4096);
  const times = Array.from({ length: 200 }, () => {
    const begun = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    return performance.now() - begun;
  }).toSorted((a, b) => a - b);
  closeSync(file);
  rmSync(path);
  return times[100] ?? NaN;
}

/**
 * Renewals in a second if nothing but their cryptography cost anything, of client and lab: a key is made; request, proof
 * of possession, certificate and answer are signed; these four and the certificates of signer and issuer are verified.
 */
function bound(): number {
  const data = systemRandom.bytes(600);
  const rounds = 500;
  const begun = performance.now();
  for (let i = 0; i < rounds; i++) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    let signature = sign('sha256', data, privateKey);
    for (let j = 1; j < 4; j++) signature = sign('sha256', data, privateKey);
    for (let j = 0; j < 6; j++) verify('sha256', data, publicKey, signature);
  }
  return rounds / ((performance.now() - begun) / 1000);
}

const works: Readonly<Record<string, () => Promise<object | void>>> = {
  fill: () => fill(Number(count)),
  enrol: () => enrolMany(Number(count)),
  quiet,
  tick,
  first,
  renew,
};
const done = await works[what]?.();
await lab.close();
process.stdout.write(`${JSON.stringify(done ?? {})}\n`);
