import type { Socket } from 'node:net';
import type SftpClient from 'ssh2-sftp-client';
import { CertError } from '../base/errors.ts';
import { bounded } from './bounded.ts';
import { connectTo } from './connect.ts';
import { checkLogin, secretText } from './credentials.ts';
import { broken, refused, serverText, unusable } from './failure.ts';
import { expectHostKey, type HostKeyExpectation } from './host-key-check.ts';
import type { HostKeys } from './host-keys.ts';
import { checkAnnounced, collectOctets } from './octets.ts';
import type { RetrievalRequest, Retriever } from './retriever.ts';
import { parseServerUrl, pathOf } from './url.ts';

/** What the library says of where we stand in a session. */
type Options = Parameters<SftpClient['connect']>[0];
type Session = Awaited<ReturnType<SftpClient['connect']>>;

/**
 * Fetch files by sftp, from servers whose host key is configured. A path is absolute; "/~/" at its beginning is
 * the home of the user. Symbolic links lead where the server has them lead.
 *
 * @param hostKeys whom to believe to be the server; without, nobody
 */
export function sftpRetriever(hostKeys: HostKeys | undefined): Retriever {
  return {
    retrieve: async (request) =>
      await bounded(request, async (signal) => await download(request, hostKeys, signal)),
  };
}

async function download(
  request: RetrievalRequest,
  hostKeys: HostKeys | undefined,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { url, limits } = request;
  const { host, port, ...parsed } = parseServerUrl(url);
  const decoded = pathOf({ host, port, ...parsed });
  const path = decoded.startsWith('~/') ? decoded.slice(2) : `/${decoded}`;
  const who = whoOf(request);
  const expected = await expectHostKey(hostKeys, { url, host, port });
  const { default: Sftp } = await import('ssh2-sftp-client');
  const socket = await connectTo({ host, port, url, limits, signal });
  // Its own would write to the console.
  const client = new Sftp('', { error: () => {}, end: () => {}, close: () => {} });
  try {
    const session = await openSession(client, socket, { ...who, ...expected.options }, request);
    const { isFile, size } = await client.stat(path);
    if (!isFile) throw refused(url, 'it is not a regular file', 'Give the URL of a file');
    checkAnnounced(request, size);
    return await read(session, path, size, request);
  } catch (error) {
    if (error instanceof CertError) throw error;
    throw verdict(expected, error, request);
  } finally {
    // Say goodbye, and do not wait for an answer.
    client.end().catch(() => {});
    socket.destroySoon();
  }
}

async function openSession(
  client: SftpClient,
  socket: Socket,
  options: Options,
  { url, limits, credentials }: RetrievalRequest,
): Promise<Session> {
  try {
    return await client.connect({
      ...options,
      sock: socket,
      readyTimeout: limits.totalTimeoutMs,
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    if (text.includes('authentication methods failed')) {
      throw refused(
        url,
        `the server refuses user "${credentials?.username ?? ''}"`,
        `Check the user and the ${credentials?.type === 'key' ? 'key' : 'password'}, and what the server asks for`,
      );
    }
    if (/privateKey|passphrase/i.test(text)) {
      // Without its cause, which has seen the key.
      throw new CertError('KEY_UNUSABLE', `Cannot use the private key for "${url}"`, {
        hint: 'Give an OpenSSH or PEM private key, and the passphrase if it has one',
      });
    }
    throw error;
  }
}

async function read(
  session: Session,
  path: string,
  size: number,
  request: RetrievalRequest,
): Promise<Uint8Array> {
  const octets = collectOctets(request);
  const stream = session.createReadStream(path);
  try {
    await new Promise<void>((resolve, reject) => {
      stream.on('data', (chunk: unknown) => {
        try {
          if (chunk instanceof Uint8Array) octets.add(chunk);
        } catch (error) {
          reject(error);
        }
      });
      stream.on('end', resolve).on('error', reject);
      session.on('close', () => reject(new Error('connection closed by the peer')));
    });
  } finally {
    stream.destroy();
  }
  return octets.take(size);
}

function whoOf({ url, credentials }: RetrievalRequest): Options {
  if (credentials === undefined) {
    throw unusable(
      url,
      'sftp has no anonymous users',
      'Give a user, and a password or a key: "certkeeper retrieval server" sets them',
    );
  }
  if (credentials.type === 'password') return { ...checkLogin(url, credentials) };
  const { username, privateKey, passphrase } = credentials;
  return {
    username,
    privateKey: secretText(url, privateKey),
    ...(passphrase && { passphrase: secretText(url, passphrase) }),
  };
}

/** Say what became of a session, the host key first: nothing else counts when that was wrong. */
function verdict(
  expected: HostKeyExpectation,
  error: unknown,
  request: RetrievalRequest,
): CertError {
  const { url } = request;
  const refusal = expected.refusal();
  if (refusal) return refusal;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const text = serverText(error instanceof Error ? error.message : String(error), request);
  switch (code) {
    // SSH_FX_NO_SUCH_FILE and SSH_FX_PERMISSION_DENIED of the draft that everybody implements.
    case 2:
    case 'ENOENT':
      // Without its cause: the server words that, and may repeat the password.
      return refused(url, 'no such file', 'Check the path of the URL; it begins at the root');
    case 3:
    case 'EACCES':
      return refused(url, 'permission denied', 'Check what the user may read');
    default:
      return typeof code === 'number'
        ? refused(url, `the server says "${text}"`, 'See the log of the server')
        : broken(url, text, error);
  }
}
