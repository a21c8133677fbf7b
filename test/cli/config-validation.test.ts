import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateDer } from '../../src/x509/certificate.ts';
import { root } from '../harness/paths.ts';
import { makeBench, type Bench, type Outcome } from './run-cli.ts';

const everything = `
ocsp:
  hq:
    signing-certs: [rootA:any]
    max-age: -1
    cache-timeout: 60
    tunneling: true
    tunnel-address: 192.0.2.1
    tunnel-port: 3128
    tunnel-username: me
    tunnel-password: env:PASS
ca-crl:
  rootA: { format: pem, url: crls/a.pem, refresh: 12h }
crypto-policy:
  gw: { kind: ikev2-dynamic, ca: rootA, ocsp-cert-validator: hq, ca-crl: [rootA], revocation: ifuri }
`;

async function makeOne(): Promise<Bench> {
  const bench = makeBench();
  const file = join(bench.directory, 'root.der');
  writeFileSync(file, certificateDer(root.certificate));
  await bench.run(['cert', 'import', 'cert-name', 'rootA', 'file', file, 'ca']);
  return bench;
}

function apply(bench: Bench, text: string): Promise<Outcome> {
  const file = join(bench.directory, 'gw.yaml');
  writeFileSync(file, text);
  return bench.run(['config', 'apply', file, '--yes'], { env: { PASS: 'proxy-s3cret' } });
}

describe('config apply of what peers are judged by', () => {
  it('sets up objects, CRLs and policies in one go, and is shown as it was', async () => {
    const bench = await makeOne();
    expect(await apply(bench, everything)).toMatchObject({ code: 0, err: '' });
    const { out } = await bench.run(['config', 'show', '--json']);
    expect(out).not.toContain('s3cret');
    expect(JSON.parse(out)).toMatchObject({
      config: {
        ocsp: { hq: { 'max-age': -1, 'cache-timeout': 60, 'tunnel-password': '(stored)' } },
        'ca-crl': { rootA: { format: 'pem', refresh: '12h' } },
        'crypto-policy': { gw: { ca: ['rootA'], revocation: 'ifuri' } },
      },
    });
  });

  it('changes nothing when it is applied again, as it was or as it is shown', async () => {
    const bench = await makeOne();
    await apply(bench, everything);
    expect((await apply(bench, everything)).out).toContain('Nothing was changed');
    const { out } = await bench.run(['config', 'show']);
    expect((await apply(bench, out)).out).toContain('Nothing was changed');
  });

  it('takes away what it names no more', async () => {
    const bench = await makeOne();
    await apply(bench, everything);
    expect(await apply(bench, 'ocsp: {}\nca-crl: {}\ncrypto-policy: {}\n')).toMatchObject({
      code: 0,
    });
    expect((await bench.run(['show', 'crypto', 'policy'])).out).toContain('There is no policy');
    expect(await bench.withStore((store) => store.crlSources.list())).toStrictEqual([]);
  });

  it('keeps what a policy needs that it leaves as it is', async () => {
    const bench = await makeOne();
    await apply(bench, everything);
    const { code, err } = await apply(bench, 'ocsp: {}\n');
    expect(code).toBe(3);
    expect(err).toContain('policy "gw" needs "hq"');
  });

  it.each([
    ['ocsp: { x: {} }', 'there are no signing-certs'],
    ['ocsp: { x: { signing-certs: a, timeout: 0 } }', 'timeout'],
    ['ca-crl: { x: { url: "ftp://a:b@h/x" } }', 'there is a password in its URL'],
    ['crypto-policy: { x: { ocsp-cert-validator: nobody } }', 'there is no OCSP object "nobody"'],
  ])('is refused with %s: %s', async (text, why) => {
    const { code, err } = await apply(await makeOne(), text);
    expect(code).toBe(3);
    expect(err).toContain(why);
  });
});
