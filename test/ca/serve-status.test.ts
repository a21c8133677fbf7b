import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { asBuffer } from '../../src/base/bytes.ts';
import type { Lab } from '../../src/ca/lab.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { decodeOcspResponse } from '../../src/x509/ocsp-response.ts';
import { enrolled } from './lab-client.ts';
import { openLab } from './lab-under-test.ts';
import { certId, ocspRequest } from './ocsp-client.ts';

interface Served {
  readonly lab: Lab;
  readonly place: string;
  readonly port: number;
  /** A request about a certificate of the lab. */
  readonly body: Uint8Array;
}

async function serve(): Promise<Served> {
  const lab = await openLab();
  const { port, close } = await lab.listen(0);
  onTestFinished(close);
  const id = certId(await enrolled(lab), lab.authorities.issuing.certificate);
  return { lab, port, place: `http://127.0.0.1:${port}`, body: ocspRequest([id]) };
}

function ask({ place, body }: Served): Promise<Response> {
  const headers = { 'content-type': 'application/ocsp-request' };
  return fetch(`${place}/ocsp`, { method: 'POST', headers, body: new Uint8Array(body) });
}

async function statusIn(response: Response): Promise<string> {
  return decodeOcspResponse(await response.bytes()).responseStatus;
}

describe('the HTTP server of a lab', () => {
  it('serves CRLs and certificates of its CAs as DER', async () => {
    const { lab, place } = await serve();
    const { issuing, root } = lab.authorities;
    for (const [path, type, body] of [
      ['/crl', 'application/pkix-crl', await lab.crl('issuing')],
      ['/issuing.crl', 'application/pkix-crl', await lab.crl('issuing')],
      ['/root.crl', 'application/pkix-crl', await lab.crl('root')],
      ['/ca.crt', 'application/pkix-cert', certificateDer(issuing.certificate)],
      ['/root.crt', 'application/pkix-cert', certificateDer(root.certificate)],
    ] as const) {
      const response = await fetch(place + path);
      expect(response.headers.get('content-type')).toBe(type);
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(body);
    }
  });

  it('answers OCSP by POST and GET, and counts', async () => {
    const served = await serve();
    const { place, body } = served;
    const response = await ask(served);
    expect(response.headers.get('content-type')).toBe('application/ocsp-response');
    expect(await statusIn(response)).toBe('successful');
    const got = await fetch(
      `${place}/ocsp/${encodeURIComponent(asBuffer(body).toString('base64'))}`,
    );
    expect(got.headers.get('date')).toBe('Sun, 01 Nov 2026 12:00:00 GMT');
    expect(await statusIn(got)).toBe('successful');
    const count = await fetch(`${place}/ocsp-requests`);
    expect(await count.json()).toMatchObject({ total: 2 });
  });

  it('answers with octets that come one by one, and after a while, by the clock of the lab', async () => {
    const served = await serve();
    for (const fault of ['dripping*1', 'slow*1']) {
      await served.lab.responder.inject(fault);
      expect(await statusIn(await ask(served))).toBe('successful');
    }
  });

  it('sends no body with 304', async () => {
    const lab = await openLab({ settings: { ocspRenewalSeconds: 60 } });
    const { port, close } = await lab.listen(0);
    onTestFinished(close);
    const id = certId(await enrolled(lab), lab.authorities.issuing.certificate);
    const path = encodeURIComponent(asBuffer(ocspRequest([id])).toString('base64'));
    const url = `http://127.0.0.1:${port}/ocsp/${path}`;
    const etag = (await fetch(url)).headers.get('etag') ?? '';
    const again = await fetch(url, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    expect(await again.bytes()).toHaveLength(0);
  });

  it('resets the connection when it is down, and says nothing in silence', async () => {
    const served = await serve();
    await served.lab.responder.inject('down*1');
    await expect(ask(served)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    await served.lab.responder.inject('silence*1');
    const socket = connect(served.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('data', () => expect.unreachable('it was silent'));
    socket.write(
      `GET /ocsp/${asBuffer(served.body).toString('base64')} HTTP/1.1\r\nhost: lab\r\n\r\n`,
    );
    // The next one is answered: the silent one was taken before, as it came before.
    const total = async (): Promise<number> => served.lab.responder.requests().total;
    await expect.poll(total).toBe(2);
    expect(await statusIn(await ask(served))).toBe('successful');
  });

  it('refuses a POST without the type, or too long', async () => {
    const { place } = await serve();
    const post = (init: RequestInit) => fetch(`${place}/ocsp`, { method: 'POST', ...init });
    expect((await post({ body: new Uint8Array(3) })).status).toBe(415);
    const headers = { 'content-type': 'application/ocsp-request' };
    expect((await post({ headers, body: new Uint8Array((1 << 16) + 1) })).status).toBe(413);
  });
});
