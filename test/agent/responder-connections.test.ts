import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { serveResponses, type ResponderSource } from '../../src/agent/ocsp-responder.ts';
import { asBuffer } from '../../src/base/bytes.ts';
import { ocspQuery } from '../../src/revocation/ocsp-query.ts';
import { after, ca, leaf, response } from '../revocation/ocsp-made.ts';

const shown = { der: response(), thisUpdate: after(0), until: after(3000) };
const source: ResponderSource = {
  find: async () => ({ type: 'shown', shown }),
  now: () => after(0),
};
const { der } = ocspQuery({
  certificate: leaf.certificate,
  issuer: ca.certificate,
  hash: 'sha1',
  url: 'http://o/',
});
const get = `GET /${encodeURIComponent(asBuffer(der).toString('base64'))} HTTP/1.1\r\nHost: x\r\n`;

async function serve(changes: Partial<ResponderSource> = {}): Promise<(text?: string) => Caller> {
  const place = { address: '127.0.0.1', port: 0, isOpen: false };
  const server = await serveResponses(place, { ...source, ...changes });
  onTestFinished(() => server.close());
  const port = Number(new URL(server.url).port);
  return (text = '') => call(port, text);
}

interface Caller {
  readonly socket: Socket;
  text(): string;
  readonly ended: Promise<void>;
}

function call(port: number, text: string): Caller {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const ended = Promise.withResolvers<void>();
  let got = '';
  socket.on('data', (part) => (got += part.toString('latin1')));
  socket.on('error', () => {});
  socket.on('close', () => ended.resolve());
  if (text !== '') socket.write(text);
  return { socket, text: () => got, ended: ended.promise };
}

const answers = (text: string): number => text.split('HTTP/1.1 200').length - 1;

describe('the connections of the responder', () => {
  it('are no more than 256; those that only wait make room for who comes, the oldest first', async () => {
    const caller = await serve();
    const idle = Array.from({ length: 256 }, (_, at) =>
      // Some say nothing, some half of a head, some half of a body.
      caller(['', get, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 80\r\n\r\n0'][at % 3]),
    );
    await Promise.all(
      idle.map(({ socket }) => new Promise<void>((resolve) => socket.once('connect', resolve))),
    );
    for (let i = 0; i < 3; i++) {
      const late = caller(`${get}Connection: close\r\n\r\n`);
      await late.ended;
      expect(answers(late.text())).toBe(1);
    }
    await Promise.race(idle.map(({ ended }) => ended));
    const gone = idle.filter(({ socket }) => socket.destroyed).length;
    expect(gone).toBeGreaterThan(0);
    expect(gone).toBeLessThan(8);
  });

  it('of somebody who sends many questions at once have sixteen answered, and the others put off, in order', async () => {
    const wait = Promise.withResolvers<void>();
    let most = 0;
    let now = 0;
    const caller = await serve({
      async find() {
        most = Math.max(most, ++now);
        await wait.promise;
        now--;
        return { type: 'shown', shown };
      },
    });
    const one = caller(`${get}\r\n`.repeat(100));
    await vi.waitFor(() => expect(now).toBe(16));
    wait.resolve();
    await vi.waitFor(() => expect(answers(one.text())).toBe(100));
    expect(most).toBe(16);
  });

  it('are answered though others send what is too long, too large or not HTTP', async () => {
    const caller = await serve();
    const long = caller(`GET /${'A'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const large = caller(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n${'0'.repeat(20_000)}`,
    );
    const noise = caller('\u0016\u0003\u0001\u0002\u0000'.repeat(100));
    await Promise.all([long.ended, large.ended, noise.ended]);
    expect(long.text()).toContain('HTTP/1.1 431');
    expect(large.text()).toContain('HTTP/1.1 200');
    expect(large.text()).toContain('close');
    expect(noise.text()).toContain('HTTP/1.1 400');
    const fine = caller(`${get}Connection: close\r\n\r\n`);
    await fine.ended;
    expect(answers(fine.text())).toBe(1);
  });
});
