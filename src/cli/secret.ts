import { utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { readAtMost, reasonOf } from './files.ts';
import type { Io } from './io.ts';

/** Where a secret is to be taken from, as an operator wrote it; the secret itself is not in here. */
export type SecretSource = { readonly reference?: string } & (
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'cred'; readonly name: string }
  /** With what was typed already: a function, too. */
  | { readonly kind: 'prompt'; readonly typed?: () => string }
  /** A function, so that neither JSON nor a log can print it. */
  | { readonly kind: 'literal'; readonly reveal: () => string }
);

/** What a secret is resolved with. */
export interface SecretContext {
  readonly io: Io;
  readonly log: Log;
}

const maxSecretOctets = 65_536;

/**
 * Parse `file:PATH`, `env:NAME`, `cred:NAME`, `prompt` or a literal.
 *
 * @param what the parameter's name, for messages
 * @param withReference take `REF:` in front as the reference value; a literal with a colon in it then
 *   has to be given as `file:` or `env:`
 * @throws {CertError} USAGE_INVALID, without quoting any of the text
 */
export function parseSecretSource(text: string, what: string, withReference = false): SecretSource {
  const plain = parseForm(text, what);
  if (plain.kind !== 'literal') return plain;
  if (!withReference) {
    assertNoReference(text, what);
    return plain;
  }
  const colon = text.indexOf(':');
  if (colon < 0) return plain;
  if (colon === 0) throw usage(what, 'the reference value before ":" is empty');
  assertNoReference(text.slice(colon + 1), what);
  return { ...parseForm(text.slice(colon + 1), what), reference: text.slice(0, colon) };
}

/** Behind a reference value nobody writes a literal: who types one where none belongs means the place, not the text. */
function assertNoReference(text: string, what: string): void {
  const form = /^[^:]*:(?:(file|env|cred):|prompt$)/.exec(text);
  if (form === null || /^(?:file|env|cred):/.test(text)) return;
  throw new CertError(
    'USAGE_INVALID',
    `Cannot use the secret${whose('given to', what)}: it has no reference value that could stand in front`,
    {
      hint: `Begin with "${form[1] === undefined ? 'prompt' : `${form[1]}:`}"; a secret that reads like that goes into a file, as file:PATH`,
    },
  );
}

function parseForm(text: string, what: string): SecretSource {
  if (text === 'prompt') return { kind: 'prompt' };
  const form = /^(file|env|cred):(.*)$/s.exec(text);
  const rest = form?.[2] ?? '';
  if (form !== null && rest === '') throw usage(what, `nothing follows "${form[1] ?? ''}:"`);
  if (text === '') throw usage(what, 'it is empty');
  switch (form?.[1]) {
    case 'file':
      return { kind: 'file', path: rest };
    case 'env':
      return { kind: 'env', name: rest };
    case 'cred':
      if (rest.includes('/') || rest.startsWith('.')) {
        throw usage(what, 'the name of a systemd credential is not a path');
      }
      return { kind: 'cred', name: rest };
    default:
      return { kind: 'literal', reveal: () => text };
  }
}

/**
 * Fetch a shared secret from where the operator said it is. From a file or a credential one newline at
 * the end is taken off and every other octet is kept; the rest is UTF-8.
 *
 * @param what the parameter's name, for messages and the prompt
 * @throws {CertError} SECRET_UNAVAILABLE
 */
export async function resolveSecret(
  source: SecretSource,
  what: string,
  context: SecretContext,
): Promise<Uint8Array> {
  const octets = await fetchSecret(source, what, context);
  const isFile = source.kind === 'file' || source.kind === 'cred';
  // P6: the octets as they are, but for the newline that editors add.
  const secret = isFile ? withoutNewline(octets) : octets;
  const place = placeOf(source);
  if (secret.length === 0) throw unavailable(what, place, 'it is empty');
  // P6: a NUL would end it for a peer in C.
  if (secret.includes(0)) throw unavailable(what, place, 'it contains a NUL octet');
  return secret;
}

