import { createSocket } from 'node:dgram';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fromDer } from '../../src/asn1/codec.ts';
import { certIdOf } from '../../src/revocation/ocsp-cert-id.ts';
import { extensionValue, extension } from '../../src/x509/extension-values.ts';
import { OCSPRequest } from '../../src/x509/ocsp-request.ts';
import {
  onRequest,
  openHostileServer,
  unusedPort,
  type HostileServer,
} from '../http/hostile-server.ts';
import { ca, leaf, response, single } from '../revocation/ocsp-made.ts';
import {
  chainOf,
  certificateFile,
  minuteAfter,
  responseFile,
  rulesFor,
} from '../revocation/ocsp-vectors.ts';
import {
  answerWith,
  asking,
  codeIn,
  naming,
  ocspObjectFor,
  responderAt,
  until,
} from './ocsp-asked.ts';

async function hostile(...[answer]: Parameters<typeof openHostileServer>): Promise<HostileServer> {
  const server = await openHostileServer(answer);
  onTestFinished(() => server.close());
  return server;
}

describe('a query', () => {
  it('goes by GET to where the settings say, whatever the certificate names', async () => {
    const { url, requests } = await responderAt();
    const { ask, events } = asking();
    const answer = await ask(ocspObjectFor({ query: { url } }));
    expect(answer.tried).toMatchObject([
      { source: { type: 'ocsp', url, from: 'network' }, verdict: { type: 'good' } },
    ]);
    expect(requests).toMatchObject([{ method: 'GET' }]);
    const [, encoded = ''] = requests[0]?.path.split('/ocsp/') ?? [];
    const sent = fromDer(
      OCSPRequest,
      Uint8Array.from(Buffer.from(decodeURIComponent(encoded), 'base64')),
    );
    const wanted = certIdOf(leaf.certificate, ca.certificate, 'sha1');
    expect(sent.tbsRequest.requestList[0]?.reqCert).toMatchObject(wanted);
    expect(events).toMatchObject([{ type: 'ocsp-query', url, outcome: 'good' }]);
  });

  it('goes to the responders of the certificate one after the other, until one has a word', async () => {
    const silent = `http://127.0.0.1:${await unusedPort()}/`;
    const named = await responderAt((_request, out) => answerWith(out, ofNamed()));
    const of = naming('ldap://x/y', silent, named.url, 'http://never.example/');
    const ofNamed = () =>
      response({
        singles: [single({ certID: certIdOf(of.certificate, ca.certificate, 'sha1') })],
      });
    const answer = await asking().ask(ocspObjectFor({}), { certificate: of.certificate });
    expect(answer.verdict.type).toBe('good');
    expect(answer.tried).toMatchObject([
      { source: { url: silent }, verdict: { code: 'connect' } },
      { source: { url: named.url }, verdict: { type: 'good' } },
    ]);
  });

  it('is not made when nobody is named, and that is no failure to be remembered', async () => {
    const { ask, client } = asking();
    expect(await ask(ocspObjectFor({}))).toMatchObject({
      verdict: { code: 'no-source' },
      tried: [],
    });
    expect(client.results.count).toBe(0);
  });

  it('with a nonce goes by POST, each with another one, which has to come back', async () => {
    const seen: string[] = [];
    const { url, requests } = await responderAt(({ body }, out) => {
      const { tbsRequest } = fromDer(OCSPRequest, Uint8Array.from(body));
      const nonce = extensionValue(tbsRequest.requestExtensions, 'ocspNonce') ?? new Uint8Array();
      seen.push(Buffer.from(nonce).toString('hex'));
      const responseExtensions = [extension('ocspNonce', nonce)];
      answerWith(out, response({ data: { responseExtensions } }));
    });
    const { ask } = asking();
    const object = {
      rules: { nonce: 'require' },
      query: { url },
      cache: { caching: false },
    } as const;
    expect(codeIn(await ask(ocspObjectFor(object)))).toBe('good');
    expect(codeIn(await ask(ocspObjectFor(object)))).toBe('good');
    expect(new Set(seen).size).toBe(2);
    expect(seen[0]).toHaveLength(64);
    expect(requests[0]).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
    });
  });

  it('whose answer was made beforehand has no nonce, and says which settings that needs', async () => {
    const { url } = await responderAt();
    const answer = await asking().ask(
      ocspObjectFor({ rules: { nonce: 'require' }, query: { url } }),
    );
    expect(answer.verdict).toMatchObject({ code: 'nonce-missing' });
    expect(JSON.stringify(answer.verdict)).toContain('prefer');
  });

  it('calls the responder by the name that is set, on the way to where the URL says', async () => {
    const { url, requests } = await responderAt();
    await asking().ask(ocspObjectFor({ query: { url, hostHeader: 'ocsp.example' } }));
    expect(requests[0]?.headers.host).toBe('ocsp.example');
  });

  it('is believed when its answer is called something else, and that is noted', async () => {
    const { url } = await responderAt((_request, out) =>
      answerWith(out, response(), 'application/octet-stream'),
    );
    const answer = await asking().ask(ocspObjectFor({ query: { url } }));
    expect(answer.tried[0]).toMatchObject({ verdict: { type: 'good' }, notes: ['content-type'] });
  });

  it('is answered by real responses of OpenSSL', async () => {
    const octets = responseFile('good');
    const { url } = await responderAt((_request, out) => answerWith(out, octets));
    const issuer = certificateFile('ca');
    const { ask } = asking({ at: minuteAfter(octets) });
    const object = {
      ...ocspObjectFor({ query: { url } }),
      rules: rulesFor(chainOf([issuer])),
    };
    const about = { certificate: certificateFile('good'), issuer };
    expect(codeIn(await ask(object, about))).toBe('good');
    // The answer about another certificate is none about this one.
    const other = { certificate: certificateFile('revoked'), issuer };
    expect(codeIn(await ask(object, other))).toBe('no-matching-response');
  });
});

