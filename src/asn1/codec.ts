import { CertError } from '../base/errors.ts';
import { DerReader, type DerLimits } from './der-reader.ts';
import { DerWriter } from './der-writer.ts';

/** How one ASN.1 type is read and written. Declarations made of codecs read like the ASN.1 module. */
export interface Codec<T> {
  readonly name: string;
  /** Tell whether an element with this tag can be a value of the type. */
  starts(tag: number): boolean;
  decode(reader: DerReader): T;
  encode(writer: DerWriter, value: T): void;
}

/** A codec whose tag `implicit` can replace: every type but CHOICE and ANY. */
export interface TaggedCodec<T> extends Codec<T> {
  readonly tag: number;
  withTag(tag: number): Codec<T>;
}

/** A field that may be absent; only `optional` makes one, and only an optional property takes one. */
export interface OptionalField<T> {
  readonly presence: 'optional';
  readonly codec: Codec<T>;
}

/** A field with a DEFAULT: absent in DER when it has that value. */
export interface DefaultField<T> {
  readonly presence: 'default';
  readonly codec: Codec<T>;
  readonly value: T;
}

/** The codec of each field of `T`, in the order of the ASN.1: optional exactly where `T` is. */
export type Fields<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? OptionalField<Exclude<T[K], undefined>>
    : Codec<T[K]> | DefaultField<T[K]>;
};

const SEQUENCE = 0x30;

/**
 * Decode one value that must fill the octets exactly.
 *
 * @throws {CertError} DER_MALFORMED or LIMIT_EXCEEDED, and nothing else
 */
export function fromDer<T>(codec: Codec<T>, der: Uint8Array, limits?: DerLimits): T {
  const reader = new DerReader(der, codec.name, limits);
  const value = codec.decode(reader);
  // R16: what follows a message belongs to nobody.
  if (reader.hasMore()) reader.fail('octets follow the value');
  return value;
}

/** Encode a value from its fields; the octets it was decoded from, if any, play no part. */
export function toDer<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new DerWriter();
  codec.encode(writer, value);
  return writer.finish();
}

/** SEQUENCE with named fields. The value remembers the octets it came from: see `rawOf`. */
export function sequence<T extends object>(name: string, fields: Fields<T>): TaggedCodec<T> {
  const list = listFields(name, fields);
  const withTag = (tag: number): TaggedCodec<T> => ({
    name,
    tag,
    withTag,
    starts: (other) => other === tag,
    decode(reader) {
      const start = reader.position;
      const around = reader.where;
      const outer = reader.enter(tag);
      const value: Record<string, unknown> = {};
      for (const field of list) {
        reader.where = field.where;
        field.decode(reader, value);
      }
      reader.where = name;
      reader.leave(outer);
      reader.where = around;
      return made(remember(value, reader, start));
    },
    encode(writer, value) {
      const mark = writer.mark();
      const record: Partial<Record<string, unknown>> = value;
      for (let i = list.length - 1; i >= 0; i--) list[i]?.encode(writer, record);
      writer.header(tag, mark);
    },
  });
  return withTag(SEQUENCE);
}

/** SEQUENCE OF, with the number of elements it may have. */
export function sequenceOf<T>(
  codec: Codec<T>,
  size: { readonly min?: number; readonly max?: number } = {},
): TaggedCodec<readonly T[]> {
  const { min = 0, max = 10_000 } = size;
  const name = `SEQUENCE OF ${codec.name}`;
  const withTag = (tag: number): TaggedCodec<readonly T[]> => ({
    name,
    tag,
    withTag,
    starts: (other) => other === tag,
    decode(reader) {
      const start = reader.position;
      const outer = reader.enter(tag);
      const values: T[] = [];
      while (reader.hasMore()) {
        if (values.length === max) reader.fail(`more than ${max} elements`);
        values.push(codec.decode(reader));
      }
      if (values.length < min) reader.fail(`fewer than ${min} elements`);
      reader.leave(outer);
      return remember(values, reader, start);
    },
    encode(writer, values) {
      const mark = writer.mark();
      values.reduceRight<void>((_, value) => codec.encode(writer, value), undefined);
      writer.header(tag, mark);
    },
  });
  return withTag(SEQUENCE);
}

