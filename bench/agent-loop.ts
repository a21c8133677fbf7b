/**
 * Do one thing that an agent does, and print how long it took; from source, as one process.
 *
 * usage: agent-loop.ts fill STATE COUNT | tick STATE | first STATE | renew STATE COUNT
 */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { startAgent, type Agent } from '../src/agent/agent.ts';
import { compose, type Services } from '../src/agent/compose.ts';
import { systemClock } from '../src/agent/system-clock.ts';
import { systemRandom } from '../src/agent/system-random.ts';
import { silentLog } from '../src/base/log.ts';
import type { Clock } from '../src/base/clock.ts';
import { parseLabel } from '../src/base/label.ts';
import { createLab, DEFAULT_REFERENCE } from '../src/ca/lab.ts';
import { memoryTransport } from '../src/ca/memory-transport.ts';
import { initialize } from '../src/lifecycle/initialize.ts';
import { caProfile } from '../src/settings/ca-profile-defaults.ts';
import { certificateDer } from '../src/x509/certificate.ts';
import { parseName } from '../src/x509/name-text.ts';

const [what = '', directory = '', count = '0'] = process.argv.slice(2);

const DAY = 86_400_000;

/** As many ticks as there are in a day and a half. */
const TICKS = 2000;

/** Time that can be set ahead. */
let aheadMs = 0;
const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) };

const label = parseLabel('lab', 'label');
const lab = await createLab({ directory: join(directory, 'lab'), clock, random: systemRandom });

async function open(): Promise<Services> {
  const services = await compose({
    stateDirectory: join(directory, 'state'),
    log: silentLog,
    clock,
  });
  return { ...services, connect: () => memoryTransport((der) => lab.handle(der)) };
}

async function enrol(services: Services, name: string): Promise<void> {
  const profile = caProfile({
    label,
    url: 'http://lab.example/',
    roots: [certificateDer(lab.authorities.root.certificate)],
    reference: DEFAULT_REFERENCE,
    pbm: { owf: 'sha256', mac: 'hmac-sha256', iterationCount: 100 },
  });
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
function quiet(): void {
  const database = new Sqlite(join(directory, 'state', 'store.db'));
  database.prepare('UPDATE schedule SET next_at = ? + random() % 100000').run(Date.now() + 9 * DAY);
  database.close();
}

async function tick(): Promise<object> {
  quiet();
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
  const names = (await services.store.schedule.all()).length;
  const begun = performance.now();
  const agent = await start(services);
  await agent.look();
  const seconds = (performance.now() - begun) / 1000;
  await agent.stop();
  await services.close();
  return { namesPerSecond: names / seconds };
}

/** All renewals of so many names at once, and what their cryptography takes by itself. */
async function renew(names: number): Promise<object> {
  const services = await open();
  for (let i = 0; i < names; i++) await enrol(services, `gw-${i}`);
  aheadMs = 70 * DAY;
  const before = bound();
  const begun = performance.now();
  const agent = await start(services);
  await agent.look();
  const seconds = (performance.now() - begun) / 1000;
  const after = bound();
  for (const record of await services.store.certificates.expiring(-1))
    if (record.version !== 2) throw new Error(`${record.name} is version ${record.version}`);
  await agent.stop();
  await services.close();
  return { perSecond: names / seconds, boundPerSecond: (before + after) / 2 };
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
  tick,
  first,
  renew: () => renew(Number(count)),
};
const done = await works[what]?.();
await lab.close();
process.stdout.write(`${JSON.stringify(done ?? {})}\n`);