describe('a responder that sends us on', () => {
  it('is followed three times, and no further', async () => {
    const { url, requests } = await responderAt(({ path }, out) => {
      const [, left = ''] = /^\/left\/(\d)/.exec(path) ?? [];
      if (left === '0') answerWith(out, response());
      else {
        const next = left === '' ? start : Number(left) - 1;
        out.writeHead(302, { location: `/left/${next}` }).end();
      }
    });
    let start = 2;
    expect(codeIn(await asking().ask(ocspObjectFor({ query: { url } })))).toBe('good');
    expect(requests).toHaveLength(4);
    start = 3;
    expect(codeIn(await asking().ask(ocspObjectFor({ query: { url } })))).toBe('http-status');
    const loop = await responderAt((_request, out) => out.writeHead(301, { location: '/' }).end());
    expect(codeIn(await asking().ask(ocspObjectFor({ query: { url: loop.url } })))).toBe(
      'http-status',
    );
    expect(loop.requests).toHaveLength(4);
  });

  it.each(['file:///etc/passwd', 'ftp://x/', 'http://user:pw@127.0.0.1/', 'http://'])(
    'to %s is not followed',
    async (location) => {
      const { url } = await responderAt((_request, out) => out.writeHead(302, { location }).end());
      const answer = await asking().ask(ocspObjectFor({ query: { url } }));
      expect(codeIn(answer)).toBe('http-status');
      expect(JSON.stringify(answer)).not.toContain('pw');
    },
  );

  it('gets the query once more as it was, nonce and all, and not the name of its host', async () => {
    const second = await responderAt();
    const first = await responderAt((_request, out) =>
      out.writeHead(307, { location: second.url }).end(),
    );
    const query = { url: first.url, hostHeader: 'ocsp.example' };
    await asking().ask(ocspObjectFor({ rules: { nonce: 'prefer' }, query }));
    expect(second.requests[0]).toMatchObject({ method: 'POST' });
    expect(second.requests[0]?.body).toStrictEqual(first.requests[0]?.body);
    expect(second.requests[0]?.headers.host).toBe(`127.0.0.1:${second.port}`);
  });
});

