import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { CertError } from '../base/errors.ts';
import { connectError, seconds } from '../http/connect-error.ts';
import { bounded } from './bounded.ts';
import { broken, unusable } from './failure.ts';
import type { RetrievalRequest, Retriever } from './retriever.ts';
import { decodeTftp, encodeError, encodeReadRequest, tftpError } from './tftp-packet.ts';
import { beginTransfer, optionsFor, type TftpOptions } from './tftp-transfer.ts';
import { parseServerUrl, pathOf } from './url.ts';

/** How often a packet is sent again before the server counts as gone. */
const MAX_REPEATS = 6;

/** How long an answer is waited for before the last packet is sent again: RFC 2349 counts in whole seconds. */
const REPEAT_MS = 1000;

/** Longest name that is asked for: RFC 2347 bounds a request to 512 octets, and our options take some of them. */
const MAX_NAME_OCTETS = 440;

/** Where a file is. */
interface Place {
  readonly address: string;
  readonly family: number;
  readonly port: number;
  readonly file: string;
}

/**
 * Fetch files by tftp (RFC 1350) in octet mode, with the options blksize, tsize and timeout (RFC 2347 to 2349)
 * where the server knows them. The name is what follows the slash (RFC 3617); two slashes make it absolute.
 *
 * @param repeatMs how long an answer is waited for before the last packet is sent again
 */
export function tftpRetriever(repeatMs: number = REPEAT_MS): Retriever {
  return {
    retrieve: async (request) =>
      await bounded(request, async (signal) => await download(request, repeatMs, signal)),
  };
}

async function download(
  request: RetrievalRequest,
  repeatMs: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { url, credentials } = request;
  const parsed = parseServerUrl(url);
  const file = withoutMode(pathOf(parsed), url);
  if (Buffer.byteLength(file) > MAX_NAME_OCTETS) {
    throw unusable(url, 'its path is too long for tftp', `Use at most ${MAX_NAME_OCTETS} octets`);
  }
  if (credentials !== undefined) {
    throw unusable(url, 'tftp has no users', 'Leave out user and password');
  }
  const place = { ...(await addressOf(parsed.host, url)), port: parsed.port, file };
  signal.throwIfAborted();
  const asked = optionsFor(Math.ceil(REPEAT_MS / 1000));
  const found = await transfer(request, place, asked, repeatMs, signal);
  if (found !== undefined) return found;
  const plain = await transfer(request, place, {}, repeatMs, signal);
  if (plain === undefined) throw broken(url, 'the server refuses options that were not asked for');
  return plain;
}

/** Fetch a file, with these options; undefined when the server wants none. */
async function transfer(
  request: RetrievalRequest,
  place: Place,
  asked: TftpOptions,
  repeatMs: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { url, limits } = request;
  const socket = createSocket(place.family === 6 ? 'udp6' : 'udp4');
  const file = Promise.withResolvers<Uint8Array | undefined>();
  const run = beginTransfer(request, asked);
  /** The port the server answers from, its transfer identifier; that of the request is another. */
  let tid: number | undefined;
  let packet = encodeReadRequest(place.file, asked);
  let repeats = 0;

  const say = (octets: Uint8Array, port: number, address = place.address): void =>
    // What does not leave is as good as lost on the way.
    socket.send(octets, port, address, () => {});

  const repeat = (): void => {
    repeats += 1;
    if (tid !== undefined && repeats > MAX_REPEATS) file.reject(silent(url));
    else say(packet, tid ?? place.port);
  };

  const receive = (octets: Uint8Array, from: RemoteInfo): void => {
    if (from.address !== place.address || (tid !== undefined && from.port !== tid)) {
      // RFC 1350 section 4: it is told so, and nothing else changes.
      say(encodeError(tftpError.unknownTransferId, 'unknown transfer'), from.port, from.address);
      return;
    }
    const received = decodeTftp(octets);
    if (received === undefined) return;
    tid ??= from.port;
    const step = run.receive(received);
    switch (step.type) {
      case 'ignored':
        return;
      case 'answered':
        packet = step.packet;
        repeats = 0;
        say(packet, tid);
        timer.refresh();
        return;
      case 'done':
        say(step.packet, tid);
        file.resolve(step.file);
        return;
      case 'optionsRefused':
        file.resolve(undefined);
        return;
      case 'failed':
        if (step.packet !== undefined) say(step.packet, tid);
        file.reject(step.error);
    }
  };

  const timer = setInterval(repeat, repeatMs);
  const connecting = setTimeout(() => {
    if (tid === undefined) file.reject(noAnswer(url, limits.connectTimeoutMs));
  }, limits.connectTimeoutMs);
  const abort = (): void => file.reject(new Error('aborted'));
  signal.addEventListener('abort', abort, { once: true });
  socket.on('message', receive);
  socket.on('error', (error) => file.reject(connectError(error, { url, route: {} })));
  say(packet, place.port);
  try {
    return await file.promise;
  } finally {
    clearInterval(timer);
    clearTimeout(connecting);
    signal.removeEventListener('abort', abort);
    await closed(socket);
  }
}

/** Close a socket when what was sent last has left it. */
async function closed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(() => socket.close(resolve));
  });
}

async function addressOf(host: string, url: string): Promise<{ address: string; family: number }> {
  try {
    return await lookup(host);
  } catch (error) {
    throw connectError(error, { url, route: {} });
  }
}

/** RFC 3617 section 3: only octet mode keeps octets as they are. */
function withoutMode(path: string, url: string): string {
  const mode = /;mode=(.*)$/i.exec(path);
  if (mode === null) return path;
  if (mode[1]?.toLowerCase() !== 'octet') {
    throw unusable(url, 'it wants another mode than octet', 'Leave out ";mode=…"');
  }
  return path.slice(0, mode.index);
}

function noAnswer(url: string, ms: number): CertError {
  return new CertError(
    'NETWORK_TIMEOUT',
    `Cannot fetch "${url}": no answer within ${seconds(ms)}`,
    {
      hint: 'Check host, port and firewall: the answer to tftp comes from another port',
    },
  );
}

function silent(url: string): CertError {
  return new CertError('NETWORK_TIMEOUT', `Cannot fetch "${url}": the server fell silent`, {
    hint: 'Try again; check that no firewall stops UDP after a while',
  });
}
