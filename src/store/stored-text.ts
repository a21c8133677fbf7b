import { utf8 } from '../base/bytes.ts';

/**
 * A CA may say up to a megabyte in one message, and the history keeps a hundred of what it said. No text
 * meant to be read comes near 16 KiB; what is over it would only make the store, and every `show`, slow.
 */
const maxOctets = 16_384;

const mark = '… (cut at 16 KiB)';

/** Cut a text of others, between two characters, to what is kept of it; the end then says so. */
export function storedText(text: string): string {
  if (text.length * 3 <= maxOctets || utf8(text).length <= maxOctets) return text;
  const room = new Uint8Array(maxOctets - utf8(mark).length);
  const { read } = new TextEncoder().encodeInto(text, room);
  return text.slice(0, read) + mark;
}
