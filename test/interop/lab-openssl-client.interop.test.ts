import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { fromDer } from '../../src/asn1/codec.ts';
import { decodePem } from '../../src/asn1/pem.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { extensionValue } from '../../src/x509/extension-values.ts';
import { formatName } from '../../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { requirePeer } from '../harness/require.ts';
import { mac, own, setUp, vendor, wanted } from './openssl/lab-bench.ts';

beforeEach((context) => requirePeer(context, 'openssl'));

function namesIn({ extensions }: Certificate['tbsCertificate']): readonly string[] {
  const names = extensionValue(extensions, 'subjectAltName') ?? [];
  return names.map(({ type, value }) =>
    value instanceof Uint8Array ? `${type} ${value.join('.')}` : `${type} ${JSON.stringify(value)}`,
  );
}

describe('the lab, with openssl cmp as its client,', () => {
  it('answers ir under a MAC with a certificate that has subject, SAN and key asked for', async () => {
    const bench = await setUp();
    await bench.cmp('-cmd', 'ir', ...mac, ...wanted, '-sans', 'gw1.example 192.0.2.1');

    const { tbsCertificate } = await bench.verified('out.pem');
    expect(formatName(tbsCertificate.subject)).toBe('CN=gw1.example,O=Test');
    expect(namesIn(tbsCertificate)).toEqual(['dNSName "gw1.example"', 'iPAddress 192.0.2.1']);
    await bench.openssl('pkey', '-in', 'ee.key', '-pubout', '-outform', 'DER', '-out', 'ee.pub');
    const key = fromDer(SubjectPublicKeyInfo, Uint8Array.from(readFileSync(bench.path('ee.pub'))));
    expect(tbsCertificate.subjectPublicKeyInfo.subjectPublicKey).toEqual(key.subjectPublicKey);
    expect(bench.bodies).toEqual(['ir', 'ip', 'certConf', 'pkiconf']);
    expect(await bench.lab.certificates()).toMatchObject([{ status: 'current' }]);
  });

  it('answers ir signed with the certificate of a vendor', async () => {
    const bench = await setUp();
    await bench.cmp('-cmd', 'ir', ...vendor, ...wanted);

    await bench.verified('out.pem');
    expect(bench.bodies).toEqual(['ir', 'ip', 'certConf', 'pkiconf']);
  });

  it('answers cr and kur signed with a certificate of its own, and supersedes the updated one', async () => {
    const bench = await setUp();
    await bench.cmp('-cmd', 'ir', ...mac, ...wanted, '-sans', 'gw1.example');
    await bench.cmp('-cmd', 'cr', ...own(), ...wanted, '-certout', 'second.pem');
    await bench.verified('second.pem');

    await bench.openssl('genrsa', '-out', 'new.key', '2048');
    await bench.cmp('-cmd', 'kur', ...own(), '-newkey', 'new.key', '-certout', 'updated.pem');
    const updated = await bench.verified('updated.pem');
    expect(namesIn(updated.tbsCertificate)).toEqual(['dNSName "gw1.example"']);
    const statuses = (await bench.lab.certificates()).map(({ status }) => status);
    expect(statuses).toEqual(['superseded', 'current', 'current']);

    const again = bench.cmp('-cmd', 'kur', ...own(), '-newkey', 'new.key', '-certout', 'x.pem');
    await expect(again).rejects.toThrow(/badCertId/);
    await bench.cmp(
      '-cmd',
      'kur',
      ...own('updated.pem', 'new.key'),
      '-newkey',
      'ee.key',
      '-certout',
      'third.pem',
    );
    await bench.verified('third.pem');
  });

  it.each([
    ['ir', 'a MAC', mac],
    ['cr', 'a MAC', mac],
    ['ir', 'a vendor signature', vendor],
    ['cr', 'a vendor signature', vendor],
  ])('answers %s under %s', async (cmd, _, credential) => {
    const bench = await setUp();
    await bench.cmp('-cmd', cmd, ...credential, ...wanted);
    await bench.verified('out.pem');
    expect(bench.bodies[0]).toBe(cmd);
  });

  it('refuses a kur under a MAC', async () => {
    const bench = await setUp();
    await bench.cmp('-cmd', 'ir', ...mac, ...wanted);
    const kur = ['-cmd', 'kur', '-oldcert', 'out.pem', '-newkey', 'ee.key', '-certout', 'x.pem'];
    await expect(bench.cmp(...kur, ...mac)).rejects.toThrow(/wrongIntegrity/);
  });

  it('answers p10cr under a signature', async () => {
    const bench = await setUp();
    const subject = ['-subj', '/O=Test/CN=gw1', '-out', 'ee.csr'];
    await bench.openssl('req', '-new', '-key', 'ee.key', ...subject);
    await bench.cmp('-cmd', 'p10cr', ...vendor, '-csr', 'ee.csr', '-certout', 'out.pem');
    await bench.verified('out.pem');
    expect(bench.bodies).toEqual(['p10cr', 'cp', 'certConf', 'pkiconf']);
  });

  it('answers p10cr', async () => {
    const bench = await setUp();
    await bench.openssl(
      'req',
      '-new',
      '-key',
      'ee.key',
      '-subj',
      '/O=Test/CN=gw1',
      '-out',
      'ee.csr',
    );
    await bench.cmp('-cmd', 'p10cr', ...mac, '-csr', 'ee.csr', '-certout', 'out.pem');

    const { tbsCertificate } = await bench.verified('out.pem');
    expect(formatName(tbsCertificate.subject)).toBe('CN=gw1,O=Test');
    expect(bench.bodies).toEqual(['p10cr', 'cp', 'certConf', 'pkiconf']);
  });

  it('lets it poll', async () => {
    const bench = await setUp({ polls: 2, checkAfterSeconds: 1 });
    await bench.cmp('-cmd', 'ir', ...mac, ...wanted);

    await bench.verified('out.pem');
    const polling = ['pollReq', 'pollRep', 'pollReq', 'pollRep', 'pollReq', 'ip'];
    expect(bench.bodies).toEqual(['ir', 'ip', ...polling, 'certConf', 'pkiconf']);
    expect(await bench.lab.issuedCount()).toBe(1);
  });

  it('grants implicitConfirm, or does not', async () => {
    const granting = await setUp({ implicitConfirm: true });
    await granting.cmp('-cmd', 'ir', ...mac, ...wanted, '-implicit_confirm');
    expect(granting.bodies).toEqual(['ir', 'ip']);
    expect(await granting.lab.certificates()).toMatchObject([{ status: 'current' }]);

    const insisting = await setUp({ implicitConfirm: false });
    await insisting.cmp('-cmd', 'ir', ...mac, ...wanted, '-implicit_confirm');
    expect(insisting.bodies).toEqual(['ir', 'ip', 'certConf', 'pkiconf']);
  });

  it('says grantedWithMods when it changed the subject', async () => {
    const bench = await setUp({ subjectSuffix: 'OU=Lab' });
    const output = await bench.cmp('-cmd', 'ir', ...mac, ...wanted);

    expect(output).toMatch(/granted/i);
    const { tbsCertificate } = await bench.verified('out.pem');
    expect(formatName(tbsCertificate.subject)).toBe('OU=Lab,CN=gw1.example,O=Test');
  });

  it('refuses a wrong secret and issues nothing', async () => {
    const bench = await setUp();
    const attempt = bench.cmp('-cmd', 'ir', ...mac, '-secret', 'pass:wrong', ...wanted);

    await expect(attempt).rejects.toThrow(/failed/);
    expect(bench.bodies).toEqual(['ir', 'error']);
    expect(await bench.lab.issuedCount()).toBe(0);
  });

  it('tells a client that trusts its root why the secret is refused', async () => {
    const bench = await setUp();
    const attempt = bench.cmp(
      '-cmd',
      'ir',
      ...mac,
      '-secret',
      'pass:wrong',
      ...wanted,
      '-trusted',
      'root.pem',
    );

    await expect(attempt).rejects.toThrow(/badMessageCheck/);
  });

  it('refuses a request without proof of possession, and one that claims raVerified', async () => {
    const bench = await setUp();
    await expect(bench.cmp('-cmd', 'ir', ...mac, ...wanted, '-popo', '-1')).rejects.toThrow(
      /badPOP/,
    );
    const claimed = bench.cmp('-cmd', 'ir', ...mac, ...wanted, '-popo', '0');
    await expect(claimed).rejects.toThrow(/notAuthorized/);
    expect(await bench.lab.issuedCount()).toBe(0);
  });

  it('refuses by policy', async () => {
    const bench = await setUp({ refuseSubject: 'cn=gw1*' });
    const attempt = bench.cmp('-cmd', 'ir', ...mac, ...wanted);
    await expect(attempt).rejects.toThrow(/notAuthorized/);
    expect(bench.bodies).toEqual(['ir', 'ip']);
  });

  it('takes back a certificate that the client rejects', async () => {
    const bench = await setUp();
    const attempt = bench.cmp('-cmd', 'ir', ...mac, ...wanted, '-out_trusted', 'vendor-root.pem');

    await expect(attempt).rejects.toThrow(/failed/);
    expect(bench.bodies).toEqual(['ir', 'ip', 'certConf', 'pkiconf']);
    expect(await bench.lab.certificates()).toMatchObject([{ status: 'rejected' }]);
  });

  it.each(['rsa-2048', 'p-384', 'p-521', 'ed25519', 'ed448'] as const)(
    'certifies with a CA key of type %s',
    async (keyType) => {
      const bench = await setUp({ keyType });
      await bench.cmp('-cmd', 'ir', ...vendor, ...wanted);
      await bench.verified('out.pem');
      expect(bench.bodies).toEqual(['ir', 'ip', 'certConf', 'pkiconf']);
    },
  );

  it.each(['chain', 'chain-root', 'reversed', 'not-in-pkiconf'] as const)(
    'is understood with extraCerts as %s and with caPubs',
    async (extraCerts) => {
      const bench = await setUp({ extraCerts, caPubs: 'chain' });
      await bench.cmp('-cmd', 'ir', ...vendor, ...wanted, '-cacertsout', 'capubs.pem');
      await bench.verified('out.pem');
      expect(decodePem(readFileSync(bench.path('capubs.pem'), 'latin1'))).toHaveLength(2);
    },
  );

  it.each([
    ['hmacWithSHA256', 'sha512'],
    ['hmac-sha1', 'sha256'],
  ])('takes a MAC of %s over a key made with %s', async (name, digest) => {
    const bench = await setUp({ pbm: { owf: 'sha512', mac: 'hmac-sha512', iterationCount: 500 } });
    await bench.cmp('-cmd', 'ir', ...mac, ...wanted, '-mac', name, '-digest', digest);
    expect(formatName((await bench.verified('out.pem')).tbsCertificate.subject)).toContain('gw1');
  });
});
