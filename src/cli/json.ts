/** What can be printed with `--json`. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** Version of the shape of every `--json` object; changes only when a field goes or changes its meaning. */
export const schemaVersion = 1;

/**
 * Write an object as `--json` prints it. JSON lets C1 controls and format characters stand as they are; on
 * a terminal they would be obeyed, so they are escaped, which means the same to whoever parses it.
 *
 * @returns text with its line end
 */
export function formatJson(json: Readonly<Record<string, Json | undefined>>): string {
  return `${jsonText({ schemaVersion, ...json })}\n`;
}

/** Write a value as it stands in such an object. */
export function jsonText(json: Json | { readonly [key: string]: Json | undefined }): string {
  const text = JSON.stringify(json, null, 2);
  return text.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, escapeUnits);
}

function escapeUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
