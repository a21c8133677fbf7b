import type { IkeAssociation, IkeChildAssociation } from './ike-daemon.ts';
import type { ViciMessage } from './vici-message.ts';
import { countIn, sectionIn, sectionsIn, textIn, textsIn } from './vici-reading.ts';

/** Read the IKE_SAs in an event `list-sa` or `ike-updown`. */
export function associationsIn(message: ViciMessage): readonly IkeAssociation[] {
  return sectionsIn(message).map(({ name, entries }) => associationOf(name, entries));
}

function associationOf(connection: string, sa: ViciMessage): IkeAssociation {
  return {
    connection,
    id: textIn(sa, 'uniqueid') ?? '',
    state: textIn(sa, 'state') ?? '',
    localHost: textIn(sa, 'local-host') ?? '',
    remoteHost: textIn(sa, 'remote-host') ?? '',
    localId: textIn(sa, 'local-id') ?? '',
    remoteId: textIn(sa, 'remote-id') ?? '',
    ...optional('age', countIn(sa, 'established')),
    ...optional('reauthIn', countIn(sa, 'reauth-time')),
    algorithms: algorithmsOf(sa),
    children: sectionsIn(sectionIn(sa, 'child-sas')).map(({ entries }) => childOf(entries)),
  };
}

function childOf(child: ViciMessage): IkeChildAssociation {
  return {
    name: textIn(child, 'name') ?? '',
    id: textIn(child, 'uniqueid') ?? '',
    state: textIn(child, 'state') ?? '',
    localSelectors: textsIn(child, 'local-ts'),
    remoteSelectors: textsIn(child, 'remote-ts'),
    bytesIn: countIn(child, 'bytes-in') ?? 0,
    bytesOut: countIn(child, 'bytes-out') ?? 0,
    ...optional('age', countIn(child, 'install-time')),
  };
}

/** Encryption and integrity have their key size beside them. */
function algorithmsOf(sa: ViciMessage): readonly string[] {
  return ['encr', 'integ', 'prf', 'dh'].flatMap((kind) => {
    const name = textIn(sa, kind === 'dh' ? 'dh-group' : `${kind}-alg`);
    if (name === undefined) return [];
    const size = textIn(sa, `${kind}-keysize`);
    return [size === undefined ? name : `${name}-${size}`];
  });
}

function optional<K extends string>(name: K, count: number | undefined): { [key in K]?: number } {
  const result: { [key in K]?: number } = {};
  if (count !== undefined) result[name] = count;
  return result;
}
