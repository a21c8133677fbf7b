import { createServer as createPlain, type Server, type Socket } from 'node:net';
import { createServer, type Server as TlsServer, type TlsOptions } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { lookForStaple, probeStaple } from '../../src/deploy/staple-probe.ts';
import type { ServedStaple } from '../../src/store/staples-contract.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { ders, issueCa, issueTls, keyPem, loopbackNames, pems } from '../http/tls-server.ts';

const host = '127.0.0.1';
const issued = issueTls(issueCa('CN=ca'), loopbackNames);
const [certificate = new Uint8Array()] = ders(issued);
const staple = utf8('STAPLE');

/** A TLS server that staples this, if anything. */
function stapling(octets: Uint8Array | undefined, options: TlsOptions = {}): TlsServer {
  const server = createServer({ key: keyPem(issued), cert: pems(issued), ...options });
  server.on('OCSPRequest', (_certificate, _issuer, done: (e: null, o: Buffer | null) => void) =>
    done(null, octets === undefined ? null : Buffer.from(octets)),
  );
  return server.on('tlsClientError', () => {});
}

async function listening(server: Server, at = host): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, at, resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  return address.port;
}

describe('probeStaple()', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('finds what is stapled by %s', async (version) => {
    const port = await listening(stapling(staple, { minVersion: version, maxVersion: version }));
    expect(await probeStaple({ host, port })).toEqual({ type: 'served', certificate, staple });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('finds that nothing is, by %s', async (version) => {
    const options = { minVersion: version, maxVersion: version } as const;
    const port = await listening(stapling(undefined, options));
    expect(await probeStaple({ host, port })).toEqual({ type: 'served', certificate });
  });

  it('asks an IPv6 address, and for the name it is told', async () => {
    const names: string[] = [];
    const server = stapling(staple, {
      SNICallback: (name, done) => {
        names.push(name);
        done(null);
      },
    });
    const port = await listening(server, '::1');
    const found = await probeStaple({ host: '::1', port, serverName: 'a.test' });
    expect(found).toEqual({ type: 'served', certificate, staple });
    expect(names).toEqual(['a.test']);
  });

  it('begins TLS inside FTP', async () => {
    const inside = stapling(staple);
    const port = await listening(
      createPlain((socket: Socket) => {
        socket.on('error', () => {}).write('220 there\r\n');
        socket.once('data', () => {
          socket.write('234 Go on\r\n');
          inside.emit('connection', socket);
        });
      }),
    );
    const found = await probeStaple({ host, port, starttls: 'ftp' });
    expect(found).toEqual({ type: 'served', certificate, staple });
  });

  it('says why it cannot ask', async () => {
    const port = await unusedPort();
    expect(await probeStaple({ host, port })).toEqual({
      type: 'failed',
      text: expect.stringContaining('connect ECONNREFUSED'),
    });
    const plain = await listening(createPlain((socket) => socket.end('220 there\r\n')));
    expect(await probeStaple({ host, port: plain })).toEqual({
      type: 'failed',
      text: 'it is no TLS service',
    });
  });

  it('waits for so long and no longer, however many words come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const port = await listening(
      createPlain((socket) => {
        socket.on('error', () => {}).write('220-one\r\n');
        setImmediate(() => vi.advanceTimersByTime(12_000));
      }),
    );
    const found = await probeStaple({ host, port, starttls: 'ftp' });
    expect(found).toEqual({ type: 'failed', text: 'no answer in time' });
  });

  it('ends when it is interrupted', async () => {
    const controller = new AbortController();
    const port = await listening(
      createPlain((socket) => {
        socket.on('error', () => {});
        controller.abort(new Error('Ctrl-C'));
      }),
    );
    await expect(probeStaple({ host, port }, controller.signal)).rejects.toThrow('Ctrl-C');
    await expect(probeStaple({ host, port }, controller.signal)).rejects.toThrow('Ctrl-C');
  });
});

describe('lookForStaple()', () => {
  const probe = { host: '::1', port: 443 };
  const served: ServedStaple = { type: 'served', certificate, staple };
  const without: ServedStaple = { type: 'served', certificate };

  it('is content when it has found it several times in a row: servers have several workers', async () => {
    const answers = [served, without, served, served, without, served, served, served];
    const left = [...answers];
    const ask = (): Promise<ServedStaple> => Promise.resolve(left.shift() ?? without);
    const options = { ask, patienceMs: 60_000 };
    expect(await lookForStaple(probe, { certificate, staple }, options)).toBeUndefined();
    expect(left).toEqual([]);
  });

  it('names the place and what it does instead, when its patience has ended', async () => {
    const found = await lookForStaple(
      probe,
      { certificate, staple },
      { ask: async () => without, patienceMs: 0 },
    );
    expect(found).toEqual({ type: 'absent', text: '[::1]:443 staples no OCSP response' });
  });

  it('ends when it is interrupted', async () => {
    const signal = AbortSignal.abort(new Error('Ctrl-C'));
    await expect(lookForStaple(probe, { certificate }, { signal })).rejects.toThrow('Ctrl-C');
  });
});
