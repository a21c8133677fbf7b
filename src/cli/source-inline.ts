import { CertError } from '../base/errors.ts';

/** How the lines of PEM are told apart in a value. */
type Form = 'lines' | 'escapes' | 'blanks';

/**
 * Make PEM of a value of a command line, as pasted configuration has it: with its line ends, with "\n" for each, or
 * with blanks in their place.
 *
 * @param what the parameter's keyword, for messages
 * @returns blocks with lines of 64 characters
 * @throws {CertError} PEM_MALFORMED, without quoting any of it
 */
export function parseInlinePem(text: string, what: string): string {
  const refuse = (why: string): never => {
    throw new CertError('PEM_MALFORMED', `Cannot use ${what}: ${why}`, {
      hint: 'Put all of it in quotes, from "-----BEGIN" to the last "-----", with its line ends, with \\n or with blanks for them',
    });
  };
  const blocks: string[] = [];
  let open: { readonly label: string; readonly headers: string[]; body: string } | undefined;
  for (const line of linesOf(text.trim(), refuse)) {
    const begun = /^-----BEGIN ([A-Z0-9 ]+)-----$/.exec(line)?.[1];
    if (begun !== undefined) {
      if (open) refuse(`"${open.label}" has no end line`);
      open = { label: begun, headers: [], body: '' };
    } else if (open === undefined) {
      if (line !== '')
        refuse('there is something outside of its blocks, or no "-----BEGIN …-----"');
    } else if (line === `-----END ${open.label}-----`) {
      blocks.push(written(open, refuse));
      open = undefined;
    } else if (/^(?:Proc-Type|DEK-Info): [A-Z0-9,.-]+$/i.test(line) && open.body === '') {
      // The old encrypted forms of RFC 1421.
      open.headers.push(line);
    } else if (/^[A-Za-z0-9+/]+={0,2}$/.test(line) && !open.body.endsWith('=')) {
      open.body += line;
    } else if (line !== '' || open.body !== '') {
      refuse(`a line of "${open.label}" is not Base64`);
    }
  }
  if (open) refuse(`"${open.label}" has no end line`);
  if (blocks.length === 0) refuse('it is empty');
  return blocks.join('');
}

function linesOf(text: string, refuse: (why: string) => never): readonly string[] {
  switch (formOf(text, refuse)) {
    case 'lines':
      return text.split(/\r\n|\r|\n/).map((line) => line.trim());
    case 'escapes':
      return text.split(/(?:\\r)?\\n/).map((line) => line.trim());
    case 'blanks':
      // The blanks in "-----BEGIN PRIVATE KEY-----" end no line.
      return (text.match(/-----(?:BEGIN|END) [A-Z0-9 ]+-----|[^ \t]+/g) ?? []).map((line) => line);
  }
}

function formOf(text: string, refuse: (why: string) => never): Form {
  const hasLines = /[\r\n]/.test(text);
  const hasEscapes = text.includes('\\n');
  if (hasLines && hasEscapes) return refuse('it has line ends and "\\n", expected one of them');
  return hasLines ? 'lines' : hasEscapes ? 'escapes' : 'blanks';
}

function written(
  block: { readonly label: string; readonly headers: readonly string[]; readonly body: string },
  refuse: (why: string) => never,
): string {
  const { label, headers, body } = block;
  if (body === '' || body.length % 4 !== 0) refuse(`"${label}" is cut off`);
  const lines = body.match(/.{1,64}/g) ?? [];
  const front = headers.length === 0 ? [] : [...headers, ''];
  return [`-----BEGIN ${label}-----`, ...front, ...lines, `-----END ${label}-----`, ''].join('\n');
}
