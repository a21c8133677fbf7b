import { CertError } from '../base/errors.ts';
import { cut, printable } from '../base/printable.ts';
import { associationsIn } from './ike-association.ts';
import { authorityMessage, connectionMessage } from './ike-connection.ts';
import type {
  IkeAssociation,
  IkeAttempt,
  IkeDaemon,
  IkeDaemonOptions,
  IkeEnded,
} from './ike-daemon.ts';
import { ViciClient } from './vici-client.ts';
import { maxValueOctets, value, type ViciEntry, type ViciMessage } from './vici-message.ts';
import { countIn, octetsIn, sectionIn, sectionsIn, textIn, textsIn } from './vici-reading.ts';
import { charonRefused } from './vici-socket.ts';

/** It waits for nothing on the network in what is asked of it here. */
const defaultTimeoutMs = 10_000;

/** Of what charon logs about an attempt: several certificates with their chains and CRLs. */
const maxLogLines = 200;
const maxLogCharacters = 200;

/** How often IKE_SAs are listed again that were busy, and so left out. */
const maxListings = 3;

/**
 * Connect to a charon.
 *
 * @param socket of its VICI, absolute
 * @throws {CertError} DELIVERY_FAILED: nobody there, something else there, or anybody could have put it there
 */
export async function openIkeDaemon(
  socket: string,
  options: IkeDaemonOptions = {},
): Promise<IkeDaemon> {
  const { timeoutMs = defaultTimeoutMs, totalMs, signal } = options;
  const client = await ViciClient.open(socket, { timeoutMs, totalMs, signal });
  const named = async (command: string, name: string): Promise<void> =>
    ignoreMissing(client.request(command, [value('name', name)]));
  return {
    about: () => about(client),
    async loadCertificate(der, kind) {
      const flag = kind === 'ca' ? 'CA' : 'NONE';
      await client.request('load-cert', [
        value('type', 'X509'),
        value('flag', flag),
        value('data', der),
      ]);
    },
    async loadCrl(der) {
      refuseLong(socket, der);
      await client.request('load-cert', [value('type', 'X509_CRL'), value('data', der)]);
    },
    crls: () => listed(client, 'X509_CRL', (message) => octetsIn(message, 'data')),
    async loadKey(pkcs8) {
      const answer = await client.request('load-key', [value('type', 'any'), value('data', pkcs8)]);
      return textIn(answer, 'id') ?? '';
    },
    async loadTokenKey({ handle, slot, module, pin }) {
      const asked = client.request('load-token', [
        value('handle', handle),
        ...(slot === undefined ? [] : [value('slot', String(slot))]),
        ...(module === undefined ? [] : [value('module', module)]),
        ...(pin === undefined ? [] : [value('pin', pin)]),
      ]);
      const answer = await asked.catch((error: unknown) => {
        const isSaidBack =
          pin !== undefined && error instanceof Error && error.message.includes(pin);
        throw isSaidBack ? charonRefused(socket, 'load-token', '…') : error;
      });
      return textIn(answer, 'id') ?? '';
    },
    keys: async () => textsIn(await client.request('get-keys'), 'keys'),
    unloadKey: (id) => ignoreMissing(client.request('unload-key', [value('id', id)])),
    async loadAuthority(authority) {
      await client.request('load-authority', authorityMessage(authority));
    },
    authorities: async () => textsIn(await client.request('get-authorities'), 'authorities'),
    unloadAuthority: (name) => named('unload-authority', name),
    async loadConnection(connection) {
      await client.request('load-conn', connectionMessage(connection));
    },
    connections: async () => textsIn(await client.request('get-conns'), 'conns'),
    unloadConnection: (name) => named('unload-conn', name),
    async initiate(name, child) {
      const which = child === undefined ? [] : [value('child', child)];
      await client.request('initiate', [value('ike', name), ...which, ...notWaiting]);
    },
    establish: (name, child, patienceMs) => establish(client, name, child, patienceMs),
    async reauthenticate(connection) {
      const which = [value('ike', connection), value('reauth', 'yes')];
      await ignoreMissing(client.request('rekey', which));
    },
    terminate: (which) =>
      countMatches(
        client.request('terminate', [
          ended(which),
          // It says goodbye, but does not wait for the peer: that may be gone, or want to stay.
          value('force', 'yes'),
          ...notWaiting,
        ]),
      ),
    async flush(cache) {
      await client.request('flush-certs', [value('type', cache)]);
    },
    associations: (connection) => associations(client, connection),
    certificates: () =>
      listed(client, 'X509', (message) => {
        const der = octetsIn(message, 'data');
        const hasPrivateKey = textIn(message, 'has_privkey') === 'yes';
        return der === undefined ? undefined : { der, hasPrivateKey };
      }),
    watch: (changed) =>
      client.listen('ike-updown', (message) => {
        const isUp = textIn(message, 'up') === 'yes';
        for (const association of associationsIn(message)) changed(association, isUp);
      }),
    watchRekeyed: (renamed) =>
      client.listen('ike-rekey', (message) => {
        for (const { entries } of sectionsIn(message)) {
          const formerId = textIn(sectionIn(entries, 'old'), 'uniqueid');
          const id = textIn(sectionIn(entries, 'new'), 'uniqueid');
          if (formerId !== undefined && id !== undefined) renamed(formerId, id);
        }
      }),
    ended: () => client.ended(),
    close: () => client.close(),
  };
}

