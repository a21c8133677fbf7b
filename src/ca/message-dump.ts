import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CertError } from '../base/errors.ts';
import { decodeMessage } from '../cmp/message/pki-message.ts';
import type { SeenMessage } from './lab.ts';
import { messageText } from './message-text.ts';

/**
 * Write every message a lab sees as `NNN-ir.der`, and as text in `NNN-ir.txt`; numbers go on from what is
 * in the directory.
 *
 * @throws {CertError} FILE_UNWRITABLE, here or when a message is written
 */
export function messageDump(directory: string): (message: SeenMessage) => void {
  let number = attempt(directory, () => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return Math.max(
      0,
      ...readdirSync(directory).map((name) => Number(/^\d+/.exec(name)?.[0] ?? 0)),
    );
  });
  return ({ der, direction }) => {
    const { name, text } = describe(der);
    number += 1;
    const path = join(directory, `${String(number).padStart(3, '0')}-${name}`);
    const from = direction === 'in' ? 'from the client' : 'from the lab';
    attempt(path, () => {
      writeFileSync(`${path}.der`, der);
      writeFileSync(`${path}.txt`, `${der.length} octets ${from}\n${text}`);
    });
  };
}

function describe(der: Uint8Array): { readonly name: string; readonly text: string } {
  try {
    const message = decodeMessage(der);
    return { name: message.body.type, text: messageText(message) };
  } catch (thrown) {
    if (!(thrown instanceof CertError)) throw thrown;
    return { name: 'unreadable', text: `${thrown.message}\n` };
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Error) || cause instanceof CertError) throw cause;
    throw new CertError('FILE_UNWRITABLE', `Cannot dump messages to "${path}": ${cause.message}`, {
      cause,
    });
  }
}
