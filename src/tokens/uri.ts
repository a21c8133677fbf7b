import { asBuffer, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';

/** Which token, and which key in it: the part of a PKCS #11 URI (RFC 7512) that is used here. */
export interface TokenUri {
  /** CKA label of the token. */
  readonly token?: string;
  readonly serial?: string;
  readonly manufacturer?: string;
  readonly model?: string;
  /** CKA_LABEL of the key. */
  readonly object?: string;
  /** CKA_ID of the key. */
  readonly id?: Uint8Array;
  /** Absolute path of the PKCS #11 module; that of the token's settings when absent. */
  readonly modulePath?: string;
  /** Where the PIN comes from, never the PIN: `file:PATH`, `env:NAME`, `cred:NAME` or `prompt`. */
  readonly pinSource?: string;
}

const texts = ['token', 'serial', 'manufacturer', 'model', 'object'] as const;

/** CK_TOKEN_INFO has fields of 16 and 32 octets; a key's label may be longer, but nobody can read it then. */
const MAX_TEXT_OCTETS = 256;

/** As most modules have it; SHA-512 of a public key fits. */
const MAX_ID_OCTETS = 64;

/** PATH_MAX of Linux. */
const MAX_PATH_OCTETS = 4096;

// RFC 7512 section 2.3: pk11-pchar, and what pk11-qchar has beyond it; `;` and `=` divide, `&` in a query.
const pathValue = /^(?:[A-Za-z0-9\-._~:[\]@!$'()*+,=&]|%[0-9A-Fa-f]{2})*$/;
const queryValue = /^(?:[A-Za-z0-9\-._~:[\]@!$'()*+,=/?|]|%[0-9A-Fa-f]{2})*$/;

/**
 * Parse a PKCS #11 URI (RFC 7512 section 2.3), strictly: what is not understood is refused, since a key that
 * was meant otherwise is another key. The text is never quoted: there may be a PIN in it.
 *
 * @param what the parameter's name, for messages
 * @throws {CertError} USAGE_INVALID
 */
export function parseTokenUri(text: string, what: string): TokenUri {
  const refuse: Refuse = (why, hint) => {
    throw new CertError('USAGE_INVALID', `Cannot use the PKCS #11 URI given to ${what}: ${why}`, {
      hint: hint ?? 'Write it as pkcs11:token=LABEL;object=LABEL, other characters as %XX',
    });
  };
  if (!/^pkcs11:/i.test(text)) return refuse('it does not begin with "pkcs11:"');
  const [path = '', query, ...more] = text.slice('pkcs11:'.length).split('?');
  // A "?" may stand in a query; whoever writes one there wrote two queries, as a rule.
  if (more.length > 0) return refuse('it has more than one "?"');
  const uri = {
    ...readPath(attributesOf(path, ';', pathValue, refuse), refuse),
    ...readQuery(query === undefined ? [] : attributesOf(query, '&', queryValue, refuse), refuse),
  };
  if (Object.keys(uri).length === 0) return refuse('it names nothing');
  return uri;
}

/** Tell whether a text is meant as a PKCS #11 URI. */
export function looksLikeTokenUri(text: string): boolean {
  return /^pkcs11:/i.test(text);
}

/** Write a PKCS #11 URI; the same parts always give the same text. */
export function formatTokenUri(uri: TokenUri): string {
  const path = texts.flatMap((name) => {
    const value = uri[name];
    return value === undefined ? [] : [`${name}=${percent(utf8(value))}`];
  });
  // RFC 7512 section 2.3: an id SHOULD be all percent-encoded.
  const id = uri.id && `id=${[...uri.id].map(escaped).join('')}`;
  const isKey = uri.object !== undefined || id !== undefined;
  const query = [
    ...(uri.modulePath === undefined ? [] : [`module-path=${percent(utf8(uri.modulePath), '/')}`]),
    ...(uri.pinSource === undefined ? [] : [`pin-source=${percent(utf8(uri.pinSource), '/')}`]),
  ];
  const parts = [...path, ...(id === undefined ? [] : [id]), ...(isKey ? ['type=private'] : [])];
  return `pkcs11:${parts.join(';')}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

/** Leave out how the token is got at: its module, and where the PIN comes from. */
export function keyPartOf({
  modulePath: _modulePath,
  pinSource: _pinSource,
  ...key
}: TokenUri): TokenUri {
  return key;
}

type Refuse = (why: string, hint?: string) => never;
type Attribute = readonly [name: string, value: Uint8Array];

function attributesOf(
  text: string,
  divider: string,
  allowed: RegExp,
  refuse: Refuse,
): readonly Attribute[] {
  if (text === '') return [];
  const seen = new Set<string>();
  return text.split(divider).map((part) => {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0));
    if (!/^[a-z][a-z-]*$/.test(name)) return refuse('a part of it is not NAME=VALUE');
    const value = part.slice(equals + 1);
    // Before its value is looked at: an error must not say anything of it.
    if (name === 'pin-value') {
      return refuse(
        'it has a PIN in it (pin-value), which everyone could read',
        'Give pin-source=file:PATH, env:NAME or cred:NAME instead, and change that PIN',
      );
    }
    if (seen.has(name)) return refuse(`"${name}" stands twice`);
    seen.add(name);
    if (!allowed.test(value))
      return refuse(`"${name}" has a character that is to be written as %XX`);
    return [name, octetsOf(value)];
  });
}

function readPath(attributes: readonly Attribute[], refuse: Refuse): TokenUri {
  let uri: TokenUri = {};
  for (const [name, value] of attributes) {
    const text = texts.find((known) => known === name);
    if (text !== undefined) {
      uri = { ...uri, [text]: textOf(value, name, MAX_TEXT_OCTETS, refuse) };
    } else if (name === 'id') {
      if (value.length === 0 || value.length > MAX_ID_OCTETS) {
        return refuse(`"id" has ${value.length} octets, expected 1 to ${MAX_ID_OCTETS}`);
      }
      uri = { ...uri, id: value };
    } else if (name === 'type') {
      if (asBuffer(value).toString('latin1') !== 'private') {
        return refuse('its type is not "private"', 'Name the private key, or leave out type');
      }
    } else {
      return refuse(
        `"${name}" is not used here`,
        'Name the token by token, serial, manufacturer and model, the key by object and id',
      );
    }
  }
  return uri;
}

function readQuery(attributes: readonly Attribute[], refuse: Refuse): TokenUri {
  let uri: TokenUri = {};
  for (const [name, value] of attributes) {
    if (name === 'module-path') {
      const modulePath = textOf(value, name, MAX_PATH_OCTETS, refuse);
      // What is loaded into this process is not to depend on where it was started.
      if (!modulePath.startsWith('/')) return refuse('"module-path" is not absolute');
      uri = { ...uri, modulePath };
    } else if (name === 'pin-source') {
      const pinSource = textOf(value, name, MAX_PATH_OCTETS, refuse);
      uri = { ...uri, pinSource: pinSourceOf(pinSource, refuse) };
    } else {
      return refuse(`"${name}" is not used here`, 'Give module-path=PATH and pin-source=file:PATH');
    }
  }
  return uri;
}

/** RFC 7512 section 2.4: a path alone is a file; a command to run (`|…`) is not taken. */
function pinSourceOf(text: string, refuse: Refuse): string {
  if (text.startsWith('/')) return `file:${text}`;
  if (text === 'prompt' || /^(?:env|cred):[^/]+$/.test(text) || text.startsWith('file:/'))
    return text;
  return refuse(
    '"pin-source" is none of file:/PATH, env:NAME, cred:NAME and prompt',
    'The PIN itself is never part of a URI; put it into a file of mode 0600',
  );
}

function textOf(value: Uint8Array, name: string, max: number, refuse: Refuse): string {
  if (value.length === 0 || value.length > max) {
    return refuse(`"${name}" has ${value.length} octets, expected 1 to ${max}`);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
    // oxlint-disable-next-line no-control-regex -- they are what is refused
    if (!/[\u0000-\u001f\u007f]/.test(text)) return text;
  } catch {
    // Said below.
  }
  return refuse(`"${name}" is not plain UTF-8 text`);
}

function octetsOf(value: string): Uint8Array {
  const plain = value.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Uint8Array.from(Buffer.from(plain, 'latin1'));
}

/** Write octets as a value; `also` may stand in it as it is. */
function percent(octets: Uint8Array, also = ''): string {
  return [...octets]
    .map((octet) => {
      const character = String.fromCharCode(octet);
      const isPlain = /[A-Za-z0-9\-._~:]/.test(character) || character === also;
      return isPlain ? character : escaped(octet);
    })
    .join('');
}

function escaped(octet: number): string {
  return `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
}
