import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { decodeMessage } from '../cmp/message/pki-message.ts';
import type { Transport } from '../cmp/transport/transport.ts';

/** Octets of a transactionID that go into a name: those of ours have 16, and a peer may send any number. */
const MAX_SHOWN_OCTETS = 32;

/** Some hundred transactions: whoever looks for what went wrong in one finds it, and no disk is filled. */
const usualDumpsKept = 1000;

/** Directory and files are for nobody else: a request may hold a regToken, and all of them hold names. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Write all messages that pass through a transport as `NNN-sent-ir-TRANSACTIONID.der`; also an answer that
 * is no message, as `NNN-received-unreadable-…`. Numbers go on from what is in the directory. A file that
 * cannot be written is a warning, and never stops the transaction.
 *
 * @param directory made if need be; a symbolic link is not followed, in it no file is written over
 * @param kept how many messages stay in the directory; the oldest go, and files of other names stay
 */
export function dumpingTransport(
  transport: Transport,
  directory: string,
  log: Log,
  kept: number = usualDumpsKept,
): Transport {
  const path = resolve(directory);
  let last = '';
  const dump = (direction: 'sent' | 'received', der: Uint8Array): void => {
    try {
      const { body, transactionID = last } = describe(der);
      last = transactionID;
      writeNew(
        path,
        `${direction}-${body}${transactionID === '' ? '' : `-${transactionID}`}.der`,
        der,
      );
      prune(path, kept);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.warn(`a message that was ${direction} is not dumped to "${directory}": ${why}`);
    }
  };
  return {
    async exchange(der, signal) {
      dump('sent', der);
      const answer = await transport.exchange(der, signal);
      dump('received', answer);
      return answer;
    },
    close: () => transport.close(),
  };
}

function describe(der: Uint8Array): { readonly body: string; readonly transactionID?: string } {
  try {
    const { body, header } = decodeMessage(der);
    const { transactionID } = header;
    if (transactionID === undefined) return { body: body.type };
    return { body: body.type, transactionID: toHex(transactionID.subarray(0, MAX_SHOWN_OCTETS)) };
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return { body: 'unreadable' };
  }
}

function writeNew(directory: string, name: string, octets: Uint8Array): void {
  if (lstatSync(directory, { throwIfNoEntry: false })?.isFile() === true) {
    throw new Error('it is not a directory');
  }
  mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  // Whoever can put a link there would choose where the messages go.
  if (!lstatSync(directory).isDirectory()) throw new Error('it is a symbolic link');
  const path = join(directory, `${nextNumber(directory)}-${name}`);
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, FILE_MODE);
  try {
    writeFileSync(file, octets);
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Remove the messages with the lowest numbers, by the names we give. */
function prune(directory: string, kept: number): void {
  const ours = readdirSync(directory).filter((name) =>
    /^\d{3,6}-(?:sent|received)-[\w-]+\.der$/.test(name),
  );
  if (ours.length <= kept) return;
  const oldestFirst = ours.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  for (const name of oldestFirst.slice(0, ours.length - kept)) unlinkSync(join(directory, name));
}

/** One more than the highest in the directory, in at least three digits; a longer number is somebody else's. */
function nextNumber(directory: string): string {
  const numbers = readdirSync(directory).map((name) => Number(/^(\d{3,6})-/.exec(name)?.[1] ?? 0));
  const highest = numbers.reduce((most, number) => Math.max(most, number), 0);
  return String(highest + 1).padStart(3, '0');
}
