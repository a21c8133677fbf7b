import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/agent/system-clock.ts';
import { systemRandom } from '../../src/agent/system-random.ts';
import { rawOf } from '../../src/asn1/codec.ts';
import { decodePem } from '../../src/asn1/pem.ts';
import { ocspQuery, queryOf } from '../../src/revocation/ocsp-query.ts';
import type { OcspRules, OcspVerdict } from '../../src/revocation/ocsp-rules.ts';
import { verifyOcspResponse } from '../../src/revocation/ocsp-verify.ts';
import type { OcspAnswer, OcspClient } from '../../src/validation/contract.ts';
import { ocspClient } from '../../src/validation/ocsp-client.ts';
import { signedRequest, type RequestSigner } from '../../src/validation/ocsp-sign.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { decodeOcspRequest } from '../../src/x509/ocsp-request.ts';
import { decodeCertificate, type Certificate } from '../../src/x509/certificate.ts';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { chainOf, rulesFor } from '../revocation/ocsp-vectors.ts';
import { ocspObjectFor, type ObjectParts } from '../validation/ocsp-asked.ts';
import { opensslEnv } from './openssl/pki.ts';
import { proxies, proxyPassword, proxyUser } from './proxies/proxies.ts';

/** Responses of `openssl ocsp` as a server, to requests of ours. */
let directory: string;
let server: ChildProcess | undefined;
let url = '';

function openssl(line: string): void {
  execFileSync('openssl', line.split(' '), { cwd: directory, stdio: 'pipe', env: opensslEnv() });
}

function certificate(name: string): Certificate {
  const [block] = decodePem(readFileSync(join(directory, `${name}.crt`), 'utf8'));
  if (!block) throw new Error(`no certificate in ${name}.crt`);
  return decodeCertificate(block.der);
}

function leaf(name: string, serial: string, extensions: string): void {
  writeFileSync(join(directory, `${name}.ext`), extensions);
  openssl(`genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${name}.key`);
  openssl(`req -config /dev/null -new -key ${name}.key -subj /CN=${name} -out ${name}.csr`);
  openssl(
    `x509 -req -in ${name}.csr -CA ca.crt -CAkey ca.key -set_serial ${serial} -days 30 -extfile ${name}.ext -out ${name}.crt`,
  );
}

beforeAll(async () => {
  if (!hasPeer('openssl')) return;
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-ocsp-'));
  openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key');
  openssl(
    'req -config /dev/null -x509 -new -key ca.key -subj /CN=ca -days 30 -out ca.crt ' +
      '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign',
  );
  for (const [name, serial] of [
    ['good', '0x1000'],
    ['revoked', '0x1001'],
    ['unknown', '0x1002'],
  ] as const) {
    leaf(name, serial, 'keyUsage=digitalSignature\n');
  }
  leaf('ocsp', '0x2000', 'extendedKeyUsage=OCSPSigning\nnoCheck=ignored\n');
  writeFileSync(
    join(directory, 'index.txt'),
    'V\t300101000000Z\t\t1000\tunknown\t/CN=good\n' +
      'R\t300101000000Z\t261101000000Z,keyCompromise\t1001\tunknown\t/CN=revoked\n',
  );
  const args = '-index index.txt -CA ca.crt -rsigner ocsp.crt -rkey ocsp.key -nmin 60 -port 0';
  server = spawn('openssl', ['ocsp', ...args.split(' ')], { cwd: directory, env: opensslEnv() });
  url = `http://127.0.0.1:${await portOf(server)}`;
});
afterAll(() => {
  server?.kill();
  if (directory) rmSync(directory, { recursive: true });
});
beforeEach((context) => requirePeer(context, 'openssl'));

/** It says `ACCEPT [::]:41000 PID=…`. */
async function portOf(process: ChildProcess): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const [, port] = /ACCEPT \S*:(\d+)/.exec(said) ?? [];
        if (port !== undefined) resolve(port);
      });
    }
    process.on('exit', () => reject(new Error(`openssl ocsp ended: ${said}`)));
  });
}

async function ask(
  name: string,
  { hash = 'sha1', nonce }: { readonly hash?: 'sha1' | 'sha256'; readonly nonce?: Uint8Array } = {},
  rest: Partial<OcspRules> = {},
): Promise<OcspVerdict & { readonly method: string }> {
  const issuer = certificate('ca');
  const query = { certificate: certificate(name), issuer, url, hash };
  const { http } = ocspQuery(query, nonce);
  const answer = await send(http.url, http.method === 'POST' ? http.body : undefined);
  const verdict = verifyOcspResponse(
    answer,
    { ...query, origin: { type: 'query', ...(nonce && { nonce }) } },
    rulesFor(chainOf([issuer]), { clockSkewSeconds: 60, ...rest }),
    new Date(),
  );
  return { ...verdict, method: http.method };
}

async function send(to: string, body: Uint8Array | undefined): Promise<Uint8Array> {
  const headers = { 'content-type': 'application/ocsp-request' };
  const post = body && { method: 'POST', body: new Uint8Array(body), headers };
  return (await fetch(to, post)).bytes();
}

const nonce = new Uint8Array(32).fill(0xab);

