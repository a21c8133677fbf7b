import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { Name } from '../../src/x509/name.ts';
import { issue, someDay, type Issued } from '../harness/certificates.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { entry, makeCrl } from '../revocation/crl-made.ts';
import { makeBench, type Bench, type Outcome } from './run-cli.ts';

function run(bench: Bench, line: string, env: Record<string, string> = {}): Promise<Outcome> {
  return bench.run(line.split(' '), { env });
}

function write(bench: Bench, name: string, octets: Uint8Array): string {
  const path = join(bench.directory, name);
  writeFileSync(path, octets);
  return path;
}

/** A bench with the root of the small PKI in its CA store, and the files of a peer. */
async function withRoot() {
  const bench = makeBench(someDay);
  const file = (name: string, issued: Issued): string =>
    write(bench, name, certificateDer(issued.certificate));
  const rootFile = file('root.der', root);
  const added = await run(bench, `cert import cert-name rootA file ${rootFile} ca`);
  expect(added).toMatchObject({ code: 0 });
  return { bench, peer: file('leaf.der', leaf), chain: file('sub.der', sub) };
}

function crlFile(bench: Bench, name: string, signer: Issued, isRevoking = false): string {
  return write(bench, name, makeCrl(signer, { entries: isRevoking ? [entry(leaf)] : [] }));
}

describe('ocsp verify-object', () => {
  it('is set up by the words of its table, shown with units, and removed', async () => {
    const { bench } = await withRoot();
    const line =
      'ocsp verify-object hq verify-others off ca-chain rootA profile rfc6960 nonce prefer ' +
      'timeout 4000 max-age -1 cache-timeout indefinite tunneling on tunnel-address 192.0.2.1 ' +
      'tunnel-port 3128 tunnel-username me tunnel-password env:PASS dns-resolver 192.0.2.53';
    expect(await run(bench, line, { PASS: 's3cret-pass' })).toMatchObject({ code: 0 });
    const shown = await run(bench, 'show ocsp verify-object hq');
    expect(shown.out).toContain('4000 ms');
    expect(shown.out).toContain('300 s (as usual)');
    expect(shown.out).toContain('(stored)');
    expect(shown.out).not.toContain('s3cret');
    const json = await run(bench, '--json show ocsp all');
    expect(JSON.parse(json.out)).toMatchObject({
      ocspObjects: [{ name: 'hq', hasPassword: true, 'verify-others': false, 'max-age': -1 }],
    });
    expect(await run(bench, 'no ocsp verify-object hq')).toMatchObject({ code: 0 });
    expect(await run(bench, 'no ocsp verify-object hq')).toMatchObject({ code: 3 });
  });

  it('leaves no password in the audit trail, and is only tried with dry-run', async () => {
    const { bench } = await withRoot();
    const line =
      'ocsp verify-object hq signing-certs rootA:any tunneling on tunnel-address 192.0.2.1 ' +
      'tunnel-port 3128 tunnel-username me tunnel-password';
    const tried = await run(bench, `${line} s3cret-literal dry-run`);
    expect(tried).toMatchObject({ code: 0 });
    expect((await run(bench, 'show ocsp')).out).toContain('There is no OCSP object');
    expect(await run(bench, `${line} s3cret-literal`)).toMatchObject({ code: 0 });
    expect(await run(bench, `${line} gw1:env:PW`)).toMatchObject({ code: 2 });
    const { out } = await run(bench, '--json show audit');
    expect(out).toContain('tunnel-password');
    expect(out).not.toContain('s3cret');
  });

  it('understands the words of other products', async () => {
    const { bench } = await withRoot();
    const line =
      'ocsp verify-object f5 strict-resp-cert-check off verify-others off ca-chain rootA ' +
      'responder-url http://r.example/ status-age 60 nonce-check off';
    expect(await run(bench, line)).toMatchObject({ code: 0 });
    const { out } = await run(bench, '--json show ocsp');
    expect(JSON.parse(out)).toMatchObject({
      ocspObjects: [{ url: 'http://r.example/', 'max-age': 60, nonce: 'off' }],
    });
  });

  it.each([
    ['ocsp verify-object x', 'there are no signing-certs'],
    ['ocsp verify-object x signing-certs nobody', 'Cannot find certificate "nobody"'],
    ['ocsp verify-object x verify-others off ca-chain nobody', 'Cannot find CA "nobody"'],
    ['ocsp verify-object x signing-certs rootA timeout 60000', 'cache-error-timeout is 30 s'],
    ['ocsp verify-object x signing-certs rootA cache-timeout soon', 'cache-timeout is "soon"'],
    ['ocsp verify-object x.y signing-certs rootA', 'name is "x.y"'],
  ])('is refused as "%s": %s', async (line, why) => {
    const { bench } = await withRoot();
    const { code, err } = await run(bench, line);
    expect(code).toBe(3);
    expect(err).toContain(why);
    expect((await run(bench, '--json show ocsp')).out).toContain('"ocspObjects": []');
  });

  it('is not removed while a policy asks by it', async () => {
    const { bench } = await withRoot();
    await run(bench, 'ocsp verify-object hq signing-certs rootA:any');
    const set = 'crypto template gw ikev2-dynamic ca rootA ocsp-cert-validator /Common/hq';
    expect(await run(bench, set)).toMatchObject({ code: 0 });
    const { code, err } = await run(bench, 'no ocsp verify-object hq');
    expect(code).toBe(3);
    expect(err).toContain('policy "gw" needs it');
    await run(bench, 'no crypto template gw ikev2-dynamic');
    expect(await run(bench, 'no ocsp verify-object hq')).toMatchObject({ code: 0 });
  });
});

