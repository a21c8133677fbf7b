import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { ViciClient } from '../../src/deploy/vici-client.ts';
import { value, type ViciMessage } from '../../src/deploy/vici-message.ts';
import { encodePacket } from '../../src/deploy/vici-packet.ts';
import { textIn } from '../../src/deploy/vici-reading.ts';
import { privateDirectory, startFakeVici, type ViciAnswer } from '../harness/fake-vici.ts';

let socket: string;
beforeEach(() => {
  socket = join(privateDirectory(), 'charon.vici');
});

async function open(timeoutMs = 5_000, signal?: AbortSignal): Promise<ViciClient> {
  const client = await ViciClient.open(socket, { timeoutMs, signal });
  onTestFinished(() => client.close());
  return client;
}

/** Serve each connection by hand. */
async function listen(serve: (connection: Socket) => void): Promise<void> {
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    serve(connection.on('error', () => {}));
  });
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  onTestFinished(() => {
    for (const each of connections) each.destroy();
    server.close();
  });
}

/** Answer the first that comes with these octets. */
async function answering(octets: string | Uint8Array): Promise<void> {
  await listen((connection) => connection.once('data', () => void connection.write(octets)));
}

function echo(_command: string, message: ViciMessage): ViciAnswer {
  return {
    message,
    events: [
      { name: 'list', message },
      { name: 'other', message: [] },
    ],
  };
}

describe('opening a connection to charon', () => {
  it.each([
    ['is not there', () => {}, 'there is no such socket'],
    ['is a file', () => writeFileSync(socket, ''), 'it is a file, not a socket'],
    ['is a directory', () => mkdirSync(socket), 'it is a directory, not a socket'],
  ])('fails where the socket %s', async (_what, make, why) => {
    make();
    await expect(open()).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: `Cannot talk to the charon at "${socket}": ${why}`,
    });
  });

  it('fails where nobody listens any more', async () => {
    const former = createServer();
    await new Promise<void>((resolve) => void former.listen(`${socket}2`, resolve));
    renameSync(`${socket}2`, socket);
    await new Promise((resolve) => void former.close(resolve));
    await expect(open()).rejects.toThrow('nobody listens there');
  });

  it('fails with the reason of a signal that has come already', async () => {
    await startFakeVici(echo, socket);
    await expect(open(5_000, AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C');
  });
});

