import { Writable } from 'node:stream';
import type { Client, FTPContext } from 'basic-ftp';
import { CertError } from '../base/errors.ts';
import { bounded } from './bounded.ts';
import { connectTo, type Target } from './connect.ts';
import { loginOf, type Login } from './credentials.ts';
import { broken, refused, serverText, unusable } from './failure.ts';
import { checkAnnounced, collectOctets } from './octets.ts';
import type { RetrievalRequest, Retriever } from './retriever.ts';
import { parseServerUrl, pathOf } from './url.ts';

/** RFC 1635. */
const anonymous: Login = { username: 'anonymous', password: 'anonymous@' };

/**
 * Fetches files by ftp (RFC 959): passive, binary, one file a session. A path is relative to where the login
 * leads; "/%2F" at its beginning is the root of the server (RFC 1738 section 3.2.2).
 */
export const ftpRetriever: Retriever = {
  retrieve: async (request) =>
    await bounded(request, async (signal) => await download(request, signal)),
};

async function download(request: RetrievalRequest, signal: AbortSignal): Promise<Uint8Array> {
  const { url, limits } = request;
  const parsed = parseServerUrl(url);
  const path = withoutType(pathOf(parsed), url);
  const login = loginOf(request) ?? anonymous;
  const target: Target = { host: parsed.host, port: parsed.port, url, limits, signal };
  const { Client: FtpClient } = await import('basic-ftp');
  const socket = await connectTo(target);
  // Without timeouts of its own: the limits of the request are ours to keep.
  const client = new FtpClient(0);
  try {
    client.ftp.socket = socket;
    client.prepareTransfer = async (ftp) => await openData(ftp, target);
    await greeted(client);
    await logIn(client, login, url);
    await client.send('TYPE I');
    const size = await sizeOf(client, path);
    if (size !== undefined) checkAnnounced(request, size);
    const octets = collectOctets(request);
    const sink = new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        try {
          octets.add(chunk);
          done();
        } catch (error) {
          done(error instanceof Error ? error : new Error('refused'));
        }
      },
    });
    sink.on('error', () => {});
    await client.downloadTo(sink, path);
    return octets.take(size);
  } catch (error) {
    throw error instanceof CertError ? error : ftpError(error, request);
  } finally {
    client.close();
  }
}

/** Wait for the greeting, on the connection that is there already. */
async function greeted(client: Client): Promise<void> {
  await client.ftp.handle(undefined, (answer, task) => {
    if (answer instanceof Error) task.reject(answer);
    else if (answer.code >= 200 && answer.code < 300) task.resolve(answer);
    else task.reject(new Error(`it is not ready (${answer.code})`));
  });
}

async function logIn(client: Client, { username, password }: Login, url: string): Promise<void> {
  try {
    await client.login(username, password);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || code === 421) throw error;
    // Without its text, which may repeat the password.
    throw refused(
      url,
      `the server refuses user "${username}" (${code})`,
      'Check user and password; without any, the login is anonymous',
    );
  }
}

/** RFC 3659 section 4; some servers do not know it, and some tell it to nobody. */
async function sizeOf(client: Client, path: string): Promise<number | undefined> {
  try {
    const { message } = await client.send(`SIZE ${path}`);
    const digits = /^213 +(\d{1,15})$/.exec(message.trim())?.[1];
    return digits === undefined ? undefined : Number(digits);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || code === 421) throw error;
    return undefined;
  }
}

/**
 * Open the data connection, always to the host of the control connection: an address in the answer to PASV is
 * not looked at, because a server could have us connect to others by it (RFC 2577 section 3).
 */
async function openData(
  ftp: FTPContext,
  target: Target,
): Promise<{ code: number; message: string }> {
  const host = ftp.socket.remoteAddress;
  if (host === undefined) throw new Error('the connection is closed');
  let answer = await ftp.request('EPSV').catch((error: unknown) => {
    // RFC 2428 is from 1998, and some servers are older.
    if (codeOf(error) === undefined) throw error;
    return undefined;
  });
  let port = portOf(/\((.)\1\1(\d{1,5})\1\)/.exec(answer?.message ?? '')?.[2]);
  if (answer === undefined || port === undefined) {
    answer = await ftp.request('PASV');
    const [, high, low] = /(?:\d{1,3},){4}(\d{1,3}),(\d{1,3})/.exec(answer.message) ?? [];
    port = portOf(Number(high) * 256 + Number(low));
  }
  if (port === undefined) throw new Error('no port for the data came');
  const data = await connectTo({ ...target, host, port });
  ftp.dataSocket = data;
  // A server that has no such file closes this, maybe by a reset, as it says so on the other connection; the library
  // would end both by whichever comes first. An error in the middle of a file is seen by who reads it.
  for (const event of ['error', 'close', 'timeout']) data.removeAllListeners(event);
  data.on('error', () => {});
  return answer;
}

function portOf(text: string | number | undefined): number | undefined {
  const port = Number(text ?? 0);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** Take the type off a path: only binary keeps octets as they are. */
function withoutType(path: string, url: string): string {
  const type = /;type=(.*)$/i.exec(path);
  if (type === null) return path;
  if (type[1]?.toLowerCase() !== 'i') {
    throw unusable(url, 'it wants another type than binary', 'Leave out ";type=…"');
  }
  return path.slice(0, type.index);
}

/** The code of a reply that says no, when the error is one. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || error.name !== 'FTPError') return undefined;
  return 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

function ftpError(error: unknown, request: RetrievalRequest): CertError {
  const { url } = request;
  const code = codeOf(error);
  const text = serverText(error instanceof Error ? error.message : String(error), request);
  if (code === undefined) {
    const isClosed = /^Server (?:sent FIN|closed connection)/.test(text);
    return broken(url, isClosed ? 'connection closed by the peer' : text, error);
  }
  // 421: it closes; 425, 426: the data connection.
  if (code === 421 || code === 425 || code === 426) return broken(url, `the server says "${text}"`);
  return refused(
    url,
    `the server says "${text}"`,
    'Check path and user, and what the user may read',
  );
}
