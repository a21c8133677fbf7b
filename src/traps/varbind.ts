/** A value of a message, under its full OID. */
export type Varbind =
  | { readonly oid: string; readonly type: 'integer' | 'unsigned'; readonly value: number }
  | { readonly oid: string; readonly type: 'octets'; readonly value: Uint8Array };

/** Count the octets of a VarBind in BER. */
export function varbindOctets(varbind: Varbind): number {
  const value = varbind.type === 'octets' ? varbind.value.length : integerOctets(varbind.value);
  return wrapped(wrapped(oidOctets(varbind.oid)) + wrapped(value));
}

/** Count the content octets of an OID. */
export function oidOctets(oid: string): number {
  // The first two arcs share an octet.
  const [, , ...arcs] = oid.split('.').map(Number);
  return 1 + arcs.reduce((sum, arc) => sum + Math.max(1, Math.ceil(bitsOf(arc) / 7)), 0);
}

function integerOctets(value: number): number {
  const bits = bitsOf(value < 0 ? -value - 1 : value) + 1;
  return Math.ceil(bits / 8);
}

function bitsOf(value: number): number {
  return value === 0 ? 0 : Math.floor(Math.log2(value)) + 1;
}

/** With its tag and its length. */
function wrapped(length: number): number {
  if (length < 128) return length + 2;
  return length + (length < 256 ? 3 : 4);
}
