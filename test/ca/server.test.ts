import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen, type Listening } from '../../src/ca/server.ts';
import { openHttpTransport } from '../../src/cmp/transport/http.ts';
import { transportContract } from '../cmp/transport/transport-contract.ts';
import { openLab } from './lab-under-test.ts';

transportContract('HTTP to the server of the lab', async (peer) => {
  const server = await listen(async (der) => (await peer(der)) ?? new Promise<never>(() => {}), 0);
  const transport = openHttpTransport({
    url: server.url,
    connectTimeoutMs: 5000,
    responseTimeoutMs: 5000,
  });
  return { transport, close: () => server.close() };
});

async function serve(): Promise<Listening> {
  const server = await listen(async (der) => der, 0);
  onTestFinished(() => server.close());
  return server;
}

const cmp = { 'content-type': 'application/pkixcmp' };

describe('the server of the lab', () => {
  it.each(['issuing', 'root'] as const)('serves the CRL of the %s CA', async (issuer) => {
    const lab = await openLab();
    const server = await lab.listen(0);
    onTestFinished(() => server.close());
    const response = await fetch(`http://127.0.0.1:${server.port}/${issuer}.crl`);
    expect(response.headers.get('content-type')).toBe('application/pkix-crl');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(await lab.crl(issuer));
  });

  it.each([
    '',
    'pkix',
    'pkix/',
    '.well-known/cmp',
    '.well-known/cmp/initialization',
    '.well-known/cmp/p/lab',
    '.well-known/cmp/p/lab/keyupdate',
    '.well-known/cmp/revocation',
    '.well-known/cmp/getcacerts',
    '.well-known/cmp/p/lab/getrootupdate',
    '.well-known/cmp/p/lab/getcertreqtemplate',
    '.well-known/cmp/getcrls',
  ])('serves "/%s"', async (path) => {
    const { port } = await serve();
    const url = `http://127.0.0.1:${port}/${path}`;
    const response = await fetch(url, { method: 'POST', headers: cmp, body: 'x' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/pkixcmp');
    expect(response.headers.get('content-length')).toBe('1');
  });

  it.each<[number, string, RequestInit]>([
    [404, 'elsewhere', { method: 'POST', headers: cmp, body: 'x' }],
    [405, 'pkix/', { method: 'GET' }],
    [415, 'pkix/', { method: 'POST', body: 'x' }],
    [413, 'pkix/', { method: 'POST', headers: cmp, body: new Uint8Array((1 << 20) + 1) }],
  ])('answers %i to what is no CMP request (%s)', async (status, path, init) => {
    const { port } = await serve();
    const response = await fetch(`http://127.0.0.1:${port}/${path}`, init);
    expect(response.status).toBe(status);
  });

  it('stops reading a body without length at its limit', async () => {
    const { port } = await serve();
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write(
      'POST /pkix/ HTTP/1.1\r\nhost: lab\r\ncontent-type: application/pkixcmp\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let i = 0; i < 17; i++) socket.write(chunk);
    const { promise, resolve } = Promise.withResolvers<string>();
    socket.once('data', (data) => resolve(data.toString('latin1')));
    expect(await promise).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('listens on the loopback interface alone', async () => {
    const { url } = await serve();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/pkix\/$/);
  });

  it('says that a port is taken', async () => {
    const { port } = await serve();
    await expect(listen(async (der) => der, port)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(String(port)),
    });
  });
});
