import { CertError } from '../base/errors.ts';
import { parseLabel } from '../base/label.ts';
import { quoted } from '../base/quoted.ts';
import { parseHttpUrl } from '../http/url.ts';
import type { Parameter, SingleValue } from './parameter.ts';
import { parseSecretSource } from './secret.ts';

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Ten years: longer is a typing mistake, and far from where timers and dates overflow. */
const maxDurationSeconds = 3650 * 86_400;

/**
 * Turn the text of a value into what its parameter's type says.
 *
 * @param word the parameter's keyword, for messages
 * @throws {CertError} USAGE_INVALID or NAME_INVALID; a secret is never quoted
 */
export function parseValue(word: string, parameter: Parameter, text: string): SingleValue {
  switch (parameter.type) {
    case 'flag':
      return true;
    case 'integer':
      return parseInteger(word, parameter, text);
    case 'duration':
      return parseDuration(word, text, parameter.bareUnit);
    case 'choice':
      if (!parameter.choices.includes(text)) {
        throw invalid(word, text, 'not one of the choices', `Choose ${listed(parameter.choices)}`);
      }
      return text;
    case 'label':
      return parseLabel(text, word);
    case 'url':
      return checkUrl(word, text);
    case 'secret':
      return parseSecretSource(text, word, parameter.withReference);
    case 'text':
    case 'dn':
    case 'file':
    case 'directory':
      if (text === '') throw invalid(word, text, 'it is empty', `Give ${word} a value`);
      if (text.includes('\0')) {
        throw invalid(word, text, 'it contains a NUL character', `Give ${word} as plain text`);
      }
      return text;
  }
}

function parseInteger(
  word: string,
  parameter: Extract<Parameter, { type: 'integer' }>,
  text: string,
): number {
  const { min, max, values } = parameter;
  const of = parameter.unit === undefined ? '' : ` of ${parameter.unit}`;
  const range =
    values === undefined ? `a number${of} from ${min} to ${max}` : listed(values.map(String));
  const digits = min < 0 ? /^-?\d{1,15}$/ : /^\d{1,15}$/;
  if (!digits.test(text)) throw invalid(word, text, 'not a whole number', `Give ${range}`);
  const value = Number(text);
  if (value < min || value > max || values?.includes(value) === false) {
    throw invalid(word, text, 'out of range', `Give ${range}`);
  }
  return value;
}

function parseDuration(word: string, text: string, bareUnit?: 's' | 'h' | 'd'): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text);
  if (match === null) {
    throw invalid(word, text, 'not a duration', 'Give a number and a unit, as in 90s, 12h or 30d');
  }
  const count = Number(match[1]);
  const unit = match[2] === '' ? bareUnit : match[2];
  if (unit === undefined && count !== 0) {
    throw invalid(
      word,
      text,
      'the unit is missing',
      `Write ${text}s, ${text}m, ${text}h or ${text}d`,
    );
  }
  const seconds = count * (isUnit(unit) ? unitSeconds[unit] : 0);
  if (seconds > maxDurationSeconds) {
    throw invalid(
      word,
      text,
      'longer than 3650d',
      'Give a number and a unit, as in 90s, 12h or 30d',
    );
  }
  return seconds;
}

function isUnit(text: string | undefined): text is keyof typeof unitSeconds {
  return text !== undefined && text in unitSeconds;
}

const urlHint = 'Give one like http://ra.example/pkix/';

function checkUrl(word: string, text: string): string {
  // Not quoted whole: a space is where the next word was meant to begin, which may be a secret.
  if (/\s/.test(text)) {
    throw invalid(word, text.replace(/\s.*$/s, ' …'), 'it has a space', urlHint);
  }
  // Not quoted at all: what stands before the "@" may be a password.
  if (/^[^/]*@/.test(text)) throw credentials(word);
  if (/^(?:[\w-]+\.)*[\w-]+:\d+(?:\/|$)/.test(text) || /^\[[\da-f:.]+\]/i.test(text)) {
    throw invalid(word, text, 'the scheme is missing', `Write http://${text}`);
  }
  const url = URL.parse(text);
  if (url === null) {
    throw invalid(word, text, 'not a URL', urlHint);
  }
  if (url.username !== '' || url.password !== '') {
    throw credentials(word);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalid(word, text, `"${url.protocol}" is neither http nor https`, urlHint);
  }
  try {
    return parseHttpUrl(text).href;
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    const { message, hint = urlHint } = error;
    throw new CertError('USAGE_INVALID', message, { hint });
  }
}

function credentials(word: string): CertError {
  return new CertError(
    'USAGE_INVALID',
    `Cannot use the value of ${word}: a URL with a user name or password in it`,
    {
      hint:
        word === 'proxy'
          ? 'Write the URL without "user:password@", and give proxy-user and proxy-password'
          : 'Write the URL without "user:password@"; CMP authenticates its messages by itself',
    },
  );
}

function listed(choices: readonly string[]): string {
  const last = choices.at(-1) ?? '';
  return choices.length < 2 ? last : `${choices.slice(0, -1).join(', ')} or ${last}`;
}

function invalid(word: string, text: string, why: string, hint: string): CertError {
  // A URL may be long, and is checked for what is secret in it before.
  const shown = text.includes('://') ? JSON.stringify(text) : quoted(text);
  const message = `Cannot use ${shown} as ${word}: ${why}`;
  return new CertError('USAGE_INVALID', message, { hint });
}
