import type { ViciMessage } from './vici-message.ts';

/** Take the text of a value. @returns `undefined` where there is none of that name */
export function textIn(message: ViciMessage, name: string): string | undefined {
  const octets = octetsIn(message, name);
  return octets === undefined ? undefined : asText(octets);
}

/** Take the octets of a value. @returns `undefined` where there is none of that name */
export function octetsIn(message: ViciMessage, name: string): Uint8Array | undefined {
  for (const entry of message)
    if (entry.type === 'value' && entry.name === name) return entry.value;
  return undefined;
}

/** Take a whole number of at least 0. @returns `undefined` where there is none, or something else */
export function countIn(message: ViciMessage, name: string): number | undefined {
  const text = textIn(message, name);
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

/** Take the texts of a list; empty where there is none of that name. */
export function textsIn(message: ViciMessage, name: string): readonly string[] {
  for (const entry of message)
    if (entry.type === 'list' && entry.name === name) return entry.items.map(asText);
  return [];
}

/** Take a section; empty where there is none of that name. */
export function sectionIn(message: ViciMessage, name: string): ViciMessage {
  for (const entry of message)
    if (entry.type === 'section' && entry.name === name) return entry.entries;
  return [];
}

/** Take all sections, with their names. */
export function sectionsIn(
  message: ViciMessage,
): readonly { readonly name: string; readonly entries: ViciMessage }[] {
  return message.flatMap((entry) => (entry.type === 'section' ? [entry] : []));
}

function asText(octets: Uint8Array): string {
  // Octets that are no UTF-8 become U+FFFD: they are shown, never compared.
  return Buffer.from(octets).toString('utf8');
}
