import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertError } from '../base/errors.ts';
import { parseLabel } from '../base/label.ts';
import { reasonOf } from '../deploy/delivery-error.ts';
import { assertRunnable } from '../deploy/hook-program.ts';
import { decodeDestination } from '../lifecycle/destination-settings.ts';
import { assertSendable, putDestination } from '../lifecycle/put-destination.ts';
import type { Store } from '../store/store.ts';
import type { Destination } from '../traps/destination.ts';
import { destinationOfSnmp, wordsOfDestination } from './destination.ts';
import {
  compare,
  type Change,
  type ConfigContext,
  type Entry,
  type WantedEntry,
  type Words,
} from './entry.ts';
import { stored } from './leaves.ts';
import { absolute, faultOf } from './places.ts';
import { wantedSecret } from './stored-secret.ts';
import type { NotifyWords, SnmpWords } from './words-notifications.ts';
import { storedBaseOid, wantedBaseOid } from './section-cert-trap.ts';

/** What secrets a destination of each type may have. */
const secretsOf: Readonly<Record<Destination['type'], readonly string[]>> = {
  snmp: ['community', 'auth-key', 'priv-key'],
  webhook: ['secret'],
  command: [],
  log: [],
};

type Section = 'snmp' | 'notify';

function sectionOf({ type }: Destination): Section {
  return type === 'snmp' ? 'snmp' : 'notify';
}

/** In the section of SNMP there is but one kind. */
function pathOf({ type, name }: Destination): readonly string[] {
  return [type === 'snmp' ? 'destination' : type, name];
}

async function storedDestinations(store: Store, section: Section): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const record of await store.destinations.list()) {
    const destination = decodeDestination(record);
    if (sectionOf(destination) !== section) continue;
    const secrets = await store.destinations.secrets(record.name);
    const kept = Object.fromEntries([...secrets.keys()].map((word) => [word, stored]));
    entries.push({
      path: pathOf(destination),
      words: { ...wordsOfDestination(destination), ...kept },
    });
  }
  return entries;
}

/** What is sent by SNMP, and where to, as the file would have it. */
export async function storedSnmp(store: Store): Promise<readonly Entry[]> {
  return [...(await storedBaseOid(store)), ...(await storedDestinations(store, 'snmp'))];
}

/** The other destinations, as the file would have them. */
export async function storedNotify(store: Store): Promise<readonly Entry[]> {
  return storedDestinations(store, 'notify');
}

/** Compare what is sent by SNMP with what the file says. */
export async function compareSnmp(
  context: ConfigContext,
  file: SnmpWords,
): Promise<readonly Change[]> {
  const wanted: WantedEntry[] = [...(await wantedBaseOid(context, file['base-oid']))];
  for (const [name, words] of Object.entries(file.destination ?? {})) {
    const destination = destinationOfSnmp(context, name, words);
    const entry = await wantedDestination(context, 'snmp', destination, words);
    if (entry !== undefined) wanted.push(entry);
  }
  return compareWith(context, 'snmp', await storedSnmp(context.store), wanted);
}

/** Compare the other destinations with those of the file. */
export async function compareNotify(
  context: ConfigContext,
  file: NotifyWords,
): Promise<readonly Change[]> {
  const destinations: (readonly [Destination, Words])[] = [
    ...Object.entries(file.webhook ?? {}).map(
      ([name, words]) =>
        [
          {
            type: 'webhook',
            name,
            url: words.url,
            ...(words['plain-http'] === true && { allowPlainHttp: true }),
          },
          words,
        ] as const,
    ),
    ...Object.entries(file.command ?? {}).map(([name, { command, timeout = 60, ...words }]) => {
      const [program = '', ...rest] = command;
      const destination: Destination = {
        type: 'command',
        name,
        command: [program, ...rest],
        timeoutSeconds: timeout,
      };
      return [destination, words] as const;
    }),
    ...Object.entries(file.log ?? {}).map(
      ([name, words]) =>
        [{ type: 'log', name, path: absolute(words.file, context) }, words] as const,
    ),
  ];
  const wanted: WantedEntry[] = [];
  for (const [destination, words] of destinations) {
    const { name } = destination;
    if (wanted.some(({ path }) => path[1] === name)) {
      context.faults.add(
        ['notify', ...pathOf(destination)],
        `there are two destinations "${name}"`,
      );
      continue;
    }
    const entry = await wantedDestination(context, 'notify', destination, words);
    if (entry !== undefined) wanted.push(entry);
  }
  return compareWith(context, 'notify', await storedNotify(context.store), wanted);
}

function compareWith(
  { store }: ConfigContext,
  section: Section,
  before: readonly Entry[],
  wanted: readonly WantedEntry[],
): Promise<readonly Change[]> {
  return compare({
    section,
    before,
    wanted,
    async remove([, name = '']) {
      // One of the other section may have its name by now.
      const record = await store.destinations.get(name);
      if (record === undefined || sectionOf(decodeDestination(record)) !== section) return;
      await store.destinations.remove(name);
    },
  });
}

async function wantedDestination(
  context: ConfigContext,
  section: Section,
  destination: Destination | undefined,
  words: Words,
): Promise<WantedEntry | undefined> {
  if (destination === undefined) return undefined;
  const { store } = context;
  const { name, type } = destination;
  parseLabel(name, section);
  const path = [section, ...pathOf(destination)];
  const record = await store.destinations.get(name);
  const isSame = record !== undefined && decodeDestination(record).type === type;
  const known = isSame ? await store.destinations.secrets(name) : new Map<string, Uint8Array>();
  const secrets = new Map<string, Uint8Array>();
  const said: Record<string, string | undefined> = {};
  for (const word of secretsOf[type]) {
    const value = words[word];
    const present = known.get(word);
    const { octets, word: now } = await wantedSecret(
      context,
      [...path, word],
      typeof value === 'string' ? value : undefined,
      { isStored: present !== undefined, open: async () => present },
    );
    const kept = octets === undefined ? present : octets;
    if (kept !== undefined && kept !== null) secrets.set(word, kept);
    said[word] = now;
  }
  return {
    path: pathOf(destination),
    words: { ...wordsOfDestination(destination), ...said },
    async check() {
      await faultOf(context, path, async () => {
        await assertSendable(context, destination, secrets);
        await assertPlace(destination);
      });
    },
    put: async (carry) => void (await putDestination(carry, destination, secrets)),
  };
}

/** Look whether this machine has what a destination needs. */
async function assertPlace(destination: Destination): Promise<void> {
  if (destination.type === 'command') {
    await assertRunnable(destination.command[0], 'command for notifications');
  }
  if (destination.type !== 'log') return;
  const folder = dirname(destination.path);
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    throw new CertError(
      'CONFIG_INVALID',
      `nothing can be written to "${folder}": ${reasonOf(cause)}`,
      { hint: 'Make it first, for the user that certkeeper runs as' },
    );
  });
}
