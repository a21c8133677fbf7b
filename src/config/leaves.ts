import { z } from 'zod';
import { CertError } from '../base/errors.ts';
import { isLabel, type Label } from '../base/label.ts';
import { quoted } from '../base/quoted.ts';
import { parseHttpUrl } from '../http/url.ts';

/** One value of the file: a text as it was written, and what it means. */
export type Leaf<T> = z.ZodType<T, string>;

/** Refuse a text; the reason is shown behind its key. */
class Refusal extends Error {}

const refuse = (why: string): never => {
  throw new Refusal(why);
};

/**
 * Make a kind of value.
 *
 * @param editor what JSON Schema says of it, for editors
 * @param parse throws a `CertError` or `Refusal` for a text that is none
 */
function leaf<T>(editor: Readonly<Record<string, unknown>>, parse: (text: string) => T): Leaf<T> {
  return z
    .string('a single value is wanted')
    .transform((text, context): T => {
      try {
        return parse(text);
      } catch (error) {
        const isExpected = error instanceof Refusal || error instanceof CertError;
        if (!isExpected) throw error;
        context.issues.push({ code: 'custom', message: error.message, input: undefined });
        return z.NEVER;
      }
    })
    .meta(editor);
}

/** A text without control characters. */
export const text: Leaf<string> = leaf({ type: 'string', minLength: 1 }, plainText);

function plainText(value: string): string {
  if (value === '') return refuse('it is empty');
  return /\p{Cc}/u.test(value) ? refuse('there are control characters in it') : value;
}

/** The name of something. */
export const name: Leaf<Label> = leaf(
  { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' },
  (value) =>
    isLabel(value)
      ? value
      : refuse(
          `${quoted(value)} is not a name: a letter or digit, then up to 63 letters, digits, ".", "_" or "-"`,
        ),
);

/** Yes or no, as YAML 1.2 or 1.1 has it. */
export const yesOrNo: Leaf<boolean> = leaf({ type: 'boolean' }, (value) => {
  if (value === 'true' || value === 'yes' || value === 'on') return true;
  if (value === 'false' || value === 'no' || value === 'off') return false;
  return refuse(`${quoted(value)} is neither true nor false`);
});

/** One of some words. */
export function choice<const T extends string>(...choices: readonly [T, ...T[]]): Leaf<T> {
  return leaf(
    { type: 'string', enum: choices },
    (value) =>
      choices.find((each) => each === value) ??
      refuse(`${quoted(value)} is not one of ${choices.join(', ')}`),
  );
}

/** A whole number. */
export function integer(min: number, max: number): Leaf<number> {
  return leaf({ type: 'integer', minimum: min, maximum: max }, (value) => {
    const digits = min < 0 ? /^-?\d{1,15}$/ : /^\d{1,15}$/;
    const isInside = digits.test(value) && Number(value) >= min && Number(value) <= max;
    return isInside
      ? Number(value)
      : refuse(`${quoted(value)} is not a whole number from ${min} to ${max}`);
  });
}

/** An http or https address, without a password in it. */
export const url: Leaf<string> = leaf(
  { type: 'string', format: 'uri', pattern: '^https?://' },
  (value) => parseHttpUrl(value).href,
);

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Ten years, as for the commands. */
const maxSeconds = 3650 * 86_400;

/** How long something takes, in seconds; written as in 90s, 12h or 30d. */
export function duration(min: number = 0, max: number = maxSeconds): Leaf<number> {
  return leaf({ type: ['string', 'integer'], pattern: '^(0|\\d{1,9}[smhd])$' }, (value) => {
    const [, digits, unit = ''] = /^(\d{1,9})([smhd]?)$/.exec(value) ?? [];
    if (digits === undefined || (!isUnit(unit) && Number(digits) !== 0)) {
      return refuse(`${quoted(value)} is not a duration, as in 90s, 12h or 30d`);
    }
    const seconds = isUnit(unit) ? Number(digits) * unitSeconds[unit] : 0;
    if (seconds >= min && seconds <= max) return seconds;
    return refuse(`${value} is not from ${formatDuration(min)} to ${formatDuration(max)}`);
  });
}

function isUnit(unit: string): unit is keyof typeof unitSeconds {
  return unit in unitSeconds;
}

/** Write seconds in the largest unit that divides them. */
export function formatDuration(seconds: number): string {
  const unit = (['d', 'h', 'm'] as const).find(
    (each) => seconds > 0 && seconds % unitSeconds[each] === 0,
  );
  return unit === undefined ? `${seconds}s` : `${seconds / unitSeconds[unit]}${unit}`;
}

/** What stands for a secret that is kept as it is stored. */
export const stored = '(stored)';

/** What takes a stored secret away. */
export const none = 'none';

/**
 * Where a secret is: `file:PATH`, `env:NAME` or `cred:NAME`, or `prompt` where a command may ask for it. The secret itself
 * is refused, and not repeated.
 */
export const source: Leaf<string> = leaf(
  { type: 'string', pattern: '^((file|env|cred):.+|prompt)$' },
  (value) => (value === 'prompt' ? value : sourceIn(value)),
);

/** Where a secret to be stored is, or `(stored)`, or `none`. */
export const secret: Leaf<string> = leaf(
  { type: 'string', pattern: '^((file|env|cred):.+|\\(stored\\)|none)$' },
  (value) => (value === stored || value === none ? value : sourceIn(value)),
);

function sourceIn(value: string): string {
  const [, kind, rest = ''] = /^(file|env|cred):(.+)$/.exec(value) ?? [];
  const isPlace = kind !== undefined && !/\p{Cc}/u.test(rest) && rest !== '-';
  const isAllowed = isPlace && !(kind === 'cred' && /^\.|\//.test(rest));
  return isAllowed
    ? value
    : refuse(
        'a secret itself has no place in this file; say where it is: file:PATH, env:NAME or cred:NAME',
      );
}

/** Permission bits, in octal and with quotes or without: 640, 0640, "0640" and 0o640 are the same. */
export const mode: Leaf<string> = leaf(
  { type: ['string', 'integer'], pattern: '^(0o?)?[0-7]{3}$' },
  (value) => {
    const [, digits] = /^(?:0o?)?([0-7]{3})$/.exec(value) ?? [];
    return digits ?? refuse(`${quoted(value)} is no mode: give three octal digits, as in 0640`);
  },
);

/** PEM of certificates, or where they are; PEM has line ends in it. */
export const certificates: Leaf<string> = leaf({ type: 'string', minLength: 1 }, (value) =>
  value.includes('-----BEGIN') ? value : plainText(value),
);
