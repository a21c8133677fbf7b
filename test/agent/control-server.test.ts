import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askAgent } from '../../src/agent/control-client.ts';
import {
  listenForControl,
  type ControlAnswers,
  type ControlPlace,
} from '../../src/agent/control-server.ts';
import { groupActCounter } from '../../src/agent/request-counter.ts';
import { CertError } from '../../src/base/errors.ts';
import { fakeClock } from '../harness/fake-clock.ts';

interface Listening {
  readonly path: string;
  readonly asked: string[];
  /** Connections that wait for the end of their request are given up after that. */
  readonly requestMs: number;
}

async function listen(
  place: Partial<ControlPlace> = {},
  answers: Partial<ControlAnswers> = {},
): Promise<Listening> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-control-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'agent.sock');
  const asked: string[] = [];
  const say = (what: string) => async () => {
    asked.push(what);
    return { what };
  };
  const limits = { connections: 16, requestMs: 200 };
  const end = await listenForControl(
    { path, limits, ...place },
    {
      status: say('status'),
      run: say('run'),
      notify: say('notify'),
      reload: say('reload'),
      compare: say('compare'),
      stop: say('stop'),
      tell: say('tell'),
      validate: say('validate'),
      ...answers,
    },
  );
  onTestFinished(end);
  return { path, asked, requestMs: limits.requestMs };
}

/** Say something, and wait until the other side has had enough. */
async function shout(path: string, octets: string | Uint8Array): Promise<string> {
  const socket = connect(path);
  let heard = '';
  socket.setEncoding('utf8');
  socket.on('data', (part: string) => (heard += part));
  socket.on('error', () => {});
  socket.write(octets);
  await once(socket, 'close');
  return heard;
}

/** Words with so much of a chain. */
function chain(length: number) {
  return { words: { chain: ['A'.repeat(length)] } };
}

