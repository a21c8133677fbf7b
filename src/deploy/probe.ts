import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as startTls } from 'node:tls';
import { bytesEqual, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { hostPortText } from '../base/host-port.ts';
import type { DeployProbe } from '../store/deployments-contract.ts';
import { decodeCertificate } from '../x509/certificate.ts';

/** A server that was told to reload needs a moment, and serves what it had meanwhile. */
export const reloadPatienceMs = 8000;

/** Between one look and the next. */
export const pauseMs = 200;

/** Old and new processes of a server take connections side by side for a moment. */
export const looksInARow = 3;

/** For one connection: without a word. */
const connectionTimeoutMs = 4000;

/** For one connection from its beginning to its end, however many words come. */
const handshakeTimeoutMs = 12_000;

/** What is read of a server before TLS begins. */
const maxGreetingOctets = 8192;

/** How a probe is made. */
export interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long something else may be served before it counts. */
  readonly patienceMs?: number;
}

/**
 * Look whether a service has a certificate in use, for as long as a reload may take.
 *
 * @returns undefined when it has; else what it does instead
 */
export async function probeService(
  probe: DeployProbe,
  expectedDer: Uint8Array,
  { signal, patienceMs = reloadPatienceMs }: ProbeOptions = {},
): Promise<string | undefined> {
  const where = hostPortText(probe);
  const deadline = performance.now() + patienceMs;
  for (let inARow = 0; ;) {
    signal?.throwIfAborted();
    const found = await servedBy(probe).catch(errorText);
    const isInUse = typeof found !== 'string' && bytesEqual(found, expectedDer);
    inARow = isInUse ? inARow + 1 : 0;
    if (inARow === looksInARow) return undefined;
    if (!isInUse && performance.now() > deadline) {
      return typeof found === 'string'
        ? `${where} cannot be asked: ${found}`
        : `${where} serves the certificate with serial ${serialOf(found)}, not ${serialOf(expectedDer)}`;
    }
    // Its own error is not the signal's reason, by which callers know Ctrl-C.
    await sleep(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** Say what kept a probe from an answer. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Write the serial number of a certificate. */
export function serialOf(der: Uint8Array): string {
  try {
    const digits = decodeCertificate(der).tbsCertificate.serialNumber.toString(16);
    return digits.padStart(digits.length + (digits.length % 2), '0');
  } catch (error) {
    // A server may have what we cannot read.
    if (error instanceof CertError) return '(unreadable)';
    throw error;
  }
}

/**
 * Ask for the certificate of a server: whether it is to be trusted is not the question.
 *
 * @returns its DER
 * @throws {Error} by Node, or with what the server said in place of TLS
 */
export async function servedBy(probe: DeployProbe): Promise<Uint8Array> {
  return (await shownBy(probe)).certificate;
}

/** What a server shows in a handshake. */
export interface Shown {
  /** DER of its own certificate. */
  readonly certificate: Uint8Array;
  /** DER of the OCSPResponse that it stapled; absent: none, or it was not asked for one. */
  readonly staple?: Uint8Array;
}

/**
 * Make one handshake with a server, whether it is to be trusted or not.
 *
 * @param asks whether with status_request, RFC 6066 section 8
 * @throws {Error} by Node, or with what the server said in place of TLS; with the reason of `signal`
 */
export async function shownBy(
  { host, port, serverName, starttls }: DeployProbe,
  asks: 'certificate' | 'staple' = 'certificate',
  signal?: AbortSignal,
): Promise<Shown> {
  signal?.throwIfAborted();
  const socket = createConnection({ host, port });
  const over = new AbortController();
  let late: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Shown>((resolve, reject) => {
      const timeOut = (): void => reject(new Error('no answer in time'));
      late = setTimeout(timeOut, handshakeTimeoutMs);
      signal?.addEventListener('abort', () => reject(signal.reason), { signal: over.signal });
      socket.setTimeout(connectionTimeoutMs, timeOut).once('error', reject);
      const begin = (): void => {
        const tls = startTls({
          socket,
          rejectUnauthorized: false,
          ...(asks === 'staple' && { requestOCSP: true }),
          ...(serverName === undefined ? {} : { servername: serverName }),
        });
        let staple: Uint8Array | undefined;
        // Told before the end of the handshake, with null where there is none.
        tls.once('OCSPResponse', (octets: Buffer | null) => {
          if (octets !== null && octets.length > 0) staple = Uint8Array.from(octets);
        });
        tls.setTimeout(connectionTimeoutMs, timeOut).once('error', (error) => reject(plain(error)));
        tls.once('close', () => reject(new Error('it ends the connection')));
        tls.once('secureConnect', () => {
          const { raw } = tls.getPeerCertificate();
          resolve({ certificate: Uint8Array.from(raw), ...(staple !== undefined && { staple }) });
          tls.destroy();
        });
      };
      if (starttls === undefined) socket.once('connect', begin);
      else dialogues[starttls](socket).then(begin, reject);
    });
  } finally {
    clearTimeout(late);
    over.abort();
    socket.destroy();
  }
}

/** What OpenSSL finds in an answer that is no TLS record at all, in several versions of it. */
const notTls: ReadonlySet<string> = new Set([
  'wrong version number',
  'packet length too long',
  'http request',
  'unknown protocol',
]);

/** Its text of a TLS failure is a line of numbers and names of source files; the reason in it is what helps. */
function plain(error: Error): Error {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined;
  if (reason === undefined) return error;
  const why = notTls.has(reason) ? 'it is no TLS service' : `TLS fails: ${reason}`;
  return new Error(why, { cause: error });
}

/** What is said before TLS begins: a row a protocol. */
const dialogues: Readonly<
  Record<NonNullable<DeployProbe['starttls']>, (socket: Socket) => Promise<void>>
> = {
  // RFC 4217 section 4.
  ftp: async (socket) => {
    await answer(socket, /^220 .*\r\n/m);
    socket.write(utf8('AUTH TLS\r\n'));
    await answer(socket, /^234[ -].*\r\n/m);
  },
};

function answer(socket: Socket, expected: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const end = (): void => {
      socket.off('data', read).off('close', closed);
    };
    const closed = (): void => {
      end();
      reject(new Error('it ends the connection before TLS'));
    };
    const read = (octets: Uint8Array): void => {
      text += new TextDecoder('latin1').decode(octets);
      if (expected.test(text)) {
        end();
        socket.pause();
        resolve();
      } else if (text.length > maxGreetingOctets || /^[45]\d\d /m.test(text)) {
        end();
        reject(new Error(`it says ${JSON.stringify(text.slice(0, 200))}`));
      }
    };
    socket.on('data', read).once('close', closed);
    socket.resume();
  });
}
