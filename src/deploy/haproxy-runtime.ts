import { createConnection } from 'node:net';
import { CertError } from '../base/errors.ts';
import { codeOf } from './delivery-error.ts';
import { refuseStrangeSocket } from './runtime-socket.ts';

/** Its answers are a line or two. */
const maxAnswerOctets = 65_536;

const timeoutMs = 10_000;

/**
 * Put a certificate with chain and key into HAProxy as a transaction, which nobody sees before `commit`.
 *
 * @param entry what its configuration calls the certificate file
 * @throws {CertError} DELIVERY_FAILED with what HAProxy says; an unfinished transaction is taken back
 */
export async function stageCertificate(socket: string, entry: string, pem: string): Promise<void> {
  await refuseStrangeSocket(
    socket,
    'Have HAProxy make its "stats socket" in a directory of its own',
  );
  // An empty line ends the payload.
  const payload = pem.replaceAll(/\n{2,}/g, '\n');
  await stage(socket, entry, `set ssl cert ${entry} <<\n${payload}\n`);
}

/** Let HAProxy serve what was staged. @throws {CertError} DELIVERY_FAILED */
export async function commitCertificate(socket: string, entry: string): Promise<void> {
  const answer = await ask(socket, `commit ssl cert ${entry}\n`);
  if (/^Success!$/m.test(answer)) return;
  await ask(socket, `abort ssl cert ${entry}\n`).catch(() => {});
  throw refused(socket, entry, quoted(answer));
}

/** What became of an OCSP response that HAProxy was given for a certificate in use. */
export type StapleAnswer =
  | 'updated'
  /** The certificate was loaded without one, and has no place for it. */
  | 'no-place'
  /** What it says. */
  | { readonly refusal: string };

/**
 * Put an OCSP response in the place of the one that HAProxy has. It looks at it: one answer in it, about a
 * certificate that it has, by a CertID with SHA-1, with nextUpdate; it serves it until 300 s before that.
 */
export async function updateStaple(
  socket: string,
  staple: Uint8Array,
  signal?: AbortSignal,
): Promise<StapleAnswer> {
  const answer = await ask(socket, `set ssl ocsp-response <<\n${base64(staple)}\n\n`, signal);
  if (/^OCSP Response updated!$/m.test(answer)) return 'updated';
  // Also said of one about another certificate, and of a CertID with SHA-256.
  if (/does not match any certificate/.test(answer)) return 'no-place';
  return { refusal: quoted(answer) };
}

/**
 * Put an OCSP response into the transaction of a certificate, which is begun where there is none. What HAProxy thinks of
 * it shows after `commit` only: one that does not fit is passed over then.
 *
 * @throws {CertError} DELIVERY_FAILED; an unfinished transaction is taken back
 */
export async function stageStaple(
  socket: string,
  entry: string,
  staple: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const command = `set ssl cert ${entry}.ocsp <<\n${base64(staple)}\n\n`;
  await stage(socket, entry, command, signal);
}

/** Tell whether HAProxy has an OCSP response for a certificate that it has. @throws {CertError} DELIVERY_FAILED */
export async function hasStaple(
  socket: string,
  entry: string,
  signal?: AbortSignal,
): Promise<boolean> {
  return /^OCSP Response Key: \S/m.test(await ask(socket, `show ssl cert ${entry}\n`, signal));
}

async function stage(
  socket: string,
  entry: string,
  command: string,
  signal?: AbortSignal,
): Promise<void> {
  const answer = await ask(socket, command, signal);
  if (/^Transaction (?:created|updated) for certificate /m.test(answer)) return;
  await ask(socket, `abort ssl cert ${entry}\n`, signal).catch(() => {});
  throw refused(socket, entry, quoted(answer));
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}

function quoted(answer: string): string {
  return answer.trim().replaceAll(/\s+/g, ' ').slice(0, 400);
}

/** Say that HAProxy does not take something. */
export function refused(socket: string, entry: string, said: string): CertError {
  return new CertError(
    'DELIVERY_FAILED',
    `Cannot put "${entry}" into the HAProxy at "${socket}": it says "${said}"`,
    {
      hint: 'Compare entry with "show ssl cert" of its runtime API; the socket needs level admin',
    },
  );
}

/** Tell whether an error says that nobody listens at the runtime API: HAProxy does not run, or has another socket. */
export function isNobodyThere(error: unknown): boolean {
  const cause = error instanceof CertError ? error.cause : undefined;
  return (
    cause instanceof Error &&
    'syscall' in cause &&
    cause.syscall === 'connect' &&
    ['ENOENT', 'ECONNREFUSED'].includes(codeOf(cause))
  );
}

/** Send one command, and read until the other side closes, as it does after each. */
function ask(path: string, command: string, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    let answer = '';
    const end = (): void => {
      clearTimeout(late);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
    };
    const fail = (why: string, cause?: unknown): void => {
      end();
      reject(
        new CertError('DELIVERY_FAILED', `Cannot talk to the HAProxy at "${path}": ${why}`, {
          hint: 'Start it, or name its "stats socket"',
          ...(cause !== undefined && { cause }),
        }),
      );
    };
    const abort = (): void => {
      end();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    // For the whole: one that drips is late, too.
    const late = setTimeout(() => fail(`no answer in ${timeoutMs / 1000} s`), timeoutMs);
    const socket = createConnection({ path })
      .setEncoding('utf8')
      .once('error', (error) => fail(error.message, error))
      .once('connect', () => void socket.write(command))
      .on('data', (text: string) => {
        answer += text;
        if (answer.length > maxAnswerOctets) fail('its answer does not end');
      })
      .once('end', () => {
        end();
        resolve(answer);
      });
  });
}
