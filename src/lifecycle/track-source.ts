import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { findPemTexts, looksLikePem } from '../asn1/pem.ts';
import { readCredentialFile } from '../pkcs/credential-file.ts';
import { splitUserinfo } from '../retrieval/url.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';
import type { LifecycleContext } from './context.ts';

/** What reading a source needs beside the context. */
export interface TrackReader extends Pick<LifecycleContext, 'signal'> {
  /** Fetch a file by its absolute path or URL. */
  retrieve(
    url: string,
    options: { readonly username?: string; readonly signal?: AbortSignal },
  ): Promise<Uint8Array>;
}

const servicePrefix = 'tls://';

/**
 * Write down a TLS service as a source.
 *
 * @param endpoint `HOST:PORT`, an IPv6 address in brackets
 * @throws {CertError} USAGE_INVALID
 */
export function serviceSource(endpoint: string): string {
  const source = servicePrefix + endpoint;
  if (placeOf(source)) return source;
  throw new CertError(
    'USAGE_INVALID',
    `Cannot track ${JSON.stringify(endpoint)}: it is no HOST:PORT`,
    { hint: 'Give it as in www.example.com:443 or [::1]:443' },
  );
}

/**
 * Read what a source holds now: the certificates of a file or URL (what keys are in it is not looked at), or the one a
 * TLS service shows.
 *
 * @param source an absolute path, a URL, or what `serviceSource` gave
 * @throws {CertError} PEM_MALFORMED, NETWORK_UNREACHABLE for a service, and what `retrieve` throws
 */
export async function readTrackSource(
  source: string,
  { retrieve, signal }: TrackReader,
): Promise<readonly Certificate[]> {
  const place = placeOf(source);
  if (place) return [await readService(place)];
  // The password is set for the server; where one was written into the URL, it was refused.
  const { url, username } = splitUserinfo(source);
  const octets = await retrieve(url, {
    ...(username !== undefined && { username }),
    ...(signal && { signal }),
  });
  return readCredentialFile(withoutKeys(octets, url), { path: url }).certificates;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

function placeOf(source: string): Place | undefined {
  if (!source.startsWith(servicePrefix)) return undefined;
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#@[\]]+)):(\d{1,5})$/i.exec(
      source.slice(servicePrefix.length),
    ) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

async function readService({ host, port }: Place): Promise<Certificate> {
  const { servedBy } = await import('../deploy/probe.ts');
  const isAddress = host.includes(':') || /^[\d.]+$/.test(host);
  try {
    // RFC 6066 section 3: addresses are no server names.
    const der = await servedBy({ host, port, ...(!isAddress && { serverName: host }) });
    return decodeCertificate(der);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CertError(
      'NETWORK_UNREACHABLE',
      `Cannot read the certificate of ${host}:${port}: ${why}`,
      { cause, hint: 'Check that a TLS service listens there' },
    );
  }
}

/** A key that stands beside the certificate in a PEM file is no business of ours. */
function withoutKeys(octets: Uint8Array, url: string): Uint8Array {
  if (!looksLikePem(octets)) return octets;
  const blocks = findPemTexts(asBuffer(octets).toString('utf8'), (label) =>
    certificateLabels.has(label),
  );
  if (blocks.length === 0) {
    throw new CertError('PEM_MALFORMED', `Cannot read "${url}": there is no certificate in it`, {
      hint: 'Give the file that the certificate is in',
    });
  }
  return new TextEncoder().encode(blocks.map(({ text }) => `${text}\n`).join(''));
}

/** RFC 7468 section 5.1 has the first; the other two are what older tools write. */
const certificateLabels: ReadonlySet<string> = new Set([
  'CERTIFICATE',
  'X509 CERTIFICATE',
  'TRUSTED CERTIFICATE',
]);
