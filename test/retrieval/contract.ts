import { createSocket } from 'node:dgram';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { CertError, type ErrorCode } from '../../src/base/errors.ts';
import type { PeerPackageName } from '../../scripts/peer-packages.ts';
import type { Credentials, RetrievalRequest, Retriever } from '../../src/retrieval/retriever.ts';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { openHostileServer, unusedPort } from '../http/hostile-server.ts';

/** A server that has the files of the contract, and what fetches them. */
export interface Scene {
  readonly retriever: Retriever;
  urlOf(name: string): string;
  readonly credentials?: Credentials;
  /** The same with a wrong secret. */
  readonly wrong?: Credentials;
  /** What is said of a file that is not there. */
  readonly missing: ErrorCode;
  /** A URL of the scheme that leads to another port of loopback; absent when there is no network. */
  at?(port: number): string;
  /** What a server says before a client does, where it begins. */
  readonly greeting?: string;
  close(): Promise<void>;
}

/** The files a scene has; none is empty, because a value of LDAP is not. */
export const contractFiles: Readonly<Record<string, Uint8Array>> = {
  one: Uint8Array.of(0x0a),
  // Every octet, and what text modes change.
  every: Buffer.concat([
    Uint8Array.from({ length: 256 }, (_, i) => i),
    Buffer.from('\r\n\n\r\r\0\u00ff\u00ff\u00f4\u001a', 'latin1'),
  ]),
  // Two blocks of tftp, with its default and with ours, and not an octet more.
  blocks: pattern(1428 * 512),
  large: pattern(300_001),
};

const limits = { maxBytes: 2_000_000, connectTimeoutMs: 10_000, totalTimeoutMs: 30_000 };

/** What is not the same of all retrievers. */
export interface Traits {
  readonly network: 'tcp' | 'udp' | 'none';
  /** What is said of a wrong secret; absent in protocols that have none. */
  readonly wrongUser?: ErrorCode;
  /** Packages without which the scene cannot be made. */
  readonly peers?: readonly PeerPackageName[];
}

