import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ExitCode } from '../../src/base/errors.ts';
import { concatBytes } from '../../src/base/bytes.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { decodeMessage, PKIMessage } from '../../src/cmp/message/pki-message.ts';
import { PKIHeader } from '../../src/cmp/message/pki-header.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import {
  onRequest,
  openHostileServer,
  responseText,
  unusedPort,
  type HostileServer,
} from '../http/hostile-server.ts';
import { expectOneError, initialize, makeDesk } from './desk.ts';
import {
  answering,
  messageIn,
  nested,
  rejection,
  wrapped,
  type Answerer,
  type Bent,
} from './hostile-answers.ts';

/** A response with an answer, as a CA gives it. */
function response(der: Uint8Array): string {
  const headers = { 'Content-Type': 'application/pkixcmp' };
  return responseText(Buffer.from(der).toString('latin1'), headers);
}

async function serve(answer: (socket: Socket) => void): Promise<HostileServer> {
  const server = await openHostileServer(answer);
  onTestFinished(() => server.close());
  return server;
}

/**
 * Ask a peer for a certificate, and check that what it does comes out as one error and leaves nothing
 * behind but its mention in history and statistics, and the key that was made.
 *
 * @returns what was printed
 */
async function failing(url: string, exitCode: ExitCode): Promise<string> {
  const desk = makeDesk();
  await desk.addCa(url);
  const before = desk.dump();
  const begun = performance.now();
  const outcome = await desk.run(initialize);
  expect(performance.now() - begun, 'milliseconds').toBeLessThan(5000);
  expectOneError(outcome, exitCode);
  expect(outcome.err).toMatch(/^transactionID: [0-9a-f]{32}$/m);
  const after = desk.dump();
  for (const table of ['transactions', 'certificates', 'certificate_chains']) {
    expect(after[table], table).toEqual([]);
  }
  for (const table of ['settings', 'authorities', 'authority_certificates', 'data_key']) {
    expect(after[table], table).toEqual(before[table]);
  }
  expect(after['history']).toMatchObject([{ name: 'gw1', ca: 'mock', result: 'failed' }]);
  return outcome.err;
}

