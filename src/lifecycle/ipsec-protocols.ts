/** Protocols that charon knows by name wherever there is a list of them; all others go by their numbers. */
const protocols: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['tcp', 6],
  ['udp', 17],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['ipv6-icmp', 58],
  ['ospf', 89],
  ['sctp', 132],
]);

const names = new Map([...protocols].map(([name, number]) => [number, name]));

/** Read a protocol by its name or number, `any` as 0; undefined for what is none. */
export function protocolNumber(word: string): number | undefined {
  if (word === 'any') return 0;
  if (/^\d{1,3}$/.test(word)) return Number(word) <= 255 ? Number(word) : undefined;
  return protocols.get(word.toLowerCase());
}

/** Write a protocol as charon reads it. */
export function protocolText(protocol: number): string {
  return names.get(protocol) ?? String(protocol);
}
