import { createConnection } from 'node:net';
import { CertError } from '../base/errors.ts';

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
  // An empty line ends the payload.
  const payload = pem.replaceAll(/\n{2,}/g, '\n');
  const answer = await ask(socket, `set ssl cert ${entry} <<\n${payload}\n`);
  if (/^Transaction (?:created|updated) for certificate /m.test(answer)) return;
  await ask(socket, `abort ssl cert ${entry}\n`).catch(() => {});
  throw refused(socket, entry, answer);
}

/** Let HAProxy serve what was staged. @throws {CertError} DELIVERY_FAILED */
export async function commitCertificate(socket: string, entry: string): Promise<void> {
  const answer = await ask(socket, `commit ssl cert ${entry}\n`);
  if (/^Success!$/m.test(answer)) return;
  await ask(socket, `abort ssl cert ${entry}\n`).catch(() => {});
  throw refused(socket, entry, answer);
}

function refused(socket: string, entry: string, answer: string): CertError {
  const said = answer.trim().replaceAll(/\s+/g, ' ').slice(0, 400);
  return new CertError(
    'DELIVERY_FAILED',
    `Cannot put "${entry}" into the HAProxy at "${socket}": it says "${said}"`,
    {
      hint: 'Compare entry with "show ssl cert" of its runtime API; the socket needs level admin',
    },
  );
}

/** Send one command, and read until the other side closes, as it does after each. */
function ask(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const fail = (why: string): void => {
      socket.destroy();
      reject(
        new CertError('DELIVERY_FAILED', `Cannot talk to the HAProxy at "${path}": ${why}`, {
          hint: 'Start it, or name its "stats socket"',
        }),
      );
    };
    const socket = createConnection({ path })
      .setEncoding('utf8')
      .setTimeout(timeoutMs, () => fail(`no answer in ${timeoutMs / 1000} s`))
      .once('error', (error) => fail(error.message))
      .once('connect', () => void socket.write(command))
      .on('data', (text: string) => {
        answer += text;
        if (answer.length > maxAnswerOctets) fail('its answer does not end');
      })
      .once('end', () => {
        socket.destroy();
        resolve(answer);
      });
  });
}