function ended(which: IkeEnded): ViciEntry {
  if ('childId' in which) return value('child-id', which.childId);
  return 'id' in which ? value('ike-id', which.id) : value('ike', which.connection);
}

/** With less than nothing charon begins it, and answers at once. */
const notWaiting: ViciMessage = [value('timeout', '-1'), value('loglevel', '-1')];

async function about(client: ViciClient): Promise<Awaited<ReturnType<IkeDaemon['about']>>> {
  const version = await client.request('version');
  const stats = await client.request('stats');
  return {
    version: `${textIn(version, 'daemon') ?? 'charon'} ${textIn(version, 'version') ?? ''}`.trim(),
    since: textIn(sectionIn(stats, 'uptime'), 'since') ?? '',
    run: client.run,
  };
}

/** Charon tells meanwhile what it does, and by which IKE_SA; in the end it says no more than that it failed. */
async function establish(
  client: ViciClient,
  name: string,
  child: string | undefined,
  patienceMs: number,
): Promise<IkeAttempt> {
  const which = child === undefined ? [] : [value('child', child)];
  const message = [value('ike', name), ...which, value('timeout', String(patienceMs))];
  const { events, answer } = await client.attempt('initiate', 'control-log', message, patienceMs);
  const ids = events.map((event) => textIn(event, 'ikesa-uniqueid') ?? '').filter(Boolean);
  const said = events.map((event) => textIn(event, 'msg') ?? '').filter(Boolean);
  const errmsg = textIn(answer, 'errmsg');
  return {
    isUp: textIn(answer, 'success') === 'yes',
    ids: [...new Set(ids)],
    log: [...said.slice(-maxLogLines), ...(errmsg === undefined ? [] : [errmsg])].map((line) =>
      cut(printable(line), maxLogCharacters),
    ),
  };
}

/** List certificates or CRLs. */
async function listed<T>(
  client: ViciClient,
  type: string,
  read: (message: ViciMessage) => T | undefined,
): Promise<readonly T[]> {
  const events = await client.stream('list-certs', 'list-cert', [value('type', type)]);
  return events.flatMap((message) => {
    const found = read(message);
    return found === undefined ? [] : [found];
  });
}

/**
 * List IKE_SAs without waiting for those that are busy: one may be so for as long as the host of a CRL does not answer.
 * Such are left out; as charon knows how many there are, it is asked again.
 */
async function associations(
  client: ViciClient,
  connection?: string,
): Promise<readonly IkeAssociation[]> {
  for (let listing = 1; ; listing += 1) {
    const events = await client.stream('list-sas', 'list-sa', [value('noblock', 'yes')]);
    const all = events.flatMap(associationsIn);
    const total = countIn(sectionIn(await client.request('stats'), 'ikesas'), 'total') ?? 0;
    if (all.length < total && listing < maxListings) continue;
    return connection === undefined ? all : all.filter((sa) => sa.connection === connection);
  }
}

/** What is not there need not be taken away. */
async function ignoreMissing(asked: Promise<unknown>): Promise<void> {
  await asked.catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

async function countMatches(asked: Promise<ViciMessage>): Promise<number> {
  try {
    return countIn(await asked, 'matches') ?? 0;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/** By the words of 5.9: "key not found", "unload: connection 'x' not found", "no matching SAs to rekey found". */
function isMissing(error: unknown): boolean {
  return (
    error instanceof CertError &&
    /, "(?:.* not found|no matching SAs to \w+ found)"$/.test(error.message)
  );
}

function refuseLong(socket: string, crl: Uint8Array): void {
  if (crl.length <= maxValueOctets) return;
  throw new CertError(
    'DELIVERY_FAILED',
    `Cannot load a CRL into the charon at "${socket}": it has ${crl.length} octets, VICI takes at most ${maxValueOctets}`,
    { hint: 'Let charon fetch it: name its address with crl-uri' },
  );
}
