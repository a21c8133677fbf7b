import { createServer as createPlain, type Server } from 'node:net';
import { createServer, TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { probeService } from '../../src/deploy/probe.ts';
import type { Issued } from '../harness/certificates.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { ders, issueCa, issueTls, keyPem, loopbackNames, pems } from '../http/tls-server.ts';

const host = '127.0.0.1';
const ca = issueCa('CN=ca');
const [old, fresh] = [issueTls(ca, loopbackNames), issueTls(ca, loopbackNames)];
const [freshDer = new Uint8Array()] = ders(fresh);
const impatient = { patienceMs: 0 };

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, host, resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  return address.port;
}

function credentials(issued: Issued): { readonly key: string; readonly cert: string } {
  return { key: keyPem(issued), cert: pems(issued) };
}

/** An FTP server that begins TLS when it is asked to, or says something else. */
function ftp(greeting: string, answer: string): Promise<number> {
  return listening(
    createPlain((socket) => {
      socket.on('error', () => {});
      socket.write(greeting);
      socket.once('data', (asked) => {
        expect(asked.toString('latin1')).toBe('AUTH TLS\r\n');
        socket.write(answer);
        if (!answer.startsWith('234')) return;
        new TLSSocket(socket, { isServer: true, ...credentials(fresh) }).on('error', () => {});
      });
    }),
  );
}

describe('probeService()', () => {
  it('finds the certificate that is served, whoever signed it', async () => {
    const port = await listening(createServer(credentials(fresh)));
    expect(await probeService({ host, port }, freshDer)).toBeUndefined();
  });

  it('says what is served instead, by serial numbers', async () => {
    const port = await listening(createServer(credentials(old)));
    expect(await probeService({ host, port }, freshDer, impatient)).toMatch(
      new RegExp(`^${host}:${port} serves the certificate with serial [0-9a-f]+, not [0-9a-f]+$`),
    );
  });

  it('waits for a server that takes a moment', async () => {
    const server = createServer(credentials(old));
    const port = await listening(server);
    // The first connection has begun with the old one by then.
    server.once('connection', () =>
      setImmediate(() => server.setSecureContext(credentials(fresh))),
    );
    expect(await probeService({ host, port }, freshDer, { patienceMs: 60_000 })).toBeUndefined();
  });

  it('is not content while some connections still find the old certificate', async () => {
    const server = createServer(credentials(fresh));
    const port = await listening(server);
    const order = [fresh, old, fresh, fresh, old, fresh, fresh, fresh];
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
      const next = order[connections] ?? fresh;
      setImmediate(() => server.setSecureContext(credentials(next)));
    });
    expect(await probeService({ host, port }, freshDer, { patienceMs: 60_000 })).toBeUndefined();
    expect(connections).toBe(order.length);
  });

  it('asks for the name it is told', async () => {
    const names = new Set<string>();
    const port = await listening(
      createServer({
        ...credentials(fresh),
        SNICallback: (name, done) => {
          names.add(name);
          done(null);
        },
      }),
    );
    await probeService({ host, port, serverName: 'gw1.test' }, freshDer);
    expect([...names]).toEqual(['gw1.test']);
  });

  it('begins TLS inside FTP', async () => {
    const port = await ftp('220-Hello\r\n220 there\r\n', '234 Go on\r\n');
    expect(await probeService({ host, port, starttls: 'ftp' }, freshDer)).toBeUndefined();
  });

  it.each([
    ['220 Hello\r\n', '502 No TLS here\r\n', 'it says "502 No TLS here'],
    ['421 Too many\r\n', '', 'it says "421 Too many'],
    ['x'.repeat(10_000), '', 'it says "xxx'],
  ])('says why FTP does not: %#', async (greeting, answer, expected) => {
    const port = await ftp(greeting, answer);
    const said = await probeService({ host, port, starttls: 'ftp' }, freshDer, impatient);
    expect(said).toContain(`${host}:${port} cannot be asked: ${expected}`);
  });

  it('says when nobody is there, or hangs up', async () => {
    const nobody = await unusedPort();
    expect(await probeService({ host, port: nobody }, freshDer, impatient)).toContain(
      `${host}:${nobody} cannot be asked: connect ECONNREFUSED`,
    );
    const port = await listening(createPlain((socket) => socket.destroy()));
    expect(await probeService({ host, port }, freshDer, impatient)).toContain('cannot be asked');
  });

  it('ends when it is interrupted', async () => {
    const signal = AbortSignal.abort(new Error('Ctrl-C'));
    await expect(probeService({ host, port: 1 }, freshDer, { signal })).rejects.toThrow('Ctrl-C');

    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const port = await listening(
      createPlain((socket) => {
        socket.once('close', () => controller.abort(reason)).destroy();
      }),
    );
    const probing = probeService({ host, port }, freshDer, { signal: controller.signal });
    await expect(probing).rejects.toBe(reason);
  });
});
