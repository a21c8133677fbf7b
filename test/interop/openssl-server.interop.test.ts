import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { parseLabel } from '../../src/base/label.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { loadPrivateKeyPem } from '../../src/crypto/private-key-pem.ts';
import { update } from '../../src/lifecycle/update.ts';
import { secret } from './openssl/mock-server.ts';
import { startOperator } from './openssl/operator.ts';
import { expectCertificate, initialize, useOpensslPki } from './openssl/suite.ts';

const pki = useOpensslPki();

describe('"cmp initialize" against OpenSSL', () => {
  it('gets a certificate with a shared secret, and confirms it', async () => {
    const operator = await startOperator(pki());
    const { code, out, err } = await operator.run(...initialize(pki()));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Certificate "gw1" is valid until');
    expect(operator.server.received()).toEqual(['IR', 'CERTCONF']);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
    const ours = loadPrivateKeyPem(operator.deliveredKey('gw1'));
    const brought = loadPrivateKeyPem(readFileSync(pki().path('ee.key'), 'utf8'));
    expect(ours.pkcs8).toEqual(brought.pkcs8);
    const { directory: certs = '' } = (await operator.current('gw1')) ?? {};
    expect(statSync(join(certs, 'gw1.key.pem')).mode & 0o777).toBe(0o600);
  });

  it('gets a certificate signing with one it was given', async () => {
    const operator = await startOperator(pki());
    await operator.bring('client');
    const { code, err } = await operator.run(...initialize(pki(), 'signer-cert', 'client'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(operator.server.received()).toEqual(['IR', 'CERTCONF']);
    expect(operator.server.log()).not.toContain('PBM-based');
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it('goes without certConf when the server grants implicitConfirm', async () => {
    const operator = await startOperator(pki(), { server: ['-grant_implicitconf'] });
    const { code, err } = await operator.run(...initialize(pki()));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(operator.server.received()).toEqual(['IR']);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it('confirms when told not to ask for implicitConfirm, whatever the server would grant', async () => {
    const operator = await startOperator(pki(), {
      server: ['-grant_implicitconf'],
      ca: ['implicit-confirm', 'no'],
    });
    const { code, err } = await operator.run(...initialize(pki()));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(operator.server.received()).toEqual(['IR', 'CERTCONF']);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it('takes a secret on the command line out of a file, without the newline at its end', async () => {
    const operator = await startOperator(pki(), { secret: 'of the profile' });
    const path = operator.write('psk.txt', `${secret}\n`);
    const words = initialize(pki(), 'ca-psk', `device-0001:file:${path}`);
    const { code, err } = await operator.run(...words);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it.each([
    ['sha256', 'hmac-sha1'],
    ['sha384', 'hmac-sha384'],
    ['sha512', 'hmac-sha512'],
  ])('is understood with a MAC of %s and %s', async (owf, mac) => {
    const operator = await startOperator(pki(), { ca: ['pbm-owf', owf, 'pbm-mac', mac] });
    const { code, err } = await operator.run(...initialize(pki()));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it('uses the one-way function SHA-1 only for a CA marked as legacy', async () => {
    const operator = await startOperator(pki(), {
      ca: ['pbm-owf', 'sha1', 'pbm-mac', 'hmac-sha1', 'legacy-algorithms'],
    });
    expect((await operator.run(...initialize(pki()))).code).toBe(0);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it('tells all it got with --json', async () => {
    const operator = await startOperator(pki());
    const { code, out } = await operator.run('--json', ...initialize(pki()));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      schemaVersion: 1,
      type: 'issued',
      name: 'gw1',
      ca: 'mock',
      version: 1,
      subject: 'CN=ee,O=Test',
      serialNumber: '1333333333333333',
    });
  });
});

describe('"cmp enroll" against OpenSSL', () => {
  it('gets a further certificate with a cr, signed with the one there is', async () => {
    const operator = await startOperator(pki());
    await operator.bring('client');
    const words = 'cmp enroll current-cert client cert-name web subject-name CN=ee,O=Test'.split(
      ' ',
    );
    const { code, err } = await operator.run(...words, 'key-file', pki().path('ee.key'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(operator.server.received()).toEqual(['CR', 'CERTCONF']);
    await expectCertificate(operator, 'web', pki().der('ee.crt'));
    expect((await operator.current('client'))?.status).toBe('current');
  });
});

describe('"cmp update" against OpenSSL', () => {
  it('renews with the old key', async () => {
    const operator = await startOperator(pki(), { server: ['-rsp_cert', 'ee-rekeyed.crt'] });
    await operator.bring('ee');
    const { code, err } = await operator.run('cmp', 'update', 'current-cert', 'ee', 'key-reuse');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(operator.server.received()).toEqual(['KUR', 'CERTCONF']);
    await expectCertificate(operator, 'ee', pki().der('ee-rekeyed.crt'));
    const versions = await operator.withStore((store) => store.certificates.versions('ee'));
    expect(versions.map(({ version, status }) => [version, status])).toEqual([
      [2, 'current'],
      [1, 'superseded'],
    ]);
    expect(versions[1]?.der).toEqual(pki().der('ee.crt'));
    expect(versions[0]?.keyId).toBe(versions[1]?.keyId);
  });

  it('renews to a new key', async () => {
    const operator = await startOperator(pki(), { server: ['-rsp_cert', 'ee-renewed.crt'] });
    await operator.bring('ee');
    const next = loadPrivateKeyPem(readFileSync(pki().path('ee2.key'), 'utf8'));
    const result = await operator.within((services) =>
      // The server hands out a certificate made before: the key it is for has to come up now.
      update(
        { ...services, keys: async () => ({ ...softwareKeys, generate: async () => next }) },
        { current: parseLabel('ee', 'name'), waitSeconds: 0 },
      ),
    );
    expect(result.type).toBe('issued');
    expect(operator.server.received()).toEqual(['KUR', 'CERTCONF']);
    await expectCertificate(operator, 'ee', pki().der('ee-renewed.crt'));
    expect(loadPrivateKeyPem(operator.deliveredKey('ee')).pkcs8).toEqual(next.pkcs8);
  });

  it('makes a new key unless told otherwise, and refuses a certificate for another one', async () => {
    const operator = await startOperator(pki(), { server: ['-rsp_cert', 'ee-rekeyed.crt'] });
    await operator.bring('ee');
    const { code, err } = await operator.run('cmp', 'update', 'current-cert', 'ee');
    expect(code).toBe(9);
    expect(err).toContain('its public key is not the one of the request');
    expect(operator.server.log()).toContain('certificate rejected by client');
    const current = await operator.current('ee');
    expect(toHex(current?.der ?? new Uint8Array())).toBe(toHex(pki().der('ee.crt')));
  });

  it('says that the server will not update a certificate it does not know', async () => {
    const operator = await startOperator(pki(), { server: ['-rsp_cert', 'ee2.crt'] });
    await operator.bring('ee');
    const { code, err } = await operator.run('cmp', 'update', 'current-cert', 'ee', 'key-reuse');
    expect(code).toBe(7);
    expect(err).toContain('wrong certid');
  });
});