describe('openssl ocsp as a responder', () => {
  it.each(['good', 'revoked', 'unknown'])('answers a GET about %s', async (name) => {
    expect(await ask(name)).toMatchObject({ type: name, method: 'GET' });
  });

  it('answers a POST with the nonce of 32 octets that was sent', async () => {
    const verdict = await ask('good', { nonce }, { nonce: 'require' });
    expect(verdict).toMatchObject({ type: 'good', method: 'POST' });
  });

  it('answers a request that names the certificate by SHA-256', async () => {
    expect(await ask('revoked', { hash: 'sha256' })).toMatchObject({
      type: 'revoked',
      reason: 'keyCompromise',
      revocationDate: new Date('2026-11-01T00:00:00Z'),
    });
  });

  it('does not send a nonce it was not asked for', async () => {
    const verdict = await ask('good', {}, { nonce: 'require' });
    expect(verdict).toMatchObject({ type: 'unavailable', code: 'nonce-missing' });
  });
});

describe('a query of ours that is signed', () => {
  const signer: RequestSigner = {
    get certificate() {
      return certificate('good');
    },
    chain: [],
    algorithm: algorithmIdentifier('ecdsaWithSHA256'),
    async sign(data) {
      const key = createPrivateKey(readFileSync(join(directory, 'good.key')));
      return Uint8Array.from(sign('sha256', data, key));
    },
  };

  it('is read by openssl, which verifies its signature, and answered by its responder', async () => {
    const about = {
      certificate: certificate('good'),
      issuer: certificate('ca'),
      hash: 'sha1',
    } as const;
    const request = await signedRequest(about, nonce, 'gw1', async () => signer);
    const { der, http } = queryOf(request, url);
    expect(http.method).toBe('POST');
    writeFileSync(join(directory, 'signed.req'), der);
    const args = ['ocsp', '-reqin', 'signed.req', '-req_text'];
    const text = execFileSync('openssl', args, { cwd: directory, env: opensslEnv() }).toString();
    expect(text).toMatch(/Requestor Name: DirName:\s*CN ?= ?good/);
    expect(text).toContain('Signature Algorithm: ecdsa-with-SHA256');
    const { tbsRequest, optionalSignature } = decodeOcspRequest(der);
    writeFileSync(join(directory, 'signed.tbs'), rawOf(tbsRequest));
    writeFileSync(join(directory, 'signed.sig'), optionalSignature?.signature ?? '');
    openssl('x509 -in good.crt -pubkey -noout -out good.pub');
    openssl('dgst -sha256 -verify good.pub -signature signed.sig signed.tbs');
    const answered = await fetch(url, { method: 'POST', body: Buffer.from(der) });
    const response = new Uint8Array(await answered.arrayBuffer());
    const expected = { ...about, origin: { type: 'query', nonce } } as const;
    const rules = rulesFor(chainOf([about.issuer]), { clockSkewSeconds: 60, nonce: 'require' });
    expect(verifyOcspResponse(response, expected, rules, new Date())).toMatchObject({
      type: 'good',
    });
  });
});

function client(): OcspClient {
  return ocspClient({ clock: systemClock, random: systemRandom, tell: () => {} });
}

describe('the client', () => {
  const { signal } = new AbortController();

  /** A word of this responder, with the time a machine under load takes. */
  async function status(
    name: string,
    object: ObjectParts = {},
    by = client(),
  ): Promise<OcspAnswer> {
    const issuer = certificate('ca');
    const made = ocspObjectFor({ ...object, query: { url, timeoutMs: 20_000, ...object.query } });
    const rules = rulesFor(chainOf([issuer]), { clockSkewSeconds: 60, ...object.rules });
    return await by.status(certificate(name), issuer, { ...made, rules }, signal);
  }

  it.each(['good', 'revoked', 'unknown'])(
    'learns that a certificate is %s, and keeps it',
    async (name) => {
      for (const rule of ['off', 'prefer', 'require'] as const) {
        const by = client();
        expect((await status(name, { rules: { nonce: rule } }, by)).verdict.type).toBe(name);
        const again = await status(name, { rules: { nonce: rule } }, by);
        expect(again.tried).toMatchObject([{ source: { from: 'cache' }, verdict: { type: name } }]);
      }
    },
  );

  it('has its staple believed that this responder made', async () => {
    const by = client();
    const issuer = certificate('ca');
    const about = { certificate: certificate('good'), issuer, url, hash: 'sha256' } as const;
    const { http } = ocspQuery(about);
    const stapled = await send(http.url, http.method === 'POST' ? http.body : undefined);
    const rules = rulesFor(chainOf([issuer]), { clockSkewSeconds: 60 });
    const object = { ...ocspObjectFor({}), rules };
    expect(by.staple(stapled, about.certificate, issuer, object).verdict.type).toBe('good');
  });

  it('gets there in a tunnel of tinyproxy, with a password', async (context) => {
    requirePeer(context, 'tinyproxy');
    const proxy = await proxies.tinyproxy(Number(new URL(url).port));
    onTestFinished(() => proxy.close());
    const tunnel = {
      address: '127.0.0.1',
      port: Number(new URL(proxy.url).port),
      username: proxyUser,
      password: Buffer.from(proxyPassword),
    };
    const { verdict } = await status('revoked', { query: { tunnel } });
    expect(verdict).toMatchObject({ type: 'revoked' });
    const wrong = { ...tunnel, password: Buffer.from('wr0ng') };
    const refused = await status('revoked', { query: { tunnel: wrong } });
    expect(refused.verdict).toMatchObject({ type: 'unavailable', code: 'http-status' });
    expect(JSON.stringify(refused)).not.toContain('wr0ng');
  });
});