describe('a server', () => {
  it('that is not there is named', async () => {
    const err = await failing(`http://127.0.0.1:${await unusedPort()}/pkix/`, 5);
    expect(err).toContain(': connection refused');
  });

  const html = '<html><body>It works!</body></html>';
  const asHtml = { 'Content-Type': 'text/html' };
  const asCmp = { 'Content-Type': 'application/pkixcmp' };
  const replies: readonly (readonly [string, string, string])[] = [
    ['answers with a web page', responseText(html, asHtml), 'body begins "<html><body>It works!'],
    ['answers with text', responseText('busy', { 'Content-Type': 'text/plain' }), 'begins "busy"'],
    ['does not say what it answers', responseText('x'), 'no Content-Type'],
    ['answers with nothing', responseText('', asCmp), 'empty body'],
    ['is elsewhere', responseText('', { Location: 'http://a/' }, '301 Moved'), '"http://a/"'],
    ['is elsewhere unsaid', responseText('', {}, '302 Found'), 'no Location'],
    ['does not know the path', responseText(html, asHtml, '404 Not Found'), 'HTTP 404'],
    ['wants a password', responseText('', {}, '401 Unauthorized'), 'HTTP 401'],
    ['has failed', responseText(html, asHtml, '500 Oops'), 'HTTP 500'],
    ['is overloaded', responseText('', {}, '503 Service Unavailable'), 'HTTP 503'],
    ['speaks another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'does not speak HTTP'],
    [
      'announces 100 MB',
      responseText('', { ...asCmp, 'Content-Length': '100000000' }),
      '100000000',
    ],
    [
      'sends less than it announced',
      responseText('x', { ...asCmp, 'Content-Length': '9' }),
      'clos',
    ],
    ['has a header without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`, 'header'],
    ['tries to write over the terminal', responseText('\u001b[2J\rok'), '"'],
  ];
  it.each(replies)('that %s is no CMP server', async (_what, reply, said) => {
    const { url } = await serve((socket) => onRequest(socket, () => socket.end(reply, 'latin1')));
    const err = await failing(url, 5);
    expect(err).toContain(said);
    // oxlint-disable-next-line no-control-regex -- nothing of that kind may reach a terminal
    expect(err).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
  });

  it('that sends 100 MB without saying so is left after the first', async () => {
    let sent = 0;
    const { url } = await serve((socket) =>
      onRequest(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\n\r\n');
        const chunk = Buffer.alloc(1 << 20, 0x30);
        const pour = (): void => {
          while (sent < 100 && !socket.destroyed) {
            sent += 1;
            if (!socket.write(chunk)) break;
          }
        };
        socket.on('drain', pour);
        pour();
      }),
    );
    expect(await failing(url, 5)).toContain('at most 1048576 octets are taken');
    expect(sent).toBeLessThan(50);
  });

  it.each([
    ['at once', (socket: Socket): unknown => socket.end()],
    ['after the request', (socket: Socket): unknown => onRequest(socket, () => socket.end())],
    [
      'in the middle of the header',
      (socket: Socket): unknown => onRequest(socket, () => socket.end('HTTP/1.1 200 O')),
    ],
    [
      'with a reset',
      (socket: Socket): unknown => onRequest(socket, () => socket.resetAndDestroy()),
    ],
  ])('that hangs up %s may have acted all the same', async (_when, act) => {
    const { url } = await serve((socket) => void act(socket));
    const err = await failing(url, 5);
    expect(err).toContain('Cannot get a response from');
    expect(err).toContain('hint: The peer may have acted on the request all the same');
  });

  it('that never answers is waited for as long as the profile says', async () => {
    const { url } = await serve(() => {});
    expect(await failing(url, 5)).toContain('silence for 1 s');
  });

  it('that trickles is not waited for longer than both timeouts', async () => {
    const { url } = await serve((socket) =>
      onRequest(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\n\r\n');
        const timer = setInterval(() => socket.write('0'), 100);
        socket.once('close', () => clearInterval(timer));
      }),
    );
    expect(await failing(url, 5)).toContain('not complete after 2 s');
  });
});