/** What all retrievers have in common. */
export function retrieverContract(
  make: (files: Readonly<Record<string, Uint8Array>>) => Promise<Scene>,
  { network, wrongUser, peers = [] }: Traits,
): void {
  let made: Scene | undefined;
  beforeAll(async () => {
    if (peers.every(hasPeer)) made = await make(contractFiles);
  });
  afterAll(async () => await made?.close());
  beforeEach((context) => {
    for (const peer of peers) requirePeer(context, peer);
  });

  const scene = (): Scene => {
    if (made === undefined) throw new Error('no scene');
    return made;
  };
  const fetch = async (name: string, more: Partial<RetrievalRequest> = {}): Promise<Uint8Array> => {
    const { retriever, urlOf, credentials } = scene();
    return await retriever.retrieve({
      url: urlOf(name),
      limits,
      ...(credentials && { credentials }),
      ...more,
    });
  };

  it.each(Object.keys(contractFiles))('fetches a file octet for octet: %s', async (name) => {
    const file = await fetch(name);
    expect(Buffer.from(file).equals(contractFiles[name] ?? Buffer.alloc(0))).toBe(true);
  });

  it('fetches several at once', async () => {
    const names = ['one', 'every', 'large', 'one'];
    const files = await Promise.all(names.map(async (name) => await fetch(name)));
    expect(files.map(({ length }) => length)).toEqual(
      names.map((name) => contractFiles[name]?.length),
    );
  });

  it.each(['every', 'large'])(
    'takes a file of just as many octets as allowed: %s',
    async (name) => {
      const maxBytes = contractFiles[name]?.length ?? 0;
      expect(await fetch(name, { limits: { ...limits, maxBytes } })).toHaveLength(maxBytes);
    },
  );

  it.each(['every', 'large'])('refuses a file of one octet more: %s', async (name) => {
    const maxBytes = (contractFiles[name]?.length ?? 0) - 1;
    const error = await failure(fetch(name, { limits: { ...limits, maxBytes } }));
    expect(error.code, error.message).toBe('RESPONSE_TOO_LARGE');
    expect(error.message).toContain(`at most ${maxBytes} octets`);
  });

  it('says that a file is not there, and what to do', async () => {
    const error = await failure(fetch('absent'));
    expect(error.code, error.message).toBe(scene().missing);
    expect(error.message).toContain('absent');
    expect(error.hint).toBeTruthy();
  });

  it('fetches nothing when it is aborted before', async () => {
    const reason = new Error('no more');
    await expect(fetch('one', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  const bench = { scene, fetch };
  if (wrongUser !== undefined) userContract(bench, wrongUser);
  if (network !== 'none') networkContract(bench, network === 'udp');
}

interface Bench {
  scene(): Scene;
  fetch(name: string, more?: Partial<RetrievalRequest>): Promise<Uint8Array>;
}

/** What those have in common that tell a server who we are. */
function userContract({ scene, fetch }: Bench, wrongUser: ErrorCode): void {
  it('says that the server refuses the user, and nothing of the secret', async () => {
    const { wrong } = scene();
    if (wrong === undefined) throw new Error('no wrong secret');
    const error = await failure(fetch('one', { credentials: wrong }));
    expect(error.code, error.message).toBe(wrongUser);
    expect(error.hint).toBeTruthy();
    for (const secret of secretsOf(wrong)) {
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(secret);
    }
  });
}

/** What those have in common that go over a network. */
function networkContract({ scene, fetch }: Bench, isUdp: boolean): void {
  const at = (port: number): string => {
    const url = scene().at?.(port);
    if (url === undefined) throw new Error('no URL');
    return url;
  };

  it('refuses a URL with a password in it, and does not show that', async () => {
    const error = await failure(fetch('one', { url: at(9).replace('://', '://agent:pr1vate@') }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(inspect(error, { depth: Infinity })).not.toContain('pr1vate');
  });

  it('says that nobody listens', async () => {
    const url = at(await unusedPort());
    const short = { ...limits, ...(isUdp && { connectTimeoutMs: 100 }) };
    const error = await failure(fetch('one', { url, limits: short }));
    expect(error.code, error.message).toBe(isUdp ? 'NETWORK_TIMEOUT' : 'NETWORK_UNREACHABLE');
    expect(error.message).toContain(url);
    expect(error.hint).toBeTruthy();
  });

  it('does not wait longer than allowed for a server that says nothing, and hangs up', async () => {
    const silent = await openSilentServer(isUdp, scene().greeting);
    const short = { ...limits, totalTimeoutMs: 200 };
    const error = await failure(fetch('one', { url: at(silent.port), limits: short }));
    expect(error.code, error.message).toBe('NETWORK_TIMEOUT');
    await silent.isLeft;
  });

  it('ends at once when it is aborted, and hangs up', async () => {
    const silent = await openSilentServer(isUdp, scene().greeting);
    const control = new AbortController();
    const fetched = fetch('one', { url: at(silent.port), signal: control.signal });
    const reason = new Error('no more');
    void silent.isAsked.then(() => control.abort(reason));
    await expect(fetched).rejects.toBe(reason);
    await silent.isLeft;
  });
}

/** What a failed retrieval throws: always a CertError. */
export async function failure(fetched: Promise<unknown>): Promise<CertError> {
  const error = await fetched.then(
    () => new Error('it was fetched'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof CertError) return error;
  throw error;
}

interface SilentServer {
  readonly port: number;
  /** Resolved when somebody came and said something. */
  readonly isAsked: Promise<void>;
  /** Resolved when he left; at once where nobody can tell. */
  readonly isLeft: Promise<void>;
}

async function openSilentServer(isUdp: boolean, greeting = ''): Promise<SilentServer> {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  if (isUdp) {
    const socket = createSocket('udp4', () => asked.resolve());
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    onTestFinished(() => void socket.close());
    return { port: socket.address().port, isAsked: asked.promise, isLeft: Promise.resolve() };
  }
  const server = await openHostileServer((socket) => {
    socket.on('close', () => left.resolve()).once('data', () => asked.resolve());
    socket.write(greeting);
  });
  onTestFinished(() => server.close());
  return { port: server.port, isAsked: asked.promise, isLeft: left.promise };
}

function secretsOf(credentials: Credentials): readonly string[] {
  if (credentials.type === 'password') return [Buffer.from(credentials.password).toString()];
  return Buffer.from(credentials.privateKey)
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('-'));
}

function pattern(length: number): Uint8Array {
  // Of a period that is no power of two, so that blocks in the wrong order are seen.
  return Uint8Array.from({ length }, (_, i) => (i * 7 + Math.floor(i / 251)) & 0xff);
}
