import { cut } from '../base/printable.ts';
import type { IkeAssociation, IkeChildAssociation } from './ike-daemon.ts';
import type { ViciMessage } from './vici-message.ts';
import { countIn, sectionIn, sectionsIn, textIn, textsIn } from './vici-reading.ts';

/** Identities are what peers say they are: as much as any name has, so that a line of a log stays one. */
const maxIdentityCharacters = 4096;

/** Addresses, states, algorithms and selectors are short words of charon. */
const maxWordCharacters = 256;

/** Selectors of one side of a CHILD_SA; nobody has sixteen. */
const maxSelectors = 256;

/** Read the IKE_SAs in an event `list-sa` or `ike-updown`. */
export function associationsIn(message: ViciMessage): readonly IkeAssociation[] {
  return sectionsIn(message).map(({ name, entries }) => associationOf(name, entries));
}

function associationOf(connection: string, sa: ViciMessage): IkeAssociation {
  return {
    connection,
    id: wordIn(sa, 'uniqueid') ?? '',
    state: wordIn(sa, 'state') ?? '',
    localHost: wordIn(sa, 'local-host') ?? '',
    remoteHost: wordIn(sa, 'remote-host') ?? '',
    localId: cut(textIn(sa, 'local-id') ?? '', maxIdentityCharacters),
    remoteId: cut(textIn(sa, 'remote-id') ?? '', maxIdentityCharacters),
    ...optional('age', countIn(sa, 'established')),
    ...optional('reauthIn', countIn(sa, 'reauth-time')),
    algorithms: algorithmsOf(sa),
    children: sectionsIn(sectionIn(sa, 'child-sas')).map(({ entries }) => childOf(entries)),
  };
}

function childOf(child: ViciMessage): IkeChildAssociation {
  return {
    name: wordIn(child, 'name') ?? '',
    id: wordIn(child, 'uniqueid') ?? '',
    state: wordIn(child, 'state') ?? '',
    localSelectors: selectorsIn(child, 'local-ts'),
    remoteSelectors: selectorsIn(child, 'remote-ts'),
    bytesIn: countIn(child, 'bytes-in') ?? 0,
    bytesOut: countIn(child, 'bytes-out') ?? 0,
    ...optional('age', countIn(child, 'install-time')),
  };
}

/** Encryption and integrity have their key size beside them. */
function algorithmsOf(sa: ViciMessage): readonly string[] {
  return ['encr', 'integ', 'prf', 'dh'].flatMap((kind) => {
    const name = wordIn(sa, kind === 'dh' ? 'dh-group' : `${kind}-alg`);
    if (name === undefined) return [];
    const size = wordIn(sa, `${kind}-keysize`);
    return [size === undefined ? name : `${name}-${size}`];
  });
}

function wordIn(message: ViciMessage, name: string): string | undefined {
  const word = textIn(message, name);
  return word === undefined ? undefined : cut(word, maxWordCharacters);
}

function selectorsIn(child: ViciMessage, name: string): readonly string[] {
  const all = textsIn(child, name).slice(0, maxSelectors);
  return all.map((selector) => cut(selector, maxWordCharacters));
}

function optional<K extends string>(name: K, count: number | undefined): { [key in K]?: number } {
  const result: { [key in K]?: number } = {};
  if (count !== undefined) result[name] = count;
  return result;
}
