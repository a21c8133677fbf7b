import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadPrivateKeyPem } from '../../src/crypto/private-key-pem.ts';
import { startOperator } from './openssl/operator.ts';
import { expectCertificate, expectNothing, useOpensslPki } from './openssl/suite.ts';

const pki = useOpensslPki();

/** The words of a `cmp request` for the PKCS #10 request that OpenSSL made with `ee.key`. */
function request(...more: readonly string[]): readonly string[] {
  const csr = more.includes('csr') ? [] : ['csr', pki().path('ee.csr')];
  return ['cmp', 'request', ...csr, 'cert-name', 'gw1', 'ca-root', 'mock', ...more];
}

describe('"cmp request" against OpenSSL', () => {
  it('gets a certificate for a request of OpenSSL with a shared secret, and confirms it [B12][R14][C10]', async () => {
    const operator = await startOperator(pki());
    const { code, err } = await operator.run(...request());
    expect(code, err).toBe(0);
    expect(operator.server.received()).toEqual(['P10CR', 'CERTCONF']);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
    expect(() => operator.deliveredKey('gw1')).toThrow('ENOENT');
  });

  it('keeps the key that is handed over, and writes it [B12]', async () => {
    const operator = await startOperator(pki());
    const { code, err } = await operator.run(...request('key-file', pki().path('ee.key')));
    expect(code, err).toBe(0);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
    const brought = loadPrivateKeyPem(readFileSync(pki().path('ee.key'), 'utf8'));
    expect(loadPrivateKeyPem(operator.deliveredKey('gw1')).pkcs8).toEqual(brought.pkcs8);
  });

  it('signs with a certificate it was given [B12][P8]', async () => {
    const operator = await startOperator(pki());
    await operator.bring('client');
    const { code, err } = await operator.run(...request('signer-cert', 'client'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(operator.server.log()).not.toContain('PBM-based');
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it('goes without certConf when the server grants implicitConfirm [C8][H12]', async () => {
    const operator = await startOperator(pki(), { server: ['-grant_implicitconf'] });
    expect((await operator.run(...request())).code).toBe(0);
    expect(operator.server.received()).toEqual(['P10CR']);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it('polls until the certificate is there [L1][R3]', async () => {
    const operator = await startOperator(pki(), {
      server: ['-poll_count', '3', '-check_after', '1'],
      ca: ['min-poll', '1s'],
    });
    const { code } = await operator.run(...request('wait', '60s'));
    expect(code).toBe(0);
    expect(operator.server.received()).toEqual([
      'P10CR',
      'POLLREQ',
      'POLLREQ',
      'POLLREQ',
      'CERTCONF',
    ]);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it('refuses a certificate for another key [C4][C11]', async () => {
    const operator = await startOperator(pki(), { server: ['-rsp_cert', 'ee2.crt'] });
    const { code, err } = await operator.run(...request());
    expect(code).toBe(9);
    expect(err).toContain('its public key is not the one of the request');
    expect(operator.server.log()).toContain('certificate rejected by client');
    await expectNothing(operator, 'refused');
  });

  it('refuses a request that was changed after it was signed, and sends nothing [B12]', async () => {
    const operator = await startOperator(pki());
    const text = readFileSync(pki().path('ee.csr'), 'utf8');
    const der = Buffer.from(text.replaceAll(/-----[A-Z ]+-----/g, ''), 'base64');
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    const lines = der.toString('base64').replaceAll(/(.{64})/g, '$1\n');
    const path = operator.write(
      'changed.csr',
      `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`,
    );
    const { code, err } = await operator.run(...request('csr', path));
    expect(code).toBe(9);
    expect(err).toContain('its signature does not fit its key');
    expect(operator.server.received()).toEqual([]);
  });

  it('says what is wrong with a file that is no request [B12]', async () => {
    const operator = await startOperator(pki());
    const { code, err } = await operator.run(...request('csr', pki().path('ee.crt')));
    expect(code).not.toBe(0);
    expect(err).toContain('BEGIN CERTIFICATE REQUEST');
    expect(operator.server.received()).toEqual([]);
  });
});