describe('the way to a responder', () => {
  it('is a tunnel through a proxy, for plain http as well, with a password', async () => {
    const seen: string[] = [];
    const { url, requests, port } = await responderAt();
    const proxy = await hostile((socket) => {
      socket.once('data', (chunk: Buffer) => {
        seen.push(chunk.toString('latin1'));
        void import('node:net').then(({ connect }) => {
          const onward = connect(port, '127.0.0.1', () => {
            socket.write('HTTP/1.1 200 OK\r\n\r\n');
            socket.pipe(onward).pipe(socket);
          });
          onward.on('error', () => {});
        });
      });
    });
    const tunnel = {
      address: '127.0.0.1',
      port: proxy.port,
      username: 'gw',
      password: Buffer.from('s3cret'),
    };
    const answer = await asking().ask(ocspObjectFor({ query: { url, tunnel } }));
    expect(codeIn(answer)).toBe('good');
    expect(seen[0]).toMatch(new RegExp(`^CONNECT 127.0.0.1:${port} HTTP/1.1\r\n`));
    expect(seen[0]).toContain(`Basic ${Buffer.from('gw:s3cret').toString('base64')}`);
    expect(requests[0]?.headers['proxy-authorization']).toBeUndefined();
  });

  it('ends at a proxy that wants another password, which is a status, and is not told', async () => {
    const proxy = await hostile((socket) =>
      onRequest(socket, () => {
        socket.end('HTTP/1.1 407 No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n');
      }),
    );
    const tunnel = {
      address: '127.0.0.1',
      port: proxy.port,
      username: 'gw',
      password: Buffer.from('s3cret'),
    };
    const query = { url: 'http://ocsp.example/', tunnel };
    const answer = await asking().ask(ocspObjectFor({ query }));
    expect(codeIn(answer)).toBe('http-status');
    expect(JSON.stringify(answer)).not.toContain('s3cret');
  });

  it('is found by the name servers of the settings', async () => {
    const { port, requests } = await responderAt();
    const names = createSocket('udp4');
    onTestFinished(() => void names.close());
    names.on('message', (query, { port: from }) => {
      // The question as it came, and one A record of 127.0.0.1 behind it.
      const header = Buffer.from(query.subarray(0, 12));
      header.writeUInt16BE(0x8180, 2);
      header.writeUInt16BE(1, 6);
      header.writeUInt16BE(0, 10);
      const end = query.indexOf(0, 12) + 5;
      const record = Buffer.from('c00c00010001000000010004 7f000001'.replace(' ', ''), 'hex');
      names.send(Buffer.concat([header, query.subarray(12, end), record]), from, '127.0.0.1');
    });
    await new Promise<void>((resolve) => names.bind(0, '127.0.0.1', resolve));
    const resolvers = [`127.0.0.1:${names.address().port}`];
    const url = `http://ocsp.nowhere.example:${port}/ocsp`;
    const answer = await asking().ask(ocspObjectFor({ query: { url, resolvers } }));
    expect(codeIn(answer)).toBe('good');
    expect(requests[0]?.headers.host).toBe(`ocsp.nowhere.example:${port}`);
  });

  it('takes so many at a time as the object allows, and the others wait for their turn', async () => {
    const held: (() => void)[] = [];
    const { url, requests } = await responderAt((_request, out) =>
      held.push(() => out.writeHead(500).end()),
    );
    const { ask } = asking();
    const object = ocspObjectFor({ query: { url, concurrency: 2 } });
    const all = [1, 2, 3].map((serial) =>
      ask(object, { certificate: naming(`http://${serial}/`).certificate }),
    );
    await until(() => held.length === 2);
    expect(requests).toHaveLength(2);
    held.shift()?.();
    await until(() => held.length === 2);
    for (const answer of held) answer();
    expect((await Promise.all(all)).map(codeIn)).toStrictEqual(Array(3).fill('http-status'));
  });
});

describe('whoever asks', () => {
  it('asks once with all who want the same at the same time', async () => {
    const held: (() => void)[] = [];
    const { url, requests } = await responderAt((_request, out) =>
      held.push(() => answerWith(out, response())),
    );
    const { ask } = asking();
    const object = ocspObjectFor({ query: { url } });
    const all = Array.from({ length: 20 }, () => ask(object));
    await until(() => held.length === 1);
    held[0]?.();
    expect(new Set((await Promise.all(all)).map(codeIn))).toStrictEqual(new Set(['good']));
    expect(requests).toHaveLength(1);
  });

  it('may go: the others go on, and with the last one the query ends', async () => {
    const closed: number[] = [];
    const { url, requests } = await responderAt((_request, out, number) =>
      out.on('close', () => closed.push(number)),
    );
    const { ask, client } = asking();
    const object = ocspObjectFor({ query: { url } });
    const [one, two] = [new AbortController(), new AbortController()];
    const first = ask(object, { signal: one.signal });
    const second = ask(object, { signal: two.signal });
    await until(() => requests.length === 1);
    one.abort();
    expect(codeIn(await first)).toBe('timeout');
    expect(closed).toStrictEqual([]);
    two.abort();
    expect(codeIn(await second)).toBe('timeout');
    await until(() => closed.length === 1);
    // That nobody waits any more says nothing of the responder.
    expect(client.results.count).toBe(0);
  });

  it('is told what is not to be believed, and by whom', async () => {
    const { url } = await responderAt((_request, out) =>
      answerWith(out, response({ signer: leaf })),
    );
    const { ask, events } = asking();
    expect(codeIn(await ask(ocspObjectFor({ query: { url } })))).toBe('unauthorized-responder');
    expect(events).toContainEqual({ type: 'responder-unauthorized', url });
  });
});
