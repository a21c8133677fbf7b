import { beforeEach, describe, expect, it } from 'vitest';
import { requirePeer } from '../harness/require.ts';
import { mac, own, setUp, vendor, wanted } from './openssl/lab-bench.ts';

beforeEach((context) => requirePeer(context, 'openssl'));

describe('openssl cmp -cmd genm, as a client of the lab', () => {
  it.each([
    ['a MAC', mac],
    ['a vendor signature', vendor],
  ])('is answered under %s', async (_, credential) => {
    const bench = await setUp();
    const said = await bench.cmp('-cmd', 'genm', ...credential);
    expect(bench.bodies).toEqual(['genm', 'genp']);
    expect(said).toMatch(/genp contains ITAV of type: id-it-signKeyPairTypes/);
  });

  it.each(['caCerts', 'certReqTemplate', 'signKeyPairTypes', 'currentCRL'])(
    'gets %s by that name',
    async (infotype) => {
      const bench = await setUp();
      const said = await bench.cmp('-cmd', 'genm', '-infotype', infotype, ...mac);
      expect(said).toMatch(new RegExp(`genp contains ITAV of type: id-it-${infotype}`));
    },
  );

  it('is told which types are unknown', async () => {
    const bench = await setUp();
    const said = await bench.cmp('-cmd', 'genm', '-infotype', 'revPassphrase', ...mac);
    expect(said).toMatch(/genp contains ITAV of type: id-it-unsupportedOIDs/);
  });

  it('is refused without protection', async () => {
    const bench = await setUp();
    const genm = bench.cmp('-cmd', 'genm', ...vendor, '-unprotected_requests');
    await expect(genm).rejects.toThrow(/badMessageCheck/);
    expect(bench.bodies).toEqual(['genm', 'error']);
  });
});

describe('openssl cmp, as a client of a lab that is set otherwise', () => {
  it('takes a signed answer to a request under a MAC, if it has the root', async () => {
    const bench = await setUp({ responseProtection: 'signature' });
    await bench.cmp('-cmd', 'ir', ...mac, ...wanted, '-trusted', 'root.pem');
    await bench.verified('out.pem');
    expect(bench.bodies).toEqual(['ir', 'ip', 'certConf', 'pkiconf']);
  });

  it('takes unprotected errors if it is told to, and no others', async () => {
    const bench = await setUp({ unprotectedErrors: 'rejections', refuse: 'badCertTemplate' });
    const ir = ['-cmd', 'ir', ...mac, ...wanted];
    await expect(bench.cmp(...ir, '-unprotected_errors')).rejects.toThrow(/badCertTemplate/);
    await expect(bench.cmp(...ir)).rejects.toThrow(/missing protection|failed/);
  });

  it('confirms before confirmWaitTime', async () => {
    const bench = await setUp({ confirmWaitSeconds: 60, implicitConfirm: false });
    await bench.cmp('-cmd', 'ir', ...mac, ...wanted, '-implicit_confirm');
    expect(await bench.lab.certificates()).toMatchObject([{ status: 'current' }]);
  });

  it.each(['rfc9483', '3gpp'] as const)(
    'takes RSASSA-PSS signatures in layout %s',
    async (layout) => {
      const bench = await setUp({ keyType: 'rsa-2048', rsaSignature: 'pss', layout });
      await bench.cmp('-cmd', 'ir', ...vendor, ...wanted);
      await bench.verified('out.pem');
      const text = await bench.openssl('x509', '-in', 'out.pem', '-noout', '-text');
      expect(text).toMatch(/Signature Algorithm: rsassaPss/);
    },
  );

  it('gets the name of its vendor certificate in layout 3gpp, where it gives none', async () => {
    const bench = await setUp({ layout: '3gpp' });
    await bench.cmp('-cmd', 'ir', ...vendor, '-newkey', 'ee.key', '-certout', 'out.pem');
    await bench.verified('out.pem');
    const subject = await bench.openssl('x509', '-in', 'out.pem', '-noout', '-subject');
    expect(subject).toMatch(/CN = device-0001/);
  });

  it('finds where the CRL is in a certificate, if that is set', async () => {
    const bench = await setUp({ crlUrl: 'http://127.0.0.1:8080' });
    await bench.cmp('-cmd', 'ir', ...mac, ...wanted);
    const text = await bench.openssl('x509', '-in', 'out.pem', '-noout', '-text');
    expect(text).toMatch(/URI:http:\/\/127\.0\.0\.1:8080\/issuing\.crl/);
  });

  it('asks for policies, usages and days, and gets them', async () => {
    const bench = await setUp();
    await bench.cmp('-cmd', 'ir', ...mac, ...wanted, '-days', '10', '-policy_oids', '1.2.3.4');
    await bench.verified('out.pem');
    const text = await bench.openssl('x509', '-in', 'out.pem', '-noout', '-text');
    expect(text).toMatch(/Policy: 1\.2\.3\.4/);
  });

  it('goes on with a new root, whichever of the two it trusts', async () => {
    const bench = await setUp();
    await bench.cmp('-cmd', 'ir', ...vendor, ...wanted);
    await bench.lab.rollRoot();
    await bench.cmp('-cmd', 'kur', ...own(), '-newkey', 'ee.key', '-certout', 'old.pem');
    await bench.openssl('x509', '-in', 'root.pem', '-out', 'first-root.pem');
    await bench.lab.writeFiles();
    await bench.cmp('-cmd', 'cr', ...own('old.pem'), ...wanted);
    await bench.verified('out.pem');
    const links = ['-untrusted', 'issuing.pem', '-untrusted', 'new-with-old.pem'];
    const said = await bench.openssl('verify', '-CAfile', 'first-root.pem', ...links, 'out.pem');
    expect(said).toMatch(/OK/);
  });
});
