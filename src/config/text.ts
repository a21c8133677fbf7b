/** Read UTF-8, with or without a byte order mark; undefined when it is none. */
export function utf8Text(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    return undefined;
  }
}
