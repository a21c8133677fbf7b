import { bytesEqual, toHex } from '../base/bytes.ts';
import type { CertOperation } from '../base/events.ts';
import type { Label } from '../base/label.ts';
import { toDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import type { CertTemplate } from '../cmp/message/cert-template.ts';
import type { KeyType } from '../crypto/key-type.ts';
import { describeKey } from '../crypto/public-key.ts';
import { Extension } from '../x509/extension.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { GeneralNames } from '../x509/general-name.ts';
import { formatName } from '../x509/name-text.ts';
import { nullDn, sameName, type Name } from '../x509/name.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { Wanted } from './certificate-request.ts';

/** A command, as far as it tells whether it is the one that was interrupted. */
export interface RepeatedCommand {
  readonly operation: CertOperation;
  readonly name: Label;
  readonly wanted: Wanted;
  /** Label of the CA profile it goes to. */
  readonly ca: Label;
  /** The address given for this certificate; absent when it goes by its CA profile. */
  readonly url: string | undefined;
  /** What it says of the key; absent when it says nothing. */
  readonly key: RepeatedKey | undefined;
}

/** A key to be made, or a certain one. */
export type RepeatedKey =
  | { readonly type: 'generate'; readonly keyType: KeyType }
  | { readonly type: 'given'; readonly spki: Uint8Array }
  /** To be made by the CA. */
  | { readonly type: 'central'; readonly keyType?: KeyType };

/** What an earlier command went to and asked for, or got. */
export interface Earlier {
  readonly ca: Label | undefined;
  readonly url: string | undefined;
  readonly asked: Pick<CertTemplate, 'subject' | 'publicKey' | 'extensions'>;
}

/**
 * Say where a command goes elsewhere, or asks for something else, than one before it. Not compared is what a
 * command says of the moment: how it is protected, how long the certificate shall be valid, how long it waits.
 *
 * @returns clauses; none when the one may stand for the other
 */
export function differences(repeated: RepeatedCommand, earlier: Earlier): readonly string[] {
  const { wanted, ca, url, key } = repeated;
  const { asked } = earlier;
  return [
    ...(ca === earlier.ca ? [] : [`its CA is "${earlier.ca ?? ''}", not "${ca}"`]),
    ...(url === earlier.url ? [] : [`its URL is ${quoted(earlier.url)}, not ${quoted(url)}`]),
    ...(sameName(asked.subject ?? nullDn, wanted.subject ?? nullDn)
      ? []
      : [`its subject is ${named(asked.subject)}, not ${named(wanted.subject)}`]),
    ...(bytesEqual(subjectAltNamesIn(asked), toDer(GeneralNames, wanted.subjectAltNames))
      ? []
      : ['its subjectAltName has other names']),
    ...(key ? keyDifferences(key, asked.publicKey) : []),
  ];
}

/** Say whether other extensions are asked for than by a command before it, beside subjectAltName. */
export function extensionDifferences({ wanted }: RepeatedCommand, asked: CertTemplate): string[] {
  const wants = extensionSet(wanted.extensions);
  const asks = extensionSet(asked.extensions);
  return wants.size === asks.size && isWithin(wants, asks)
    ? []
    : ['its other extensions are not those'];
}

/** Tell whether a certificate has all extensions, beside subjectAltName, a command asks for. */
export function hasExtensions({ wanted }: RepeatedCommand, issued: readonly Extension[]): boolean {
  return isWithin(extensionSet(wanted.extensions), extensionSet(issued));
}

function extensionSet(extensions: readonly Extension[] = []): ReadonlySet<string> {
  return new Set(
    extensions
      .filter(({ extnID }) => extnID !== oids.subjectAltName)
      .map((extension) => toHex(toDer(Extension, extension))),
  );
}

function isWithin(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return [...some].every((each) => all.has(each));
}

function subjectAltNamesIn({ extensions }: Pick<CertTemplate, 'extensions'>): Uint8Array {
  return toDer(GeneralNames, extensionValue(extensions, 'subjectAltName') ?? []);
}

function keyDifferences(
  key: RepeatedKey,
  publicKey: SubjectPublicKeyInfo | undefined,
): readonly string[] {
  // What was issued does not say who made its key, and what was asked for says nothing of one the CA makes.
  if (key.type === 'central') return [];
  if (publicKey?.subjectPublicKey.length === 0) return ['its key is one the CA makes'];
  if (!publicKey) return [];
  if (key.type === 'given') {
    const isSame = bytesEqual(toDer(SubjectPublicKeyInfo, publicKey), key.spki);
    return isSame ? [] : ['its key is another one'];
  }
  const { keyType } = describeKey(publicKey);
  return keyType === key.keyType ? [] : [`its key is ${keyType}, not ${key.keyType}`];
}

function quoted(url: string | undefined): string {
  return url === undefined ? 'that of its CA' : `"${url}"`;
}

function named(subject: Name | undefined): string {
  return subject === undefined ? 'for the CA to say' : `"${formatName(subject)}"`;
}
