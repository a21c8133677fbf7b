import { utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { SettingWords } from '../settings/setting.ts';
import type { Store } from '../store/store.ts';
import type { ValidationKind, ValidationObject } from '../store/validation-contract.ts';

/** Something set up for judging peers, in the words it was set up with. */
export interface NamedWords {
  readonly name: string;
  readonly words: SettingWords;
}

/** How the kinds are called in messages. */
export const kindTexts: Readonly<Record<ValidationKind, string>> = {
  ocsp: 'OCSP object',
  crl: 'CRL',
  policy: 'policy',
};

/**
 * Read what is stored.
 *
 * @throws {CertError} STORE_CORRUPT
 */
export function readStoredWords({ kind, name, settings }: ValidationObject): SettingWords {
  const value: unknown = tryParse(settings);
  if (isWords(value)) return value;
  throw new CertError('STORE_CORRUPT', `Cannot read ${kindTexts[kind]} "${name}" from the store`, {
    hint: 'Remove it and set it up anew',
  });
}

/** List what is set up of a kind, by name. */
export async function listWords(
  store: Store,
  kind: ValidationKind,
): Promise<readonly NamedWords[]> {
  const all = await store.validationObjects.list(kind);
  return all.map((object) => ({ name: object.name, words: readStoredWords(object) }));
}

/** Get what is set up by a name. */
export async function findWords(
  store: Store,
  kind: ValidationKind,
  name: string,
): Promise<SettingWords | undefined> {
  const object = await store.validationObjects.get(kind, name);
  return object && readStoredWords(object);
}

/** Store what was checked. */
export async function keepWords(
  store: Store,
  kind: ValidationKind,
  { name, words }: NamedWords,
  secrets: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<void> {
  await store.validationObjects.put({ kind, name, settings: JSON.stringify(words) }, secrets);
}

/** Refuse settings for the first of what is wrong with them, and tell the rest. @throws {CertError} CONFIG_INVALID */
export function assertSound(what: string, errors: readonly string[], hint?: string): void {
  if (errors.length === 0) return;
  throw new CertError('CONFIG_INVALID', `Cannot set up ${what}: ${errors.join('; ')}`, {
    ...(hint !== undefined && { hint }),
  });
}

/** Octets to hash what decides: any change of a setting is another text. */
export function policyOctets(parts: unknown): Uint8Array {
  return utf8(JSON.stringify(parts));
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isWords(value: unknown): value is SettingWords {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(
      (one) =>
        ['string', 'number', 'boolean'].includes(typeof one) ||
        (Array.isArray(one) && one.every((each) => typeof each === 'string')),
    )
  );
}
