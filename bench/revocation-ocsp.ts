/**
 * Verify one OCSP response for a while, from its octets to the verdict, and print the milliseconds of a core for each.
 *
 * usage: revocation-ocsp.ts DIRECTORY_OF_PKI DIRECTORY_OF_RESPONSE
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/agent/system-clock.ts';
import type { OcspExpectation, OcspRules } from '../src/revocation/ocsp-rules.ts';
import { verifyOcspResponse } from '../src/revocation/ocsp-verify.ts';
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

run(500);
console.log(JSON.stringify({ verifyMs: run(1000) }));
