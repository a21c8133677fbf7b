/**
 * Make control and format characters visible. Names and texts come from peers and end up on terminals
 * and in logs: what could write over a line there, turn it around or hide in it is shown, not obeyed.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u034f\u115f\u1160\u2800\u3164\uffa0]/gu,
    (character) => {
      const hex = (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
      return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex}`;
    },
  );
}

/** Cut a text of a peer to what a message needs of it, and say so. */
export function cut(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const kept = text.slice(0, maxCharacters);
  // Half of a surrogate pair is no character.
  const whole = kept.isWellFormed() ? kept : kept.slice(0, -1);
  return `${whole}… (${text.length - whole.length} more)`;
}
