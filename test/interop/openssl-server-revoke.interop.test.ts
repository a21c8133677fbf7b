import { describe, expect, it } from 'vitest';
import { startOperator, type Operator } from './openssl/operator.ts';
import { useOpensslPki } from './openssl/suite.ts';

const pki = useOpensslPki();

function revoke(...words: readonly string[]): readonly string[] {
  return ['cmp', 'revoke', 'current-cert', ...words];
}

/** Whether a certificate that was brought is one to be used still. */
async function isCurrent(operator: Operator, name: string): Promise<boolean> {
  return (await operator.current(name)) !== undefined;
}

describe('"cmp revoke" against OpenSSL', () => {
  it('revokes the certificate that signs, and does not use it again [B13][P11][L9]', async () => {
    const operator = await startOperator(pki());
    await operator.bring('ee');
    const { code, err } = await operator.run(...revoke('ee', 'reason', 'keyCompromise'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(operator.server.received()).toEqual(['RR']);
    expect(await isCurrent(operator, 'ee')).toBe(false);
    const again = await operator.run('cmp', 'update', 'current-cert', 'ee');
    expect(again.code).not.toBe(0);
    expect(again.err).toContain('was revoked at');
    expect(operator.server.received()).toEqual(['RR']);
  });

  it('revokes by the file of a certificate, and leaves the signer as it was [B13]', async () => {
    const operator = await startOperator(pki());
    await operator.bring('client');
    const { code, err } = await operator.run(
      ...revoke('client', 'cert-file', pki().path('ee.crt')),
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(await isCurrent(operator, 'client')).toBe(true);
  });

  it('revokes by issuer and serial number [B13]', async () => {
    const operator = await startOperator(pki());
    await operator.bring('client');
    const named = ['issuer', 'CN=TestRoot,O=Test,C=DE', 'serial', '13:33:33:33:33:33:33:33'];
    const { code, err } = await operator.run(...revoke('client', ...named));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(await isCurrent(operator, 'client')).toBe(true);
  });

  it('is told that the server knows no such certificate [B13]', async () => {
    const operator = await startOperator(pki());
    await operator.bring('client');
    const { code, err } = await operator.run(...revoke('client'));
    expect(code).toBe(7);
    expect(err).toContain('wrong certificate to revoke');
    expect(await isCurrent(operator, 'client')).toBe(true);
  });

  it('is told that the server rejects it [L9]', async () => {
    const operator = await startOperator(pki(), {
      server: ['-pkistatus', '2', '-failure', '2', '-statusstring', 'not today'],
    });
    await operator.bring('ee');
    const { code, err } = await operator.run(...revoke('ee'));
    expect(code).toBe(7);
    expect(err).toContain('not today');
    expect(await isCurrent(operator, 'ee')).toBe(true);
  });

  it('takes certRevoked for done while the certificate has not expired [L9]', async () => {
    const operator = await startOperator(pki(), {
      server: ['-pkistatus', '2', '-failure', '10'],
    });
    await operator.bring('ee');
    const { code, out } = await operator.run(...revoke('ee'));
    expect({ code, out }).toMatchObject({
      code: 0,
      out: expect.stringContaining('says that it was before'),
    });
    expect(await isCurrent(operator, 'ee')).toBe(false);
  });

  it('takes grantedWithMods for a promise only [L9]', async () => {
    const operator = await startOperator(pki(), { server: ['-pkistatus', '1'] });
    await operator.bring('ee');
    const { code, out } = await operator.run(...revoke('ee'));
    expect(out).toContain('is not revoked yet');
    expect(code).toBe(8);
    expect(await isCurrent(operator, 'ee')).toBe(true);
  });

  it('is not done because somebody says so without protection [R6][R12]', async () => {
    const operator = await startOperator(pki(), { server: ['-send_unprotected'] });
    await operator.bring('ee');
    const { code } = await operator.run(...revoke('ee'));
    expect(code).toBe(6);
    expect(await isCurrent(operator, 'ee')).toBe(true);
  });
});