/** SET OF: elements sorted by their encodings, as DER wants; never empty where PKIX uses it. */
export function setOf<T>(codec: Codec<T>): TaggedCodec<readonly T[]> {
  const withTag = (tag: number): TaggedCodec<readonly T[]> => ({
    name: `SET OF ${codec.name}`,
    tag,
    withTag,
    starts: (other) => other === tag,
    decode(reader) {
      const first = reader.position;
      const outer = reader.enter(tag);
      const values: T[] = [];
      let previous: Uint8Array | undefined;
      while (reader.hasMore()) {
        const start = reader.position;
        values.push(codec.decode(reader));
        const element = reader.bytes.subarray(start, reader.position);
        if (previous && Buffer.compare(previous, element) > 0) reader.fail('SET OF is not sorted');
        previous = element;
      }
      if (values.length === 0) reader.fail('SET OF is empty');
      reader.leave(outer);
      return remember(values, reader, first);
    },
    encode(writer, values) {
      const mark = writer.mark();
      if (values.length === 1) {
        // Nearly always, as in names, where there is nothing to sort.
        for (const value of values) codec.encode(writer, value);
      } else {
        // H14: DER sorts a SET OF.
        const elements = values.map((value) => toDer(codec, value)).toSorted(Buffer.compare);
        for (const element of elements.toReversed()) writer.octets(element);
      }
      writer.header(tag, mark);
    },
  });
  return withTag(0x31);
}

/** CHOICE: the value is `{ type, value }` with the name of the alternative. */
export function choice<T extends { readonly type: string; readonly value: unknown }>(
  name: string,
  alternatives: { readonly [K in T['type']]: Codec<Extract<T, { type: K }>['value']> },
): Codec<T> {
  const list = Object.entries<Codec<unknown>>(alternatives);
  const byName = new Map(list);
  // Found once for each tag, which decides alone; a peer can make up no more than 256 of them.
  const byTag = new Map<number, (typeof list)[number] | undefined>();
  const alternative = (tag: number): (typeof list)[number] | undefined => {
    const known = byTag.get(tag);
    if (known !== undefined) return known;
    const found = list.find(([, codec]) => codec.starts(tag));
    byTag.set(tag, found);
    return found;
  };
  return {
    name,
    starts: (tag) => alternative(tag) !== undefined,
    decode(reader) {
      const start = reader.position;
      const tag = reader.peekTag();
      const found = alternative(tag);
      if (!found) return reader.fail(`${name} has no alternative with tag 0x${tag.toString(16)}`);
      const [type, codec] = found;
      return made(remember({ type, value: codec.decode(reader) }, reader, start));
    },
    encode(writer, { type, value }) {
      const codec = byName.get(type);
      if (!codec)
        throw new CertError('INTERNAL', `Cannot encode ${name}: no alternative "${type}"`);
      codec.encode(writer, value);
    },
  };
}

/** `[n] EXPLICIT`: a constructed wrapper around the whole inner element. */
export function explicit<T>(number: number, codec: Codec<T>): Codec<T> {
  const tag = 0xa0 | number;
  return {
    name: codec.name,
    starts: (other) => other === tag,
    decode(reader) {
      const outer = reader.enter(tag);
      const value = codec.decode(reader);
      reader.leave(outer);
      return value;
    },
    encode(writer, value) {
      const mark = writer.mark();
      codec.encode(writer, value);
      writer.header(tag, mark);
    },
  };
}

/** `[n] IMPLICIT`: the tag replaces the inner one. A CHOICE has no tag to replace, and does not compile here. */
export function implicit<T>(number: number, codec: TaggedCodec<T>): Codec<T> {
  return codec.withTag(0x80 | (codec.tag & 0x20) | number);
}

/** OPTIONAL. */
export function optional<T>(codec: Codec<T>): OptionalField<T> {
  return { presence: 'optional', codec };
}

/** DEFAULT: refused when it is written out (DER), except where certificates are tolerated. */
export function defaulted<T extends boolean | number>(codec: Codec<T>, value: T): DefaultField<T> {
  return { presence: 'default', codec, value };
}

/**
 * Change what a codec's values look like; the octets stay the same. An object that `decode` gives is a new
 * one each time: it remembers its octets.
 */