describe('the socket of an agent', () => {
  it('is for its owner alone', async () => {
    const { path, asked } = await listen();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await askAgent(path, 'status')).toEqual({ what: 'status' });
    expect(await askAgent(path, 'stop')).toEqual({ what: 'stop' });
    expect(asked).toEqual(['status', 'stop']);
  });

  it('lets the members of a group ask for what their commands print, and for nothing else', async () => {
    const { path, asked } = await listen({ group: process.getegid?.() ?? 0 });
    const { mode, gid } = statSync(path);
    expect({ mode: mode & 0o777, gid }).toEqual({ mode: 0o660, gid: process.getegid?.() });
    expect(await askAgent(path, 'tell', { words: { command: 'status' } })).toEqual({
      what: 'tell',
    });
    for (const what of ['stop', 'run', 'notify', 'reload', 'status'] as const) {
      await expect(askAgent(path, what)).rejects.toMatchObject({ code: 'USAGE_INVALID' });
    }
    expect(asked).toEqual(['tell']);
  });

  it('takes the chain of a peer from members of the group, and as much of no other request', async () => {
    const { path, asked } = await listen({ group: process.getegid?.() ?? 0 });
    expect(await askAgent(path, 'validate', chain(400_000))).toEqual({ what: 'validate' });
    for (const [what, length] of [
      ['validate', 410_000],
      ['tell', 5000],
    ] as const) {
      await expect(askAgent(path, what, chain(length))).rejects.toThrow(
        /too long|gone|hang up|reset|ask/i,
      );
    }
    expect(asked).toEqual(['validate']);
  });

  it('does no more for members of the group than it counts, and still tells them', async () => {
    const clock = fakeClock();
    const mayAct = groupActCounter(clock);
    const { path, asked } = await listen({ group: process.getegid?.() ?? 0, mayAct });
    const act = (command: string) => askAgent(path, 'tell', { words: { command } });
    for (let each = 0; each < 60; each++) await act(each % 2 === 0 ? 'reload' : 'poll');
    for (const command of ['reload', 'poll']) {
      await expect(act(command)).rejects.toMatchObject({
        code: 'IN_PROGRESS',
        message: expect.stringContaining('60 times an hour'),
      });
    }
    await act('status');
    expect(asked).toHaveLength(61);
    await clock.advance(3600);
    await act('reload');
    expect(asked).toHaveLength(62);
  });

  it('takes away no file that is no socket', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'certkeeper-control-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const path = join(directory, 'important');
    writeFileSync(path, 'x');
    await expect(listen({ path })).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringContaining('something else than a socket'),
    });
    expect(statSync(path).size).toBe(1);
  });

  it.each([
    ['octets of no protocol', '\u0000\u0001\u0002\u0003\n\n'],
    ['a request of another version', 'POST /2/stop HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a request of no version', 'POST /stop HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['another method', 'GET /1/stop HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a name of every object', 'POST /1/constructor HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['a list', 'POST /1/stop HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n[]'],
    ['no JSON', 'POST /1/stop HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{]'],
    [
      'two requests at once',
      'GET /1/stop HTTP/1.1\r\nhost: x\r\n\r\nPOST /1/stop HTTP/1.1\r\nhost: x\r\n\r\n',
    ],
    [
      'a body that is too long',
      `POST /1/stop HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n${' '.repeat(5000)}`,
    ],
    ['header lines without end', `POST /1/stop HTTP/1.1\r\n${'x: y\r\n'.repeat(2000)}`],
    ['half a header', 'POST /1/stop HTTP/1.1\r\nhost'],
    ['half a body', 'POST /1/stop HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n{'],
  ])('does nothing for %s, lets go of who says it, and goes on', async (_, octets) => {
    const { path, asked } = await listen();
    await shout(path, octets);
    expect(asked).toEqual([]);
    expect(await askAgent(path, 'status')).toEqual({ what: 'status' });
  });

  it('lets go of who says nothing at all', async () => {
    const { path } = await listen();
    expect(await shout(path, '')).not.toContain('200');
    expect(await askAgent(path, 'status')).toEqual({ what: 'status' });
  });

  it('sends away whoever comes beyond the sixteenth, ten thousand of them', async () => {
    const { path, asked } = await listen();
    const many: Socket[] = [];
    let gone = 0;
    const closed = Promise.withResolvers<void>();
    for (let round = 0; round < 100; round++) {
      const opened: Promise<unknown>[] = [];
      for (let each = 0; each < 100; each++) {
        const socket = connect(path);
        many.push(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          if (++gone === 10_000) closed.resolve();
        });
        socket.resume();
        opened.push(Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {}));
      }
      await Promise.all(opened);
    }
    // The first sixteen had said nothing by then, and are let go, too.
    await closed.promise;
    expect(many).toHaveLength(10_000);
    expect(asked).toEqual([]);
    expect(await askAgent(path, 'status')).toEqual({ what: 'status' });
  });

  it('hands on what went wrong with its hint, and tells who answers when the asker is gone', async () => {
    const left = Promise.withResolvers<void>();
    const begun = new AbortController();
    const { path } = await listen(
      {},
      {
        async reload() {
          throw new CertError('CONFIG_INVALID', 'Cannot read it', { hint: 'Write it again' });
        },
        async tell(_, signal) {
          const { promise, resolve } = Promise.withResolvers<void>();
          signal.addEventListener('abort', () => resolve());
          begun.abort();
          await promise;
          left.resolve();
          return {};
        },
      },
    );
    await expect(askAgent(path, 'reload')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'Cannot read it',
      hint: 'Write it again',
    });
    const asking = askAgent(path, 'tell', { signal: begun.signal }).catch(
      (error: unknown) => error,
    );
    expect(await asking).toBe(begun.signal.reason);
    await left.promise;
  });

  it('is nobody where nobody listens', async () => {
    expect(await askAgent('/nowhere/agent.sock', 'status')).toBeUndefined();
  });
});
