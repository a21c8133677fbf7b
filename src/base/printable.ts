/**
 * Make control and direction characters visible. Names and texts come from peers and end up on terminals
 * and in logs: what could write over a line there is shown, not obeyed.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
