import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { hostPortText } from '../base/host-port.ts';
import { checkFingerprints, type HostKeys } from '../retrieval/host-keys.ts';
import type { RetrievalSettings } from '../retrieval/retrieve.ts';
import type { Credentials } from '../retrieval/retriever.ts';
import { parseServerUrl, schemeOf, type Scheme } from '../retrieval/url.ts';
import type { Store } from '../store/store.ts';

/** A server that files are fetched from: who to say we are, and whom to believe there. */
export interface RetrievalServer {
  /** "sftp://files.example:22" */
  readonly origin: string;
  readonly username?: string;
  /** Where the password is, as `file:PATH`, `env:NAME`, `cred:NAME` or `prompt`; never the password. */
  readonly passwordSource?: string;
  /** Where the private key is, in the same words; sftp only. */
  readonly keySource?: string;
  /** Where the passphrase of that key is. */
  readonly passphraseSource?: string;
  /** Fingerprints of its host keys; sftp only. */
  readonly fingerprints: readonly string[];
  /** Path of a known_hosts file; sftp only. */
  readonly knownHosts?: string;
  /** DER of the anchors of its certificate, in place of those of the system; https and ldaps. */
  readonly tlsRoots: readonly Uint8Array[];
}

/** Who is asking for one file, where that is not left to the settings. */
export interface Asking {
  readonly credentials?: Credentials;
  readonly username?: string;
}

/** Get a secret from where it is; as the `pin` of `compose`. */
export type SecretReader = (source: string, what: string) => Promise<Uint8Array>;

const prefix = 'retrieval server ';

/**
 * Name the server of a URL, in one way for all URLs of it.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export function originOf(url: string): string {
  const { scheme, host, port } = parseServerUrl(url);
  return `${scheme}://${hostPortText({ host: host.toLowerCase(), port })}`;
}

/** List the servers that are set up, by origin. */
export async function listServers({ settings }: Store): Promise<readonly RetrievalServer[]> {
  const all = await settings.list();
  return [...all]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => parseServer(key.slice(prefix.length), value))
    .toSorted((a, b) => (a.origin < b.origin ? -1 : 1));
}

/**
 * Set up a server, in place of what was set for it.
 *
 * @throws {CertError} CONFIG_INVALID: a fingerprint that is none
 */
export async function putServer({ settings }: Store, server: RetrievalServer): Promise<void> {
  await settings.set(prefix + server.origin, formatServer(server));
}

/** Forget a server. `false` when it was not set up. */
export async function removeServer({ settings }: Store, origin: string): Promise<boolean> {
  return await settings.remove(prefix + origin);
}

/**
 * Refuse what the scheme of a server has no use for: it would be believed to protect something.
 *
 * @throws {CertError} USAGE_INVALID
 */
export function assertUseful(server: RetrievalServer): void {
  const { origin, username, passwordSource, keySource, passphraseSource } = server;
  const { fingerprints, knownHosts, tlsRoots } = server;
  const scheme = schemeOf(origin);
  const refuse = (what: string, where: string): never => {
    throw new CertError('USAGE_INVALID', `Cannot use ${what} for "${origin}": it is for ${where}`);
  };
  const isAny = (...schemes: readonly Scheme[]): boolean => schemes.includes(scheme);
  if (keySource !== undefined && !isAny('sftp')) refuse('key-file', 'sftp only');
  if (fingerprints.length > 0 && !isAny('sftp')) refuse('host-key', 'sftp only');
  if (knownHosts !== undefined && !isAny('sftp')) refuse('known-hosts', 'sftp only');
  if (tlsRoots.length > 0 && !isAny('https', 'ldaps')) refuse('tls-root', 'https and ldaps');
  if (username !== undefined && isAny('tftp')) refuse('user', 'servers that ask for one');
  if (username === undefined && (passwordSource ?? keySource) !== undefined) {
    throw new CertError('USAGE_INVALID', 'Cannot use password or key-file without user', {
      hint: 'Give the user they belong to: user NAME',
    });
  }
  if (passphraseSource !== undefined && keySource === undefined) {
    throw new CertError('USAGE_INVALID', 'Cannot use key-password without key-file');
  }
}

