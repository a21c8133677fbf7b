import type { IncomingMessage } from 'node:http';

/**
 * Read the body of a request.
 *
 * @returns undefined for one over the limit
 */
export async function bodyOf(
  request: IncomingMessage,
  maxOctets: number,
): Promise<Uint8Array | undefined> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxOctets) return undefined;
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    length += part.length;
    if (length > maxOctets) return undefined;
    parts.push(part);
  }
  return Uint8Array.from(Buffer.concat(parts));
}