export function mapped<A, B>(
  codec: TaggedCodec<A>,
  map: { readonly name?: string; decode(a: A, reader: DerReader): B; encode(b: B): A },
): TaggedCodec<B> {
  const around = (inner: Codec<A>): Codec<B> => ({
    name: map.name ?? inner.name,
    starts: (tag) => inner.starts(tag),
    decode(reader) {
      const start = reader.position;
      const value = map.decode(inner.decode(reader), reader);
      if (typeof value === 'object' && value !== null) remember(value, reader, start);
      return value;
    },
    encode: (writer, value) => inner.encode(writer, map.encode(value)),
  });
  return { ...around(codec), tag: codec.tag, withTag: (tag) => around(codec.withTag(tag)) };
}

/** A codec used before it is declared (RFC 9810 nests PKIMessage in PKIBody). */
export function lazy<T>(name: string, get: () => Codec<T>): Codec<T> {
  return {
    name,
    starts: (tag) => get().starts(tag),
    decode: (reader) => get().decode(reader),
    encode: (writer, value) => get().encode(writer, value),
  };
}

/**
 * Take what was read by a table for the type the table declares. Every table was checked against it where
 * it was written: `Fields<T>` has each field with its type, `choice` each alternative.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- which T is for the caller's table to say
function made<T>(value: object): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return value as T;
}

// ── the octets a value was decoded from ────────────────────────────────────────────────────────────

const source = Symbol('source');

/** `owner` tells the value itself from a changed copy made by spreading it, which is not what was read. */
interface Source {
  readonly owner: object;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

interface Remembering {
  [source]?: Source;
}

function remember<T extends object>(value: T, reader: DerReader, start: number): T {
  const remembering: Remembering = value;
  remembering[source] = { owner: value, bytes: reader.bytes, start, end: reader.position };
  return value;
}

/** Find the octets a decoded structure came from, as a view; undefined for a value we made ourselves. */
export function sourceOf(value: object): Uint8Array | undefined {
  const { [source]: kept }: Remembering = value;
  return kept?.owner === value ? kept.bytes.subarray(kept.start, kept.end) : undefined;
}

/**
 * Give the octets a received structure came from. What is verified or hashed is always this, never a
 * re-encoding.
 *
 * @throws {CertError} INTERNAL when the value was not decoded
 */
export function rawOf(value: object): Uint8Array {
  const raw = sourceOf(value);
  if (!raw)
    throw new CertError('INTERNAL', 'Cannot give the octets of a value that was not decoded');
  return raw;
}

// ── fields ─────────────────────────────────────────────────────────────────────────────────────────

interface FieldAccess {
  /** Structure and field, for messages. */
  readonly where: string;
  decode(reader: DerReader, into: Record<string, unknown>): void;
  encode(writer: DerWriter, from: Partial<Record<string, unknown>>): void;
}

type AnyField = Codec<unknown> | OptionalField<unknown> | DefaultField<unknown>;

function listFields<T>(structure: string, fields: Fields<T>): readonly FieldAccess[] {
  return Object.entries<AnyField>(fields).map(([key, field]) => {
    const where = `${structure}.${key}`;
    if (!('presence' in field)) {
      return {
        where,
        decode(reader, into) {
          into[key] = field.decode(reader);
        },
        encode: (writer, from) => field.encode(writer, from[key]),
      };
    }
    const { codec } = field;
    if (field.presence === 'optional') {
      return {
        where,
        decode(reader, into) {
          if (codec.starts(reader.peekTag())) into[key] = codec.decode(reader);
        },
        encode(writer, from) {
          if (from[key] !== undefined) codec.encode(writer, from[key]);
        },
      };
    }
    return {
      where,
      decode(reader, into) {
        into[key] = field.value;
        if (!codec.starts(reader.peekTag())) return;
        into[key] = codec.decode(reader);
        if (into[key] === field.value)
          reader.tolerate('DEFAULT encoded', 'a DEFAULT is written out');
      },
      encode(writer, from) {
        // H14: DER leaves a DEFAULT out.
        if (from[key] !== field.value) codec.encode(writer, from[key]);
      },
    };
  });
}