/**
 * Fetch the octets a secret source stands for, as they are.
 *
 * @throws {CertError} SECRET_UNAVAILABLE
 */
export async function fetchSecret(
  source: SecretSource,
  what: string,
  context: SecretContext,
): Promise<Uint8Array> {
  const { io, log } = context;
  const place = placeOf(source);
  switch (source.kind) {
    case 'file':
      return await readSecretFile(source.path, place, what, io);
    case 'cred': {
      const directory = io.env['CREDENTIALS_DIRECTORY'];
      if (directory === undefined || directory === '') {
        throw unavailable(what, place, 'CREDENTIALS_DIRECTORY is not set', {
          hint: 'Run under systemd with LoadCredential=, or use file: or env:',
        });
      }
      return await readSecretFile(`${directory}/${source.name}`, place, what, io);
    }
    case 'env': {
      const text = io.env[source.name];
      if (text === undefined) throw unavailable(what, place, 'it is not set');
      return utf8(text);
    }
    case 'prompt':
      return utf8(source.typed?.() ?? (await promptSecret(what, io)));
    case 'literal':
      if (io.isTyped !== true) {
        log.warn(
          `other users of this machine can see the secret${whose('given to', what)} in the process list; ` +
            'use file:PATH, env:NAME or prompt',
        );
      }
      return utf8(source.reveal());
  }
}

/** Name where a secret comes from, for messages. */
export function placeOf(source: SecretSource): string {
  switch (source.kind) {
    case 'file':
      return `file ${JSON.stringify(source.path)}`;
    case 'cred':
      return `credential ${JSON.stringify(source.name)}`;
    case 'env':
      return `environment variable ${JSON.stringify(source.name)}`;
    case 'prompt':
      return 'prompt';
    case 'literal':
      return 'command line';
  }
}

async function promptSecret(what: string, io: Io): Promise<string> {
  if (!io.stdin.isTTY || !io.stderr.isTTY) {
    throw unavailable(what, 'prompt', 'this is not a terminal', {
      hint: 'Use file:PATH, env:NAME or cred:NAME',
    });
  }
  // The echo is off before anything invites the operator to type.
  const line = io.stdin.readLine({ echo: false });
  io.stderr.write(`${what}: `);
  try {
    return await line;
  } finally {
    io.stderr.write('\n');
  }
}

async function readSecretFile(
  path: string,
  place: string,
  what: string,
  io: Io,
): Promise<Uint8Array> {
  let octets: Uint8Array;
  try {
    octets =
      path === '-'
        ? await io.stdin.readAll(maxSecretOctets)
        : await readAtMost(path, maxSecretOctets);
  } catch (cause) {
    throw unavailable(what, place, reasonOf(cause), { cause });
  }
  if (octets.length > maxSecretOctets) {
    throw unavailable(what, place, `it is longer than ${maxSecretOctets} octets`);
  }
  return octets;
}

function withoutNewline(octets: Uint8Array): Uint8Array {
  if (octets.at(-1) !== 0x0a) return octets;
  return octets.subarray(0, octets.at(-2) === 0x0d ? -2 : -1);
}

/** Say which secret it is, where the parameter is not just called that. */
function whose(of: 'for' | 'given to', what: string): string {
  return what === 'secret' ? '' : ` ${of} ${what}`;
}

function usage(what: string, why: string): CertError {
  return new CertError('USAGE_INVALID', `Cannot use the secret${whose('given to', what)}: ${why}`, {
    hint: 'Give file:PATH, env:NAME, cred:NAME or prompt',
  });
}

function unavailable(
  what: string,
  place: string,
  why: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): CertError {
  const message = `Cannot read the secret${whose('for', what)} from ${place}: ${why}`;
  const hint = 'Give file:PATH, env:NAME, cred:NAME or prompt, with a secret behind it';
  return new CertError('SECRET_UNAVAILABLE', message, { hint, ...options });
}