describe('an answer', () => {
  const sequence = Uint8Array.of(0x30, 0x80, 0, 0);
  const certificate = issue({ subject: 'CN=any,O=Test' }).certificate;
  const flood = Array.from({ length: 3000 }, () => certificateDer(certificate));
  const strange = { algorithm: '1.2.3.4' } as const;

  const answers: readonly (readonly [string, Answerer, string])[] = [
    ['noise', () => Uint8Array.from({ length: 500 }, (_, i) => (i * 89) & 0xff), 'Cannot decode'],
    ['one octet', () => Uint8Array.of(0x30), 'Cannot decode'],
    ['BER of indefinite length', () => sequence, 'Cannot decode'],
    ['cut off', cut, 'Cannot decode'],
    ['a length of 4 GB', () => Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff), 'Cannot decode'],
    ['a certificate', () => certificateDer(certificate), 'Cannot decode'],
    ['one octet too long', (r) => Buffer.concat([answering()(r), Buffer.alloc(1)]), 'follow'],
    ['nested 10000 deep', () => nested(10_000), 'Cannot decode'],
    ['nested 10000 deep in the body', (r) => deepBody(r), 'Cannot decode'],
    ['followed by 3000 certificates', answering({ extraCerts: flood }), 'more than 100'],
    ['our own request', echo, 'Cannot'],
    ['unprotected', unprotected, 'it is not protected'],
    ['MACed with 2^31 iterations', answering(pbm({ iterationCount: 2 ** 31 })), '2147483648'],
    ['MACed with no iteration', answering(pbm({ iterationCount: 0 })), 'iterationCount 0'],
    ['MACed with -1 iterations', answering(pbm({ iterationCount: -1 })), 'iterationCount -1'],
    ['MACed with an empty salt', answering(pbm({ salt: new Uint8Array() })), 'salt 0 octets'],
    ['MACed with a huge salt', answering(pbm({ salt: new Uint8Array(5000) })), '5000 octets'],
    ['MACed with a strange hash', answering(pbm({ owf: strange })), '1.2.3.4'],
    ['MACed with a strange MAC', answering(pbm({ mac: strange })), '1.2.3.4'],
    ['MACed wrongly', answering({ isForged: true }), 'does not fit the shared secret'],
    [
      'for somebody else',
      answering({ header: { transactionID: new Uint8Array(16) } }),
      'transactionID',
    ],
    ['to another message', answering({ header: { recipNonce: new Uint8Array(16) } }), 'recipNonce'],
    ['from 1999', answering({ header: { messageTime: new Date('1999-01-01') } }), '1999'],
    ['of pvno 1', answering({ header: { pvno: 1 } }), 'pvno is 1'],
    ['of pvno 2^40', answering({ header: { pvno: 2 ** 40 } }), 'pvno'],
    ['a confirmation', answering({ body: { type: 'pkiconf', value: null } }), '"pkiconf"'],
    ['a cp', answering({ body: { ...rejection, type: 'cp' } }), 'expected "ip"'],
    ['to nothing', answering({ body: { type: 'ip', value: { response: [] } } }), '0 CertResponses'],
  ];
  it.each(answers)('that is %s is refused', async (_what, answer, said) => {
    const { url } = await serve((socket) =>
      onRequest(socket, (text) => socket.write(response(answer(messageIn(text))), 'latin1')),
    );
    expect(await failing(url, 6)).toContain(said);
  });

  it('with a status of 500 counts all the same', async () => {
    const desk = makeDesk();
    const { url } = await serve((socket) =>
      onRequest(socket, (text) => {
        const whole = response(answering()(messageIn(text))).replace('200 OK', '500 Oops');
        socket.write(whole, 'latin1');
      }),
    );
    await desk.addCa(url);
    const { code, err } = await desk.run(initialize);
    expect(code).toBe(7);
    expect(err).toContain('badPOP');
  });

  it('is printed without what a terminal would obey', async () => {
    const desk = makeDesk();
    const status = {
      status: 'rejection',
      statusString: ['\u001b[2J\u202eno', 'line\nerror: forged'],
      failInfo: ['badPOP'],
    } as const;
    const body = { type: 'ip', value: { response: [{ certReqId: 0, status }] } } as const;
    const { url } = await serve((socket) =>
      onRequest(socket, (text) =>
        socket.write(response(answering({ body })(messageIn(text))), 'latin1'),
      ),
    );
    await desk.addCa(url);
    const { code, err } = await desk.run(initialize);
    expect(code).toBe(7);
    expect(err).not.toContain('\u001b');
    expect(err).not.toContain('\u202e');
    expect(err.match(/^error:/gm)).toHaveLength(1);
    const history = await desk.run('show cmp history');
    expect(history.out).not.toContain('\u001b');
  });
});

function pbm(parameters: NonNullable<Bent['pbm']>): Bent {
  return { pbm: parameters, isForged: true };
}

const cut: Answerer = (request) => answering()(request).subarray(0, 100);

const echo: Answerer = (request) => answering({ header: request.header, isForged: true })(request);

const unprotected: Answerer = (request) => {
  const { header, body } = decodeMessage(answering()(request));
  const { protectionAlg: _, ...bare } = header;
  return toDer(PKIMessage, { header: bare, body });
};

/** A header that is right, and a body that has no end. */
const deepBody: Answerer = (request) => {
  const { header } = decodeMessage(answering()(request));
  return wrapped(0x30, concatBytes(toDer(PKIHeader, header), wrapped(0xa1, nested(10_000))));
};
