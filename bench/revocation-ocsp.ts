/**
 * Verify one OCSP response for a while, from its octets to the verdict, and print the milliseconds of a core for each;
 * then ask for the verdict that is kept of it, for a certificate read once and for one read anew each time.
 *
 * usage: revocation-ocsp.ts DIRECTORY_OF_PKI DIRECTORY_OF_RESPONSE
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/agent/system-clock.ts';
import type { OcspExpectation, OcspRules } from '../src/revocation/ocsp-rules.ts';
import { verifyOcspResponse } from '../src/revocation/ocsp-verify.ts';
import { systemRandom } from '../src/agent/system-random.ts';
import type { ResolvedOcsp } from '../src/validation/contract.ts';
import { ocspClient } from '../src/validation/ocsp-client.ts';
import { decodeCertificate, certificateDer } from '../src/x509/certificate.ts';
import { readCertificate } from './signed-request.ts';

const [pki = '.', directory = '.'] = process.argv.slice(2);
const issuer = readCertificate(join(pki, 'ca.crt'));
const expectation: OcspExpectation = {
  certificate: readCertificate(join(pki, 'client.crt')),
  issuer,
  origin: { type: 'query' },
};
const rules: OcspRules = {
  responders: {
    type: 'ca-chain',
    members: [{ certificate: issuer, trustOcspSigning: false }],
    issuerCriteriaCheck: true,
    acceptTrustedRoot: false,
  },
  policy: { allowLegacy: false },
  nonce: 'off',
  maxResponseOctets: 65_536,
  maxAgeSeconds: -1,
  clockSkewSeconds: 300,
  rejectMissingNextUpdate: false,
};
const response = new Uint8Array(readFileSync(join(directory, 'response.der')));
const at = systemClock.now();

/** The time a core works, as `openssl speed` counts. */
function run(forMs: number): number {
  const start = process.cpuUsage();
  let usedMs = 0;
  let done = 0;
  while (usedMs < forMs) {
    for (let i = 0; i < 50; i++, done++) {
      const verdict = verifyOcspResponse(response, expectation, rules, at);
      if (verdict.type !== 'good') throw new Error(JSON.stringify(verdict));
    }
    const { user, system } = process.cpuUsage(start);
    usedMs = (user + system) / 1000;
  }
  return usedMs / done;
}

/** Microseconds of a core for one verdict that is kept. */
async function cached(forMs: number, anew: boolean): Promise<number> {
  const object: ResolvedOcsp = {
    name: 'bench',
    rules,
    cache: {
      caching: true,
      maxAgeSeconds: -1,
      clockSkewSeconds: 300,
      cachingThisUpdateMaxAgeSeconds: -1,
      cachingNextUpdateAheadSeconds: -1,
      cacheTimeoutSeconds: 'indefinite',
      cacheErrorTimeoutSeconds: 30,
    },
    query: { timeoutMs: 200, certIdHash: 'sha1', resolvers: [], concurrency: 0 },
    policyHash: 'bench',
  };
  const { signal } = new AbortController();
  const client = ocspClient({ clock: systemClock, random: systemRandom, tell: () => {} });
  client.staple(response, expectation.certificate, issuer, object);
  const der = certificateDer(expectation.certificate);
  // Read beforehand: what is asked is the verdict, not the certificate.
  const read = () => Array.from({ length: anew ? 1000 : 1 }, () => decodeCertificate(der));
  let usedUs = 0;
  let done = 0;
  while (usedUs < forMs * 1000) {
    const certificates = read();
    const start = process.cpuUsage();
    for (let i = 0; i < 1000; i++, done++) {
      const certificate = certificates[i % certificates.length] ?? expectation.certificate;
      const { verdict } = await client.status(certificate, issuer, object, signal);
      if (verdict.type !== 'good') throw new Error(JSON.stringify(verdict));
    }
    const { user, system } = process.cpuUsage(start);
    usedUs += user + system;
  }
  return usedUs / done;
}

/** Microseconds of a core for what no cache can do without: a look into a Map, awaited. */
async function looked(forMs: number): Promise<number> {
  const map = new Map(
    Array.from({ length: 1000 }, (_, i) => [`a key as long as ours ${i}`, { i }]),
  );
  const keys = [...map.keys()];
  const look = async (key: string) => map.get(key);
  const start = process.cpuUsage();
  let usedUs = 0;
  let done = 0;
  while (usedUs < forMs * 1000) {
    for (let i = 0; i < 1000; i++, done++) {
      if ((await look(keys[i] ?? ''))?.i !== i) throw new Error('not found');
    }
    const { user, system } = process.cpuUsage(start);
    usedUs = user + system;
  }
  return usedUs / done;
}

run(500);
const verifyMs = run(1000);
await cached(500, false);
const cachedUs = await cached(1000, false);
await cached(300, true);
const cachedAnewUs = await cached(1000, true);
await looked(300);
console.log(JSON.stringify({ verifyMs, cachedUs, cachedAnewUs, mapUs: await looked(500) }));
