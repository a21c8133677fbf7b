import { beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../src/ca/server.ts';
import { requirePeer } from '../harness/require.ts';
import { mac, own, setUp, vendor, wanted, type Bench } from './openssl/lab-bench.ts';

beforeEach((context) => requirePeer(context, 'openssl'));

const chain = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem'];

async function enrolled(settings: Parameters<typeof setUp>[0] = {}): Promise<Bench> {
  const bench = await setUp(settings);
  await bench.cmp('-cmd', 'ir', ...mac, ...wanted);
  return bench;
}

/** A port nobody listens on: it goes into certificates before the lab can listen. */
async function freePort(): Promise<number> {
  const server = await listen(async (der) => der, 0);
  await server.close();
  return server.port;
}

/** Verify `out.pem` with CRLs of all its issuers. */
async function verifyWithCrls(bench: Bench): Promise<string> {
  const crls = [await bench.fetchCrl('issuing'), await bench.fetchCrl('root')];
  const files = crls.flatMap((file) => ['-CRLfile', file]);
  return bench.openssl('verify', '-crl_check_all', '-x509_strict', ...chain, ...files, 'out.pem');
}

describe('openssl cmp -cmd rr, as a client of the lab', () => {
  it('revokes its certificate with that certificate, and the CRL says so', async () => {
    const bench = await enrolled();
    expect(await verifyWithCrls(bench)).toMatch(/OK/);
    await bench.cmp('-cmd', 'rr', ...own(), '-oldcert', 'out.pem', '-revreason', '1');

    expect(bench.bodies.slice(-2)).toEqual(['rr', 'rp']);
    await expect(verifyWithCrls(bench)).rejects.toThrow(/certificate revoked/);
    expect(await bench.lab.certificates()).toMatchObject([
      { status: 'revoked', revocation: { reason: 'keyCompromise' } },
    ]);
  });

  it('is revoked for whoever fetches the CRL from where its certificate says', async () => {
    const port = await freePort();
    const bench = await setUp({ crlUrl: `http://127.0.0.1:${port}` }, port);
    await bench.cmp('-cmd', 'ir', ...mac, ...wanted);
    const verify = ['verify', '-crl_check', '-crl_download', ...chain, 'out.pem'];
    expect(await bench.openssl(...verify)).toMatch(/OK/);
    await bench.cmp('-cmd', 'rr', ...own(), '-oldcert', 'out.pem');
    await expect(bench.openssl(...verify)).rejects.toThrow(/certificate revoked/);
  });

  it('finds the serial number and the reason in a CRL whose signature verifies', async () => {
    const bench = await enrolled();
    await bench.cmp('-cmd', 'rr', ...own(), '-oldcert', 'out.pem', '-revreason', '4');
    const file = await bench.fetchCrl('issuing');
    const shown = await bench.openssl(
      'crl',
      '-in',
      file,
      '-noout',
      '-text',
      '-CAfile',
      'issuing.pem',
    );

    const serial = await bench.openssl('x509', '-in', 'out.pem', '-noout', '-serial');
    expect(shown).toMatch(/verify OK/);
    expect(shown).toMatch(/X509v3 CRL Number:\s+1\n/);
    expect(shown).toContain(`Serial Number: ${serial.trim().slice('serial='.length)}`);
    expect(shown).toMatch(/Superseded/);
  });

  it('may leave out the reason', async () => {
    const bench = await enrolled();
    await bench.cmp('-cmd', 'rr', ...own(), '-oldcert', 'out.pem');
    expect(await bench.lab.certificates()).toMatchObject([
      { status: 'revoked', revocation: { reason: 'unspecified' } },
    ]);
  });

  it('is told certRevoked when it asks again', async () => {
    const bench = await enrolled();
    await bench.cmp('-cmd', 'rr', ...own(), '-oldcert', 'out.pem');
    const again = bench.cmp('-cmd', 'rr', ...own(), '-oldcert', 'out.pem');
    await expect(again).rejects.toThrow(/certRevoked/);
    expect(bench.bodies.slice(-2)).toEqual(['rr', 'rp']);
  });

  it('revokes for another as RA, and not as somebody else or with a secret', async () => {
    const bench = await enrolled();
    const rr = ['-cmd', 'rr', '-oldcert', 'out.pem'];
    await expect(bench.cmp(...rr, ...mac)).rejects.toThrow(/wrongIntegrity/);
    await expect(bench.cmp(...rr, ...vendor)).rejects.toThrow(/notAuthorized/);
    expect(await bench.lab.certificates()).toMatchObject([{ status: 'current' }]);
    await bench.cmp(...rr, ...own('ra.pem', 'ra.key'));
    expect(await bench.lab.certificates()).toMatchObject([{ status: 'revoked' }]);
  });

  it('is told badCertId of a certificate the lab never issued', async () => {
    const bench = await enrolled();
    const rr = bench.cmp('-cmd', 'rr', ...own(), '-oldcert', 'vendor-device.pem');
    await expect(rr).rejects.toThrow(/badCertId/);
  });

  it('cannot update a revoked certificate', async () => {
    const bench = await enrolled();
    await bench.cmp('-cmd', 'rr', ...own(), '-oldcert', 'out.pem');
    const kur = bench.cmp('-cmd', 'kur', ...own(), '-newkey', 'ee.key', '-certout', 'x.pem');
    await expect(kur).rejects.toThrow(/certRevoked/);
  });
});
