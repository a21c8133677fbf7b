import { describe, expect, it, onTestFinished } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { OCSPResponse } from '../../src/x509/ocsp-response.ts';
import { onRequest, openHostileServer, type HostileServer } from '../http/hostile-server.ts';
import { response } from '../revocation/ocsp-made.ts';
import { answerWith, asking, codeIn, ocspObjectFor, responderAt, until } from './ocsp-asked.ts';

const later = toDer(OCSPResponse, { responseStatus: 'tryLater' });

async function hostile(...[answer]: Parameters<typeof openHostileServer>): Promise<HostileServer> {
  const server = await openHostileServer(answer);
  onTestFinished(() => server.close());
  return server;
}

describe('a hostile responder', () => {
  it('that says nothing, or trickles, costs one timeout', async () => {
    const silent = await hostile(() => {});
    const trickling = await hostile((socket) =>
      onRequest(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/ocsp-response\r\n\r\n0');
      }),
    );
    for (const server of [silent, trickling]) {
      const { ask, clock } = asking();
      const answer = ask(ocspObjectFor({ query: { url: server.url, timeoutMs: 200 } }));
      await until(() => server.connections() === 1);
      await clock.advance(0.2);
      expect(codeIn(await answer)).toBe('timeout');
    }
  });

  it('cannot fill our memory: with an endless body, one of 10 MB, or a header that says so', async () => {
    const endless = await responderAt((_request, out) => {
      const write = (): void => {
        if (!out.destroyed && out.write(Buffer.alloc(65_536))) setImmediate(write);
      };
      out.on('drain', write);
      write();
    });
    const huge = await responderAt((_request, out) => answerWith(out, Buffer.alloc(10_000_000)));
    for (const { url } of [endless, huge]) {
      expect(codeIn(await asking().ask(ocspObjectFor({ query: { url } })))).toBe('too-large');
    }
    const lying = await hostile((socket) =>
      onRequest(socket, () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n')),
    );
    expect(codeIn(await asking().ask(ocspObjectFor({ query: { url: lying.url } })))).toBe(
      'too-large',
    );
  });

  it.each([
    ['no DER', Buffer.from('<html>')],
    ['nothing', Buffer.alloc(0)],
    ['more behind it', Buffer.concat([response(), Buffer.of(0)])],
    ['half of it', response().subarray(0, 300)],
  ])('that sends %s has malformed answers', async (_what, octets) => {
    const { url } = await responderAt((_request, out) => answerWith(out, octets));
    expect(codeIn(await asking().ask(ocspObjectFor({ query: { url } })))).toBe('malformed');
  });

  it('that drops the connection, before or within its answer, is not reached', async () => {
    const before = await hostile((socket) => socket.destroy());
    const inside = await hostile((socket) =>
      onRequest(socket, () => {
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\nabc');
      }),
    );
    for (const { url } of [before, inside]) {
      expect(codeIn(await asking().ask(ocspObjectFor({ query: { url } })))).toBe('connect');
    }
  });

  it('that answers by a status has that for an answer', async () => {
    for (const status of [404, 500, 204, 303, 304]) {
      const { url } = await responderAt((_request, out) => out.writeHead(status).end());
      expect(codeIn(await asking().ask(ocspObjectFor({ query: { url } }))), String(status)).toBe(
        'http-status',
      );
    }
  });

  it('whose name nobody knows is a matter of DNS', async () => {
    const url = 'http://ocsp.invalid/';
    expect(codeIn(await asking().ask(ocspObjectFor({ query: { url } })))).toBe('dns');
  });
});

describe('a responder that has no time', () => {
  it('is asked once more, within the same timeout', async () => {
    const { url, requests } = await responderAt((_request, out, number) =>
      answerWith(out, number === 1 ? later : response()),
    );
    const { ask, clock } = asking();
    const answer = ask(ocspObjectFor({ query: { url, timeoutMs: 200 } }));
    await until(() => clock.slept.length === 2);
    expect(clock.slept).toStrictEqual([200, 50]);
    await clock.advance(0.05);
    expect(codeIn(await answer)).toBe('good');
    expect(requests).toHaveLength(2);
  });

  it('twice is not asked again, for five seconds', async () => {
    const { url, requests } = await responderAt((_request, out) => answerWith(out, later));
    const { ask, clock } = asking();
    const object = ocspObjectFor({ query: { url } });
    const first = ask(object);
    await until(() => clock.slept.length === 2);
    await clock.advance(0.05);
    expect(codeIn(await first)).toBe('responder-error(tryLater)');
    expect(codeIn(await ask(object))).toBe('responder-error(tryLater)');
    expect(requests).toHaveLength(2);
    await clock.advance(6);
    const again = ask(object);
    await until(() => requests.length === 3);
    await until(() => clock.slept.length === 4);
    await clock.advance(0.05);
    expect((await again).tried[0]?.source).toMatchObject({ from: 'network' });
  });
});
