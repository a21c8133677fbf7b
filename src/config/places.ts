import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { decodePem, looksLikePem } from '../asn1/pem.ts';
import { toHex, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { reasonIn } from '../base/reason-in.ts';
import { digest } from '../crypto/digest.ts';
import { reasonOf } from '../deploy/delivery-error.ts';
import { looksLikeUrl } from '../retrieval/url.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import type { ConfigContext } from './entry.ts';
import type { Path } from './fault.ts';

/** 4 MiB, as for the commands: no bundle of anchors comes near this. */
const maxFileOctets = 4_194_304;

/** Make a path of the file whole: it counts from where the file is. */
export function absolute(path: string, { base }: Pick<ConfigContext, 'base'>): string {
  return isAbsolute(path) ? path : join(base, path);
}

/** Make the path of a `file:` source whole. */
export function absoluteSource(source: string, context: Pick<ConfigContext, 'base'>): string {
  return source.startsWith('file:') ? `file:${absolute(source.slice(5), context)}` : source;
}

/** Run a check, and take an error of it down as a fault. */
export async function faultOf<T>(
  { faults }: Pick<ConfigContext, 'faults'>,
  path: Path,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    faults.add(path, error.message.replace(/^Cannot run "[^"]*": /, ''), error.hint);
    return undefined;
  }
}

/** Write which certificates are stored, so that a file can name them again: by fingerprint. */
export function fingerprints(ders: readonly Uint8Array[]): readonly string[] {
  return ders.map((der) => `sha256:${toHex(digest('sha256', der))}`);
}

/**
 * Read the certificates that a file names: PEM in it, paths, or `sha256:` and the fingerprint of one that is stored.
 *
 * @param known those that are stored
 */
export async function certificatesIn(
  context: ConfigContext,
  texts: readonly string[],
  known: readonly Uint8Array[],
  path: Path,
): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = [];
  for (const [i, text] of texts.entries()) {
    const at = texts.length === 1 ? path : [...path, i];
    const ders = await faultOf(context, at, () => read(context, text, known));
    all.push(...(ders ?? []));
  }
  return all;
}

function refuse(why: string, hint: string): CertError {
  return new CertError('CONFIG_INVALID', why, { hint });
}

async function read(
  context: ConfigContext,
  text: string,
  known: readonly Uint8Array[],
): Promise<readonly Uint8Array[]> {
  if (text.includes('-----BEGIN')) return certificatesOf(utf8(text), 'what is here');
  const [, digits] = /^sha256:([0-9a-f]{64})$/i.exec(text) ?? [];
  if (digits !== undefined) {
    const found = known.find((der) => fingerprints([der])[0] === `sha256:${digits.toLowerCase()}`);
    if (found !== undefined) return [found];
    throw refuse(
      'no certificate with that fingerprint is stored here',
      'Give its file, or its PEM; "config show pem" prints that where it is stored',
    );
  }
  if (looksLikeUrl(text)) {
    throw refuse(
      'certificates to be trusted are not fetched for this file',
      'Give a file, or PEM; "ca add" can fetch',
    );
  }
  const file = absolute(text, context);
  let octets: Uint8Array;
  try {
    const { size } = await stat(file).then((found) => {
      if (!found.isFile()) throw new Error('it is no file');
      return found;
    });
    if (size > maxFileOctets) throw new Error(`it is over ${maxFileOctets >> 20} MiB`);
    octets = await readFile(file);
  } catch (cause) {
    throw refuse(`"${file}" cannot be read: ${reasonOf(cause)}`, 'Name a file this user can read');
  }
  return certificatesOf(octets, `"${file}"`);
}

function certificatesOf(octets: Uint8Array, what: string): readonly Uint8Array[] {
  try {
    const ders = looksLikePem(octets)
      ? decodePem(new TextDecoder().decode(octets)).flatMap(({ label, der }) =>
          label === 'CERTIFICATE' ? [der] : [],
        )
      : [octets];
    for (const der of ders) decodeCertificate(der);
    if (ders.length > 0) return ders;
    throw new CertError('PEM_MALFORMED', 'there is no certificate in it');
  } catch (cause) {
    if (!(cause instanceof CertError)) throw cause;
    throw new CertError('PEM_MALFORMED', `${what} is no certificate: ${reasonIn(cause)}`, {
      hint: 'Give an X.509 certificate as PEM or DER',
    });
  }
}
