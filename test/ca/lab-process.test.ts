import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Lab } from '../../src/ca/lab.ts';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import { openHttpTransport } from '../../src/cmp/transport/http.ts';
import { macCredential, certConf, certificateIn, converse, gist, request } from './lab-client.ts';
import { openLab, temporaryDirectory } from './lab-under-test.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const env = { ...process.env, PSK: 's3cret' };

/** A lab in a process of its own, as the command line starts it. */
interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly lab: Pick<Lab, 'handle'>;
}

async function start(...words: readonly string[]): Promise<Running> {
  const args = [main, 'lab', '--json', '--secret', 'device-0001:env:PSK', ...words];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += String(chunk);
    if (printed.endsWith('}\n')) break;
  }
  const { url }: { readonly url: string } = JSON.parse(printed);
  const transport = openHttpTransport({ url, connectTimeoutMs: 5000, responseTimeoutMs: 5000 });
  onTestFinished(() => transport.close());
  return { child, url, lab: { handle: (der) => transport.exchange(der) } };
}

/** Run another command, and give its exit code and what it printed. */
async function command(...words: readonly string[]): Promise<readonly [unknown, string]> {
  const child = spawn(process.execPath, [main, ...words], { env });
  const [[code], out, err] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return [code, out + err];
}

const poll: PKIBody = { type: 'pollReq', value: [{ certReqId: 0 }] };

describe('a running lab', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with 0 at %s, even while a client holds a connection, and goes on where it was',
    async (signal) => {
      const dir = temporaryDirectory();
      const first = await start('--port', '0', '--dir', dir, '--approval', 'manual');
      const { port } = new URL(first.url);
      const client = converse(first.lab, macCredential);
      const waiting = await client.send({ type: 'ir', value: [await request()] });
      expect(gist(waiting)).toBe('ip waiting');
      expect(await command('lab', 'requests', '--dir', dir)).toMatchObject({
        0: 0,
        1: expect.stringMatching(/1 {2}ir .* waiting/),
      });
      expect((await command('lab', 'approve', '1', '--dir', dir))[0]).toBe(0);

      const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
      onTestFinished(() => void socket.destroy());
      await once(socket, 'connect');
      socket.write('POST /pkix/ HTTP/1.1\r\nhost: lab\r\n');
      first.child.kill(signal);
      expect(await once(first.child, 'exit')).toEqual([0, null]);
      expect(existsSync(join(dir, 'lab.db-wal'))).toBe(false);

      const second = await start('--port', port, '--dir', dir);
      const again = converse(second.lab, macCredential);
      const { header } = waiting;
      const granted = await again.send(poll, {
        transactionID: header.transactionID ?? new Uint8Array(),
        recipNonce: header.senderNonce ?? new Uint8Array(),
      });
      const { transactionID = new Uint8Array() } = header;
      expect(gist(granted)).toBe('ip accepted');
      const confirmation = certConf(certificateIn(granted));
      expect(gist(await again.send(confirmation, { transactionID }))).toBe('pkiconf');
    },
  );

  it('says that its port is taken', async () => {
    const { url } = await start('--port', '0', '--dir', temporaryDirectory());
    const { port } = new URL(url);
    const [code, printed] = await command('lab', 'port', port, 'dir', temporaryDirectory());
    expect(code).toBe(3);
    expect(printed).toBe(
      `error: Cannot listen on 127.0.0.1 port ${port}: it is taken\n` +
        'hint: Name another port, or 0 for a free one\n' +
        'code: CONFIG_INVALID\n',
    );
  });
});

describe('a lab that is closed', () => {
  it('first ends the message it has in hand', async () => {
    const lab = await openLab();
    const prepared = converse(await openLab());
    await prepared.send({ type: 'ir', value: [await request()] });
    const answer = lab.handle(prepared.sent);
    await lab.close();
    expect(gist(decodeMessage(await answer))).toBe('ip accepted');
  });
});
