/** What a TFTP server sends (RFC 1350 section 5, RFC 2347). */
export type TftpPacket =
  | { readonly type: 'DATA'; readonly block: number; readonly octets: Uint8Array }
  | { readonly type: 'OACK'; readonly options: ReadonlyMap<string, string> }
  | { readonly type: 'ERROR'; readonly code: number; readonly message: string };

/** Codes of ERROR packets that mean something to us (RFC 1350 appendix I, RFC 2347). */
export const tftpError = {
  fileNotFound: 1,
  accessViolation: 2,
  allocationExceeded: 3,
  illegalOperation: 4,
  unknownTransferId: 5,
  optionsRefused: 8,
} as const;

/** Longest OACK that is read: RFC 2347 bounds requests to 512 octets, and an answer repeats no more than that. */
const MAX_OACK_OCTETS = 512;

/** Read a packet of a server; undefined when it is none. */
export function decodeTftp(octets: Uint8Array): TftpPacket | undefined {
  if (octets.length < 4) return undefined;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const number = view.getUint16(2);
  switch (view.getUint16(0)) {
    case 3:
      return { type: 'DATA', block: number, octets: octets.subarray(4) };
    case 5:
      return { type: 'ERROR', code: number, message: stringsOf(octets.subarray(4))[0] ?? '' };
    case 6:
      return octets.length > MAX_OACK_OCTETS ? undefined : decodeOack(octets.subarray(2));
    default:
      return undefined;
  }
}

function decodeOack(octets: Uint8Array): TftpPacket | undefined {
  const strings = stringsOf(octets);
  if (strings.length % 2 !== 0) return undefined;
  const options = new Map<string, string>();
  for (let i = 0; i < strings.length; i += 2) {
    options.set((strings[i] ?? '').toLowerCase(), strings[i + 1] ?? '');
  }
  return { type: 'OACK', options };
}

/** Strings that end with a zero each; what follows the last zero counts as one, too. */
function stringsOf(octets: Uint8Array): string[] {
  const strings = Buffer.from(octets).toString('utf8').split('\0');
  if (strings.at(-1) === '') strings.pop();
  return strings;
}

/** Build a read request in octet mode (RFC 1350 section 5, RFC 2347). */
export function encodeReadRequest(
  file: string,
  options: Readonly<Record<string, string>>,
): Uint8Array {
  const strings = [file, 'octet', ...Object.entries(options).flat()];
  return Buffer.concat([Uint8Array.of(0, 1), Buffer.from(`${strings.join('\0')}\0`, 'utf8')]);
}

/** Build the acknowledgement of a block; of an OACK it is that of block 0. */
export function encodeAck(block: number): Uint8Array {
  return Uint8Array.of(0, 4, block >> 8, block & 0xff);
}

/** Build an error. */
export function encodeError(code: number, message: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(0, 5, 0, code), Buffer.from(`${message}\0`, 'latin1')]);
}