describe('ca-crl', () => {
  it('is set up, due at once, shown, and removed', async () => {
    const { bench } = await withRoot();
    const line = 'ca-crl name rootA der url http://crl.example/a.crl refresh 12h';
    expect(await run(bench, line)).toMatchObject({ code: 0 });
    const due = await bench.withStore((store) => store.crlSources.due(someDay, 9));
    expect(due).toMatchObject([{ url: 'http://crl.example/a.crl', origin: 'configured' }]);
    const shown = await run(bench, 'show ca-crl name rootA');
    expect(shown.out).toMatch(/state +not fetched/);
    expect(shown.out).toMatch(/refresh +43200 s/);
    expect(await run(bench, 'no ca-crl name rootA')).toMatchObject({ code: 0 });
    expect(await bench.withStore((store) => store.crlSources.list())).toStrictEqual([]);
  });

  it('that is written otherwise than is set is shown so', async () => {
    const { bench } = await withRoot();
    await run(bench, 'ca-crl name rootA der url http://crl.example/a.crl');
    const rootA = issue({ subject: 'CN=Root A', isCa: true });
    await bench.withStore(async (store) => {
      await store.heldCrls.put({
        identity: 'a',
        issuer: toDer(Name, rootA.subject),
        thisUpdate: someDay,
        fetchedAt: someDay,
        der: makeCrl(rootA),
      });
      const [source] = await store.crlSources.list();
      if (source) await store.crlSources.put({ ...source, identity: 'a', form: 'pem' });
    });
    expect((await run(bench, 'show ca-crl')).out).toMatch(/form +pem, though der is set/);
    const { out } = await run(bench, '--json show ca-crl');
    expect(JSON.parse(out)).toMatchObject({ crls: [{ format: 'der', form: 'pem' }] });
  });

  it('is refused with a password in its URL, and with a scheme nobody fetches', async () => {
    const { bench } = await withRoot();
    const password = await run(bench, 'ca-crl name a der url ftp://me:secret@crl.example/a.crl');
    expect(password.err).toContain('there is a password in its URL');
    expect(password.err).not.toContain('secret@');
    expect(await run(bench, 'ca-crl name a der url gopher://crl.example/a')).toMatchObject({
      code: 3,
    });
  });
});

describe('crypto map', () => {
  it('is a policy that is shown with every setting', async () => {
    const { bench } = await withRoot();
    await run(bench, 'ca-crl name rootA der url http://crl.example/a.crl');
    const line =
      'crypto map gw ikev2-ipv4 ca rootA ocsp nonce ca-crl list ca-crl-name rootA max-chain-length 3';
    expect(await run(bench, line)).toMatchObject({ code: 0 });
    const { out } = await run(bench, 'show crypto policy gw');
    expect(out).toMatch(/certreq +[0-9a-f]{40}\n/);
    expect(out).toMatch(/ocsp +nonce/);
    expect(out).toMatch(/ca-crl +rootA/);
    expect(out).toMatch(/revocation +strict \(as usual\)/);
    expect(out).toMatch(/deadline +5000 ms \(as usual\)/);
    const removed = await run(bench, 'no ca-crl name rootA');
    expect(removed.err).toContain('policy "gw" needs it');
    expect(await run(bench, 'no crypto map gw')).toMatchObject({ code: 0 });
  });

  it.each([
    ['ocsp-cert-validator nobody', 'there is no OCSP object "nobody"'],
    ['ca-crl list ca-crl-name nobody', 'there is no CRL "nobody"'],
    [
      'ocsp-cert-validator /Other/hq',
      'expected the name of an OCSP object, alone or behind /Common/',
    ],
    ['ca-crl list ca-crl-name a,nobody', 'there is no CRL "a"; there is no CRL "nobody"'],
    ['crl-distribution-points off', 'no source is left'],
    ['unknown-fallback on', 'nothing asks by it'],
    ['ca nobody', 'Cannot find CA "nobody"'],
    ['certificate-policy x.y', 'certificate-policy is "x.y"'],
  ])('is refused with %s: %s', async (words, why) => {
    const { bench } = await withRoot();
    const { code, err } = await run(bench, `crypto map gw ikev2-ipv4 ${words}`);
    expect(code).toBe(3);
    expect(err).toContain(why);
  });

  it('is only tried with dry-run, and is in the audit trail otherwise', async () => {
    const { bench } = await withRoot();
    expect(await run(bench, 'crypto map gw ikev2-ipv4 ca rootA dry-run')).toMatchObject({
      code: 0,
    });
    expect((await run(bench, 'show crypto policy')).out).toContain('There is no policy');
    await run(bench, 'crypto map gw ikev2-ipv4 ca rootA');
    expect((await run(bench, 'show audit')).out).toContain('crypto map');
  });
});

