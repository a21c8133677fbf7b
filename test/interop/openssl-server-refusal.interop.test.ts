import { describe, expect, it } from 'vitest';
import { startOperator } from './openssl/operator.ts';
import { expectCertificate, expectNothing, initialize, useOpensslPki } from './openssl/suite.ts';

const pki = useOpensslPki();

describe('what OpenSSL says against a request', () => {
  it('is shown in full when it rejects: text, failure bit and its meaning', async () => {
    const operator = await startOperator(pki(), {
      server: ['-pkistatus', '2', '-failure', '9', '-statusstring', 'no proof of possession'],
    });
    const { code, out, err } = await operator.run(...initialize(pki()));
    expect({ code, out }).toEqual({ code: 7, out: '' });
    expect(err).toContain('error: CA "mock" rejected the request for "gw1"');
    expect(err).toContain('no proof of possession');
    expect(err).toMatch(/^badPOP: \w/m);
    expect(err).toMatch(/^transactionID: [0-9a-f]{32}$/m);
    expect(operator.server.received()).toEqual(['IR']);
    await expectNothing(operator, 'rejected');
  });

  it('is one JSON object with --json', async () => {
    const operator = await startOperator(pki(), {
      server: ['-pkistatus', '2', '-failurebits', '1048576', '-statusstring', 'not trusted'],
    });
    const { code, out, err } = await operator.run('--json', ...initialize(pki()));
    expect({ code, err }).toEqual({ code: 7, err: '' });
    const status = { status: 'rejection', failInfo: ['signerNotTrusted'] };
    expect(JSON.parse(out)).toMatchObject({
      type: 'rejected',
      name: 'gw1',
      error: { code: 'CMP_REJECTED', exitCode: 7, status },
    });
    expect(out).toContain('not trusted');
  });

  it('is told when it comes as an error message', async () => {
    const operator = await startOperator(pki(), { server: ['-send_error'] });
    const { code, err } = await operator.run(...initialize(pki()));
    expect(code).toBe(7);
    expect(err).toContain('rejected the request');
    expect(err).toMatch(/^badRequest: \w/m);
    await expectNothing(operator, 'rejected');
  });

  it('is not believed when it is not protected, but shown as such', async () => {
    const operator = await startOperator(pki(), {
      server: ['-send_unprot_err', '-pkistatus', '2', '-failurebits', '4', '-send_error'],
    });
    const { code, err } = await operator.run(...initialize(pki()));
    expect(code).toBe(6);
    expect(err).toContain('it is not protected; it says, unauthenticated:');
    await expectNothing(operator, 'failed');
  });
});

describe('a certificate granted with modifications', () => {
  const granted = { server: ['-pkistatus', '1'] };

  it('is taken, and what is different is said', async () => {
    const operator = await startOperator(pki(), granted);
    const { code, err } = await operator.run(
      ...initialize(pki(), 'subject-name', 'CN=gw1,O=Test', 'san', 'dns:gw1.example'),
    );
    expect(code).toBe(0);
    expect(err).toContain(
      'granted with modifications: its subject is "CN=ee,O=Test", asked was "CN=gw1,O=Test"',
    );
    expect(err).toContain('its subjectAltName lacks dns:gw1.example');
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it('is refused when it is called "accepted"', async () => {
    const operator = await startOperator(pki());
    const { code, err } = await operator.run(...initialize(pki(), 'subject-name', 'CN=gw1,O=Test'));
    expect(code).toBe(9);
    expect(err).toContain('the CA says "accepted", but its subject is "CN=ee,O=Test"');
    expect(operator.server.log()).toContain(
      'certificate rejected by client with PKIStatus: rejection',
    );
    await expectNothing(operator, 'refused');
  });
});

describe('an answer of OpenSSL', () => {
  it('is refused when its MAC is made with another secret', async () => {
    const operator = await startOperator(pki(), { secret: 'wrong' });
    const { code, out, err } = await operator.run(...initialize(pki()));
    expect({ code, out }).toEqual({ code: 6, out: '' });
    expect(err).toContain('the MAC does not fit the shared secret');
    expect(err).toContain('hint: Check secret and reference value');
    expect(err).not.toContain('wrong');
    await expectNothing(operator, 'failed');
  });

  it('is refused when it is not protected', async () => {
    const operator = await startOperator(pki(), { server: ['-send_unprotected'] });
    const { code, err } = await operator.run(...initialize(pki()));
    expect(code).toBe(6);
    expect(err).toContain('Cannot accept "ip": it is not protected');
    expect(operator.server.received()).toEqual(['IR']);
    await expectNothing(operator, 'failed');
  });

  it('is refused when its signer stands below no anchor of the CA profile', async () => {
    const operator = await startOperator(pki(), { cmpRoot: 'stranger.crt' });
    await operator.bring('client');
    const { code, err } = await operator.run(...initialize(pki(), 'signer-cert', 'client'));
    expect(code).toBe(6);
    expect(err).toContain('Cannot trust the signer "CN=server,O=Test"');
    expect(err).toContain('hint: Give the CA profile the anchor of its CMP signer');
  });

  it('is refused when its signer is any certificate of the CA, not an authorised one', async () => {
    const operator = await startOperator(pki(), { cmpRoot: undefined });
    await operator.bring('client');
    const { code, err } = await operator.run(...initialize(pki(), 'signer-cert', 'client'));
    expect(code).toBe(6);
    expect(err).toContain('neither the CA nor carries the extended key usage cmcCA or cmcRA');
  });

  it('is taken from any signer the CA profile names', async () => {
    const operator = await startOperator(pki(), {
      cmpRoot: undefined,
      ca: ['server-cert', pki().path('srv.crt')],
    });
    await operator.bring('client');
    const { code, err } = await operator.run(...initialize(pki(), 'signer-cert', 'client'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });
});

describe('a certificate for another key', () => {
  it('is refused, and OpenSSL told so by certConf', async () => {
    const operator = await startOperator(pki());
    const { code, err } = await operator.run(
      ...initialize(pki(), 'key-file', pki().path('ee2.key')),
    );
    expect(code).toBe(9);
    expect(err).toContain('Certificate for "gw1" refused: its public key is not the one');
    expect(operator.server.received()).toEqual(['IR', 'CERTCONF']);
    expect(operator.server.log()).toContain(
      'certificate rejected by client with PKIStatus: rejection',
    );
    await expectNothing(operator, 'refused');
  });

  it('is refused without a word where implicitConfirm was granted', async () => {
    const operator = await startOperator(pki(), { server: ['-grant_implicitconf'] });
    const { code } = await operator.run(...initialize(pki(), 'key-file', pki().path('ee2.key')));
    expect(code).toBe(9);
    expect(operator.server.received()).toEqual(['IR']);
    await expectNothing(operator, 'refused');
  });
});

describe('a certificate of a CA that is not trusted', () => {
  it('is refused by certConf', async () => {
    const operator = await startOperator(pki(), { root: 'stranger.crt' });
    const { code, err } = await operator.run(...initialize(pki()));
    expect(code).toBe(9);
    expect(err).toContain('Certificate for "gw1" refused: ');
    expect(operator.server.log()).toContain('certificate rejected by client');
    await expectNothing(operator, 'refused');
  });
});
