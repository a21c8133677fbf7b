import { printable } from '../base/printable.ts';
import type { IkeAssociation } from '../deploy/ike-daemon.ts';
import type { Tunnel } from '../lifecycle/ipsec-tunnels.ts';
import type { JsonFields } from './staple-report.ts';
import { formatTable, formatFields } from './table.ts';
import type { Style } from './render.ts';

/** Lay out tunnels as a gateway does, and below them why some are not known of. */
export function tunnelTable(tunnels: readonly Tunnel[], style: Style): string {
  const rows = tunnels.map(({ peer, status, associations: [first] }) => [
    peer.name,
    peer.description ?? '',
    { text: status, paint: status === 'established' ? style.good : style.bad },
    first?.age === undefined ? '' : span(first.age),
  ]);
  const reasons = new Set(
    tunnels.flatMap(({ status, why }) => (why === undefined ? [] : [`${status}: ${why}`])),
  );
  return (
    formatTable(
      [
        { title: 'ID' },
        { title: 'DESCRIPTION' },
        { title: 'STATUS' },
        { title: 'TIME', align: 'right' },
      ],
      rows,
    ) + [...reasons].map((why) => `\n${printable(why)}\n`).join('')
  );
}

/** Lay out everything of one tunnel. */
export function tunnelText({ peer, status, why, associations }: Tunnel): string {
  return [
    formatFields([
      ['tunnel', peer.name],
      ['description', peer.description],
      ['status', status],
      ['', why],
      ['certificate', peer.certificate],
      ['socket', peer.socket],
    ]),
    ...associations.map(associationText),
  ].join('');
}

function associationText(association: IkeAssociation): string {
  const { age, reauthIn, algorithms, children } = association;
  return formatFields([
    ['IKE_SA', `${association.id}, ${association.state}`],
    ['  local', `${association.localHost}, ${association.localId}`],
    ['  remote', `${association.remoteHost}, ${association.remoteId}`],
    ['  algorithms', algorithms.length === 0 ? undefined : algorithms.join(' ')],
    ['  stands for', age === undefined ? undefined : span(age)],
    ['  reauth in', reauthIn === undefined ? undefined : span(reauthIn)],
    ...children.flatMap((child) => [
      ['  child', `${child.name}, ${child.state}`] as const,
      ['    local-ts', child.localSelectors.join(' ')] as const,
      ['    remote-ts', child.remoteSelectors.join(' ')] as const,
      ['    octets', `${child.bytesIn} in, ${child.bytesOut} out`] as const,
      ['    stands for', child.age === undefined ? undefined : span(child.age)] as const,
    ]),
  ]);
}

/** Give a tunnel as JSON. */
export function tunnelJson({ peer, status, why, associations }: Tunnel): JsonFields {
  const { name, description, certificate, socket } = peer;
  return {
    name,
    description,
    status,
    why,
    certificate,
    socket,
    seconds: associations[0]?.age,
    associations: associations.map((association) => ({
      ...association,
      children: association.children.map((child) => ({ ...child })),
    })),
  };
}

const DAY_SECONDS = 86_400;

/** Write a time as gateways do: `3d 02:15:09`. */
function span(seconds: number): string {
  const days = Math.floor(seconds / DAY_SECONDS);
  const clock = new Date((seconds % DAY_SECONDS) * 1000).toISOString().slice(11, 19);
  return days === 0 ? clock : `${days}d ${clock}`;
}
