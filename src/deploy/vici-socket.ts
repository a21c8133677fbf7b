import { stat } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { CertError } from '../base/errors.ts';
import { cut, printable } from '../base/printable.ts';
import { systemReason } from '../base/system-reason.ts';
import { codeOf } from './delivery-error.ts';
import { refuseStrangeSocket } from './runtime-socket.ts';

/** How a charon is reached. */
export interface ViciOptions {
  /** For connecting, and for each command. */
  readonly timeoutMs: number;
  /** For all of a connection. */
  readonly totalMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A socket that somebody listens at, and which run of a daemon made it. */
export interface ViciSocket {
  readonly socket: Socket;
  /** Charon makes its socket anew at each start. */
  readonly run: string;
}

const nameIt = 'name the socket of its vici plugin (charon.plugins.vici.socket in strongswan.conf)';

/** Say that something is wrong with a charon. */
export function viciError(path: string, why: string, hint: string, cause?: unknown): CertError {
  return new CertError('DELIVERY_FAILED', `Cannot talk to the charon at "${path}": ${why}`, {
    hint,
    ...(cause !== undefined && { cause }),
  });
}

/** Say that what answers there is something else. */
export function notCharon(path: string, error: unknown): CertError {
  const said = error instanceof Error ? error.message : String(error);
  const why = said.replace(/^Cannot read an? \w+ of charon: /, '');
  const hint = `Find out what listens there, and ${nameIt}`;
  return viciError(path, `what answers does not speak VICI: ${cut(printable(why), 200)}`, hint);
}

/** Say that charon refused a command, by its own words. */
export function charonRefused(path: string, command: string, said: string): CertError {
  const isSecret = command === 'load-key' || command === 'load-token';
  // Whoever is no charon could say back what it was given.
  const words =
    isSecret && !/^[A-Za-z ,.'()-]{1,120}$/.test(said) ? '…' : cut(printable(said), 400);
  const hint = hints[command] ?? 'See the log of charon for more';
  return viciError(path, `it refuses ${command}, "${words}"`, hint);
}

/** Where its words are fewer than what it looked at. */
const hints: Readonly<Record<string, string>> = {
  'load-key': 'See whether charon has a plugin for such keys loaded: openssl, pkcs8 and pem',
  'load-token':
    'See whether charon has its pkcs11 plugin with the module of the token, whether there is a public key or certificate with this CKA_ID beside the key, and whether the PIN is right',
};

/**
 * Connect.
 *
 * @throws {CertError} DELIVERY_FAILED; the reason of `signal`
 */
export async function connectVici(path: string, options: ViciOptions): Promise<ViciSocket> {
  options.signal?.throwIfAborted();
  const run = await runOf(path);
  // Before anything is said: a stranger could also tell that all is well.
  await refuseStrangeSocket(
    path,
    'Have charon make its socket in a directory that only root writes to',
  );
  return { socket: await connect(path, options), run };
}

/** Node says the same of a file that is no socket as of one nobody listens at. */
async function runOf(path: string): Promise<string> {
  let found;
  try {
    found = await stat(path, { bigint: true });
  } catch (error) {
    throw failed(path, error);
  }
  if (found.isSocket()) return `${found.dev}-${found.ino}-${found.mtimeNs}`;
  const kind = found.isDirectory() ? 'a directory' : found.isFile() ? 'a file' : 'a device or pipe';
  throw viciError(path, `it is ${kind}, not a socket`, `Name the right file: ${nameIt}`);
}

function failed(path: string, error: unknown): CertError {
  switch (codeOf(error)) {
    case 'ENOENT':
      return viciError(path, 'there is no such socket', `Start charon, or ${nameIt}`, error);
    case 'EACCES':
    case 'EPERM':
      return viciError(path, 'permission denied', 'Let this user write to it', error);
    case 'ECONNREFUSED':
      return viciError(path, 'nobody listens there', `Start charon, or ${nameIt}`, error);
    default:
      return viciError(path, systemReason(error), `Start charon, or ${nameIt}`, error);
  }
}

function connect(path: string, { timeoutMs, signal }: ViciOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    const end = (): void => {
      clearTimeout(late);
      signal?.removeEventListener('abort', abort);
      socket.removeAllListeners();
    };
    const fail = (error: unknown): void => {
      end();
      socket.on('error', () => {}).destroy();
      reject(error);
    };
    const abort = (): void => fail(signal?.reason);
    // A listener whose queue is full lets one wait.
    const late = setTimeout(() => fail(lateError(path, timeoutMs)), timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    socket
      .once('error', (error) => fail(failed(path, error)))
      .once('connect', () => {
        end();
        resolve(socket);
      });
  });
}

/** Say that no answer came. */
export function lateError(path: string, timeoutMs: number, command?: string): CertError {
  const what = command === undefined ? 'no answer' : `no answer to ${command}`;
  const hint = 'See whether charon hangs; restart it if it does';
  return viciError(path, `${what} in ${timeoutMs / 1000} s`, hint);
}
