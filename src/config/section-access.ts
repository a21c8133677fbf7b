import { access, constants } from 'node:fs/promises';
import { CertError } from '../base/errors.ts';
import { reasonOf } from '../deploy/delivery-error.ts';
import {
  assertUseful,
  listServers,
  originOf,
  putServer,
  removeServer,
  type RetrievalServer,
} from '../lifecycle/retrieval-servers.ts';
import { checkedLabel, listTokens, putToken, removeToken } from '../lifecycle/token-settings.ts';
import { checkFingerprints } from '../retrieval/host-keys.ts';
import { parseServerUrl } from '../retrieval/url.ts';
import type { Store } from '../store/store.ts';
import {
  compare,
  type Change,
  type ConfigContext,
  type Entry,
  type WantedEntry,
  type Words,
} from './entry.ts';
import { absolute, absoluteSource, certificatesIn, faultOf, fingerprints } from './places.ts';
import type { RetrievalWords, TokenWords } from './words-settings.ts';

/** The servers that files are fetched from, as the file would have them. */
export async function storedServers(store: Store): Promise<readonly Entry[]> {
  return (await listServers(store)).map((server) => ({
    path: [server.origin],
    words: serverWords(server),
  }));
}

function serverWords(server: RetrievalServer): Words {
  const { fingerprints: hostKeys, tlsRoots, keySource } = server;
  return {
    user: server.username,
    password: server.passwordSource,
    'key-file': keySource?.replace(/^file:/, ''),
    'key-password': server.passphraseSource,
    'host-key': hostKeys.length === 0 ? undefined : hostKeys,
    'known-hosts': server.knownHosts,
    'tls-root': tlsRoots.length === 0 ? undefined : fingerprints(tlsRoots),
  };
}

/** Compare the servers that files are fetched from with those of the file. */
export async function compareServers(
  context: ConfigContext,
  file: Readonly<Record<string, RetrievalWords>>,
): Promise<readonly Change[]> {
  const { store } = context;
  const known = await listServers(store);
  const wanted: WantedEntry[] = [];
  for (const [url, words] of Object.entries(file)) {
    const path = ['retrieval', url];
    const server = await faultOf(context, path, async () => {
      const origin = serverOrigin(url);
      const before = known.find((each) => each.origin === origin);
      const made = await serverOf(context, origin, words, before, path);
      assertUseful(made);
      return made;
    });
    if (server === undefined) continue;
    if (wanted.some(({ path: [other] }) => other === server.origin)) {
      context.faults.add(path, `"${server.origin}" is there twice`);
      continue;
    }
    wanted.push({
      path: [server.origin],
      words: serverWords(server),
      put: () => putServer(store, server),
    });
  }
  return compare({
    section: 'retrieval',
    before: await storedServers(store),
    wanted,
    remove: async ([origin = '']) => void (await removeServer(store, origin)),
  });
}

function serverOrigin(url: string): string {
  const { rest } = parseServerUrl(url);
  if (rest === '' || rest === '/') return originOf(url);
  throw new CertError('CONFIG_INVALID', 'it has a path', {
    hint: 'What is set holds for all files of a server: SCHEME://HOST or SCHEME://HOST:PORT',
  });
}

async function serverOf(
  context: ConfigContext,
  origin: string,
  words: RetrievalWords,
  before: RetrievalServer | undefined,
  path: readonly string[],
): Promise<RetrievalServer> {
  const at = (source: string): string => absoluteSource(source, context);
  const keyFile = words['key-file'];
  const keyPassword = words['key-password'];
  const knownHosts = words['known-hosts'];
  const hostKeys = words['host-key'] ?? [];
  return {
    origin,
    ...(words.user !== undefined && { username: words.user }),
    ...(words.password !== undefined && { passwordSource: at(words.password) }),
    ...(keyFile !== undefined && { keySource: at(`file:${keyFile}`) }),
    ...(keyPassword !== undefined && { passphraseSource: at(keyPassword) }),
    fingerprints: hostKeys.length === 0 ? [] : checkFingerprints(hostKeys),
    ...(knownHosts !== undefined && { knownHosts: absolute(knownHosts, context) }),
    tlsRoots: await certificatesIn(context, words['tls-root'] ?? [], before?.tlsRoots ?? [], [
      ...path,
      'tls-root',
    ]),
  };
}

/** The tokens as the file would have them. */
export async function storedTokens(store: Store): Promise<readonly Entry[]> {
  return (await listTokens(store)).map(({ token, modulePath, pinSource }) => ({
    path: [token],
    words: { module: modulePath, pin: pinSource },
  }));
}

/** Compare the tokens with those of the file. */
export async function compareTokens(
  context: ConfigContext,
  file: Readonly<Record<string, TokenWords>>,
): Promise<readonly Change[]> {
  const { store } = context;
  const wanted: WantedEntry[] = [];
  for (const [label, words] of Object.entries(file)) {
    const path = ['tokens', label];
    const token = await faultOf(context, path, () => checkedLabel(label));
    if (token === undefined) continue;
    const modulePath = absolute(words.module, context);
    const pinSource = words.pin === undefined ? undefined : absoluteSource(words.pin, context);
    wanted.push({
      path: [token],
      words: { module: modulePath, pin: pinSource },
      check: () => faultOf(context, path, () => assertModule(modulePath)),
      put: () =>
        putToken(store, { token, modulePath, ...(pinSource !== undefined && { pinSource }) }),
    });
  }
  return compare({
    section: 'tokens',
    before: await storedTokens(store),
    wanted,
    remove: async ([token = '']) => void (await removeToken(store, token)),
  });
}

async function assertModule(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new CertError('CONFIG_INVALID', `"${path}" cannot be read: ${reasonOf(cause)}`, {
      hint: 'Name the shared library that came with the token',
    });
  }
}
