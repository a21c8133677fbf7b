/**
 * Answer OCSP requests as an agent does for servers of its machine, from a store with one response, and print the port.
 *
 * usage: ocsp-responder.ts DIRECTORY FILE_OF_RESPONSE
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compose } from '../src/agent/compose.ts';
import { serveResponses } from '../src/agent/ocsp-responder.ts';
import { responderSource } from '../src/agent/responder-source.ts';
import { systemClock } from '../src/agent/system-clock.ts';
import { parseLabel } from '../src/base/label.ts';
import { silentLog } from '../src/base/log.ts';

const [directory = '.', file = ''] = process.argv.slice(2);
const { store } = await compose({ stateDirectory: join(directory, 'responding'), log: silentLog });
const now = systemClock.now();
const until = new Date(now.getTime() + 86_400_000);
const der = new Uint8Array(readFileSync(file));
const held = {
  der,
  thisUpdate: now,
  producedAt: now,
  until,
  fetchedAt: now,
  url: 'http://a.example/',
};
await store.staples.put({
  certificate: '00'.repeat(32),
  name: parseLabel('bench', 'name'),
  held,
  nextAt: until,
  failures: 0,
});
const source = responderSource({
  store,
  clock: systemClock,
  ocsp: { status: () => Promise.reject(new Error('Nobody is asked here')) },
  budget: { begin: () => false, end: () => {} },
  failed: () => {},
  relays: async () => [],
  passOn: () => Promise.reject(new Error('Nobody is asked here')),
  passesNonces: false,
});
const { url } = await serveResponses({ address: '127.0.0.1', port: 0, isOpen: false }, source);
console.log(JSON.stringify({ port: Number(new URL(url).port) }));
