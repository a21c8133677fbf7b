import { withoutUrlSecrets } from '../base/url-secrets.ts';
import type { AuditAct } from '../store/audit-contract.ts';
import {
  isMember,
  listOf,
  type Parameter,
  type ParameterTable,
  type Value,
  type Values,
} from './parameter.ts';
import { plural } from './plural.ts';
import { formatDuration } from './render.ts';
import type { SecretSource } from './secret.ts';

/** What stands for a value that is not written. */
const withheld = '(given)';

/** Longer than any path or name that says something; the rest would only fill the trail. */
const maxCharacters = 512;

/**
 * Say with which arguments a command was run, for the audit trail: in the order they were typed, of a secret only
 * where it came from. A switch has an empty value.
 */
export function auditArguments(parameters: ParameterTable, values: Values): AuditAct['arguments'] {
  const pairs: (readonly [string, string])[] = [];
  for (const [word, value] of values) {
    const parameter = parameters[word];
    if (parameter === undefined) continue;
    // A list of arguments is not the list of a value: each is written with its word.
    const all = listOf(value);
    const [program, ...rest] = all;
    if (parameter.type === 'text' && parameter.isProgram === true && program !== undefined) {
      // Of a program, which one: there is no telling what among its arguments is secret.
      pairs.push([word, shown(parameter, program)]);
      if (rest.length > 0) {
        pairs.push([word, `(${plural(rest.length, 'argument', 'arguments')})`]);
      }
      continue;
    }
    for (const each of all) pairs.push([word, shown(parameter, each)]);
  }
  return pairs;
}

function shown(parameter: Parameter, value: Value): string {
  if (isMember(value)) return shown(parameter, value.value);
  if (typeof value === 'object') return sourceOf(value);
  if (typeof value === 'boolean') return '';
  if (typeof value === 'number')
    return parameter.type === 'duration' ? formatDuration(value) : String(value);
  if (parameter.type === 'secret') return withheld;
  return cut(withoutSecrets(value));
}

function sourceOf(source: SecretSource): string {
  const reference = source.reference === undefined ? '' : `${source.reference}:`;
  switch (source.kind) {
    case 'file':
      return `${reference}file:${cut(source.path)}`;
    case 'env':
    case 'cred':
      return `${reference}${source.kind}:${cut(source.name)}`;
    case 'prompt':
      return `${reference}prompt`;
    case 'literal':
      return `${reference}${withheld}`;
  }
}

/**
 * Take out of any text what has no place in it, whichever parameter it was typed for: a key, what is secret in a URL,
 * and the PIN of a PKCS #11 URI.
 */
function withoutSecrets(text: string): string {
  if (/PRIVATE KEY/i.test(text)) return withheld;
  return withoutUrlSecrets(text.replace(/pin-value=[^&;?]*/gi, `pin-value=${withheld}`));
}

function cut(text: string): string {
  if (text.length <= maxCharacters) return text;
  return `${text.slice(0, maxCharacters)}… (${text.length} characters)`;
}