describe('completion', () => {
  it('knows the names of policies and OCSP objects', async () => {
    const { bench } = await withRoot();
    await run(bench, 'ocsp verify-object hq signing-certs rootA:any');
    await run(bench, 'crypto map gw ikev2-ipv4 ca rootA');
    const complete = async (line: string): Promise<string> =>
      (await bench.run(['complete', 'bash', ' ', line])).out;
    expect(await complete('certkeeper verify peer.pem policy ')).toBe('gw\n');
    expect(await complete('certkeeper show ocsp verify-object h')).toBe('hq\n');
  });
});

describe('verify', () => {
  it('accepts with exit code 0 and tells path and sources', async () => {
    const { bench, peer, chain } = await withRoot();
    for (const [name, signer] of [
      ['root', root],
      ['sub', sub],
    ] as const) {
      await run(bench, `ca-crl name ${name} der url ${crlFile(bench, `${name}.crl`, signer)}`);
    }
    await run(bench, 'crypto map gw ikev2-ipv4 ca rootA ca-crl list ca-crl-name root sub');
    const { code, out } = await run(bench, `verify ${peer} chain ${chain} policy gw`);
    expect(out).toMatch(/verdict +accept/);
    expect(out).toMatch(/0 +CN=gw1,O=Test,C=DE +good +CRL/);
    expect(code).toBe(0);
  });

  it('rejects with exit code 9 what a CRL lists, and says so in JSON', async () => {
    const { bench, peer, chain } = await withRoot();
    await run(bench, `ca-crl name sub der url ${crlFile(bench, 'sub.crl', sub, true)}`);
    await run(bench, 'crypto map gw ikev2-ipv4 revocation relaxed ca-crl list ca-crl-name sub');
    const line = `--json verify ${peer} chain ${chain} ca rootA policy gw`;
    const { code, out } = await run(bench, line);
    expect(code).toBe(9);
    expect(JSON.parse(out)).toMatchObject({
      verdict: 'reject',
      reasons: [{ code: 'revoked', depth: 0 }],
      anchor: { subject: 'CN=Root,O=Test,C=DE' },
      revocation: [{ status: 'revoked' }, { status: 'unavailable' }],
    });
  });

  it('is strict without a policy, and says which word is missing', async () => {
    const { bench, peer, chain } = await withRoot();
    const { code, out } = await run(bench, `verify ${peer} chain ${chain} ca rootA`);
    expect(code).toBe(9);
    expect(out).toContain('no-source');
  });

  it('rejects octets that are no certificate, and another time or name', async () => {
    const { bench, peer, chain } = await withRoot();
    const junk = write(bench, 'junk', new Uint8Array([0x30, 1, 2, 3]));
    expect((await run(bench, `verify ${junk} ca rootA`)).out).toContain('malformed-certificate');
    const late = await run(bench, `verify ${peer} chain ${chain} ca rootA at 2030-01-01`);
    expect(late.out).toContain('expired');
    const other = await run(bench, `verify ${peer} chain ${chain} ca rootA identity dns:gw2`);
    expect(other.out).toContain('wrong-identity');
    expect(other.code).toBe(9);
  });

  it('refuses to judge by a policy or CA that is not there', async () => {
    const { bench, peer } = await withRoot();
    expect(await run(bench, `verify ${peer} ca nobody`)).toMatchObject({ code: 3 });
    expect(await run(bench, `verify ${peer} ca rootA policy nobody`)).toMatchObject({ code: 3 });
    expect((await run(bench, `verify ${peer}`)).err).toContain('no CA is named');
  });
});
