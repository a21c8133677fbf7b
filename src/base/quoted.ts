/** As long as a name may be; whatever is longer says no more by being repeated. */
const MAX_QUOTED_CHARACTERS = 64;

/**
 * Quote a word in a message. Of a long one, and of PEM, only the length: what came where a name or a keyword belongs
 * may be a private key.
 */
export function quoted(text: string): string {
  const isShown = text.length <= MAX_QUOTED_CHARACTERS && !text.includes('-----BEGIN');
  return isShown ? JSON.stringify(text) : `a text of ${text.length} characters`;
}