describe('ViciClient', () => {
  it('has commands done one after another, in the order they were asked for', async () => {
    const { commands } = await startFakeVici(echo, socket);
    const client = await open();
    const asked = ['a', 'b', 'c'].map((name) => client.request(name, [value('name', name)]));
    const answers = await Promise.all(asked);
    expect(answers.map((answer) => textIn(answer, 'name'))).toStrictEqual(['a', 'b', 'c']);
    expect(commands).toStrictEqual(['a', 'b', 'c']);
  });

  it('collects the events of a stream, and no others', async () => {
    await startFakeVici(echo, socket);
    const client = await open();
    const events = await client.stream('list-all', 'list', [value('x', 'y')]);
    expect(events).toStrictEqual([[value('x', 'y')]]);
  });

  it('fails where charon refuses a stream in the end, but for an attempt', async () => {
    const charon = await startFakeVici(echo, socket);
    const client = await open();
    charon.failNext('list-all', { errmsg: 'not now' }, 2);
    await expect(client.stream('list-all', 'list')).rejects.toThrow('"not now"');
    const { answer } = await client.attempt('list-all', 'list', []);
    expect(textIn(answer, 'errmsg')).toBe('not now');
  });

  it('tells of events that were listened for, also between commands', async () => {
    const charon = await startFakeVici(echo, socket);
    const client = await open();
    const heard: string[] = [];
    await client.listen('ike-updown', (message) => heard.push(textIn(message, 'n') ?? ''));
    charon.raise('ike-updown', [value('n', '1')]);
    charon.raise('other', [value('n', '2')]);
    await client.request('version');
    charon.raise('ike-updown', [value('n', '3')]);
    await client.request('version');
    expect(heard).toStrictEqual(['1', '3']);
  });

  it('goes on after a command that charon refuses or does not know', async () => {
    const charon = await startFakeVici(echo, socket);
    const client = await open();
    charon.failNext('load-cert', { errmsg: 'parsing \u001b[31mfailed' });
    charon.failNext('load-conn', 'unknown');
    await expect(client.request('load-cert')).rejects.toThrow(
      'it refuses load-cert, "parsing \\u001b[31mfailed"',
    );
    await expect(client.request('load-conn')).rejects.toThrow('"unknown command"');
    expect(await client.request('version')).toStrictEqual([]);
  });

  it('shows nothing of what whoever got a key or a PIN says back', async () => {
    const charon = await startFakeVici(echo, socket);
    const client = await open();
    for (const command of ['load-key', 'load-token']) {
      charon.failNext(command, { errmsg: 'no: 30770201010420a3f1' });
      await expect(client.request(command)).rejects.toThrow(`it refuses ${command}, "…"`);
      charon.failNext(command, { errmsg: 'parsing any private key failed' });
      await expect(client.request(command)).rejects.toThrow('"parsing any private key failed"');
    }
  });

  it('fails in whatever was asked for when charon ends', async () => {
    const charon = await startFakeVici(echo, socket);
    charon.failNext('load-conn', 'die');
    const client = await open();
    const asked = [client.request('load-conn'), client.request('version')];
    for (const each of await Promise.allSettled(asked))
      expect(each).toMatchObject({
        status: 'rejected',
        reason: { message: expect.stringContaining('it ended the connection during load-conn') },
      });
    expect(await client.ended()).toMatchObject({ code: 'DELIVERY_FAILED' });
  });

  it('fails when everything together takes too long, however long a command may take', async () => {
    const charon = await startFakeVici(echo, socket);
    const client = await ViciClient.open(socket, { timeoutMs: 10_000, totalMs: 50 });
    charon.failNext('load-conn', 'silence');
    await expect(client.request('load-conn')).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('no answer to all that was asked in 0.05 s'),
    });
  });

  it('fails when no answer comes in time, and asks nothing more', async () => {
    const charon = await startFakeVici(echo, socket);
    charon.failNext('load-key', 'silence');
    const client = await open(50);
    const asked = [client.request('load-key'), client.request('version')];
    for (const each of await Promise.allSettled(asked))
      expect(each).toMatchObject({
        reason: { message: expect.stringContaining('no answer to load-key in 0.05 s') },
      });
    expect(charon.commands).toStrictEqual(['load-key']);
  });

  it('ends with the reason of its signal', async () => {
    const charon = await startFakeVici(echo, socket);
    charon.failNext('load-key', 'silence');
    const controller = new AbortController();
    const client = await open(5_000, controller.signal);
    const asked = client.request('load-key');
    controller.abort(new Error('Ctrl-C'));
    await expect(asked).rejects.toThrow('Ctrl-C');
    await expect(client.request('version')).rejects.toThrow('Ctrl-C');
  });

  it.each([
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'it announces 1213486160 octets'],
    ['nothing of a length', fromHex('00000000'), 'it announces 0 octets'],
    ['an unknown packet', fromHex('0000000109'), 'its packet is of no known type'],
    ['half a message', fromHex('000000030103ff'), 'it ends too early'],
    [
      'a confirmation',
      encodePacket({ type: 'event-confirm' }),
      'an answer of type event-confirm fits no question',
    ],
    [
      'a command',
      encodePacket({ type: 'command', name: 'x', message: [] }),
      'an answer of type command fits no question',
    ],
    ['two answers', fromHex('00000001010000000101'.repeat(2)), 'it answers what nobody asked'],
  ])('says that what answers with %s is not charon', async (_what, octets, why) => {
    await answering(octets);
    const client = await open();
    const [first] = await Promise.allSettled([client.request('version')]);
    const error = first?.status === 'rejected' ? first.reason : await client.ended();
    expect(error).toMatchObject({
      code: 'DELIVERY_FAILED',
      message: `Cannot talk to the charon at "${socket}": what answers does not speak VICI: ${why}`,
    });
  });

  it('says so, too, where a stream does not end', async () => {
    const events = Array.from({ length: 20_001 }, () => ({ name: 'list', message: [] }));
    await startFakeVici(() => ({ message: [], events }), socket);
    const client = await open();
    await expect(client.stream('list-all', 'list', [])).rejects.toThrow('does not end');
  });

  it('tells nothing of what it sent when charon ends', async () => {
    const charon = await startFakeVici(echo, socket);
    charon.failNext('load-token', 'die');
    const client = await open();
    const [told] = await Promise.allSettled([
      client.request('load-token', [value('pin', 'Pin-4711-geheim')]),
    ]);
    expect(JSON.stringify(told, Object.getOwnPropertyNames(Error.prototype))).not.toContain('4711');
    expect(told).toMatchObject({ reason: { message: expect.not.stringContaining('4711') } });
  });

  it('fails in what is under way when it is closed', async () => {
    const charon = await startFakeVici(echo, socket);
    charon.failNext('version', 'silence');
    const client = await open();
    const asked = client.request('version');
    client.close();
    await expect(asked).rejects.toThrow('the connection was closed');
  });
});