/**
 * Find how the server of a URL is got at: with what came with the URL, else as it was set up.
 *
 * @throws {CertError} CONFIG_INVALID, SECRET_UNAVAILABLE
 */
export async function accessOf(
  store: Store,
  url: string,
  asking: Asking,
  secret: SecretReader,
): Promise<RetrievalSettings & { readonly credentials?: Credentials }> {
  if (schemeOf(url) === 'file') return {};
  const origin = originOf(url);
  const value = await store.settings.get(prefix + origin);
  const server = parseServer(origin, value ?? '');
  const credentials = asking.credentials ?? (await credentialsOf(server, asking.username, secret));
  const hostKeys = hostKeysOf(server);
  return {
    ...(credentials && { credentials }),
    ...(hostKeys && { hostKeys }),
    ...(server.tlsRoots.length > 0 && { route: { tls: { anchors: server.tlsRoots } } }),
  };
}

async function credentialsOf(
  server: RetrievalServer,
  asked: string | undefined,
  secret: SecretReader,
): Promise<Credentials | undefined> {
  const username = asked ?? server.username;
  if (username === undefined) return undefined;
  const what = (of: string): string => `${of} of "${username}" at ${server.origin}`;
  // What is set for one user is not shown in the name of another.
  const set = server.username === username ? server : undefined;
  if (set?.keySource !== undefined) {
    const passphrase =
      set.passphraseSource === undefined
        ? undefined
        : await secret(set.passphraseSource, what('passphrase'));
    const privateKey = await secret(set.keySource, what('private key'));
    return { type: 'key', username, privateKey, ...(passphrase && { passphrase }) };
  }
  const password = await secret(set?.passwordSource ?? 'prompt', what('password'));
  return { type: 'password', username, password };
}

function hostKeysOf({ fingerprints, knownHosts }: RetrievalServer): HostKeys | undefined {
  if (knownHosts !== undefined) return { type: 'known-hosts', path: knownHosts };
  return fingerprints.length === 0 ? undefined : { type: 'fingerprints', fingerprints };
}

/** One value, so that it is written whole or not at all. */
function formatServer(server: RetrievalServer): string {
  const { username, passwordSource, keySource, passphraseSource, knownHosts } = server;
  const fields = new URLSearchParams();
  for (const [field, value] of [
    ['user', username],
    ['password', passwordSource],
    ['key', keySource],
    ['passphrase', passphraseSource],
    ['known-hosts', knownHosts],
  ] as const) {
    if (value !== undefined) fields.set(field, value);
  }
  const { fingerprints, tlsRoots } = server;
  for (const each of fingerprints.length === 0 ? [] : checkFingerprints(fingerprints)) {
    fields.append('host-key', each);
  }
  for (const der of tlsRoots) fields.append('tls-root', asBuffer(der).toString('base64'));
  return fields.toString();
}

function parseServer(origin: string, value: string): RetrievalServer {
  const fields = new URLSearchParams(value);
  const username = fields.get('user');
  const passwordSource = fields.get('password');
  const keySource = fields.get('key');
  const passphraseSource = fields.get('passphrase');
  const knownHosts = fields.get('known-hosts');
  return {
    origin,
    ...(username !== null && { username }),
    ...(passwordSource !== null && { passwordSource }),
    ...(keySource !== null && { keySource }),
    ...(passphraseSource !== null && { passphraseSource }),
    fingerprints: fields.getAll('host-key'),
    ...(knownHosts !== null && { knownHosts }),
    tlsRoots: fields.getAll('tls-root').map((text) => new Uint8Array(Buffer.from(text, 'base64'))),
  };
}
