/**
 * Read a CRL and verify it, as whoever checks a peer does; with `lookups`, then look its serial numbers up, and the same
 * in a Map of strings.
 *
 * usage: revocation-crl.ts CERTIFICATE_OF_CA CRL [lookups]
 */
import { readFileSync } from 'node:fs';
import { readCrl } from '../src/revocation/crl.ts';
import { entryAt, serialOctets } from '../src/x509/certificate-list.ts';
import { findSlot, offsetAt, type CrlIndex } from '../src/revocation/crl-index.ts';
import { signersOf } from '../src/revocation/crl-signer.ts';
import { readCertificate } from './signed-request.ts';

/** Serial numbers looked up: enough to have none of them at hand. */
const LOOKUPS = 200_000;
const ROUNDS = 5;

const [ca = '', file = '', what] = process.argv.slice(2);
const certificate = readCertificate(ca);
const reading = readCrl(readFileSync(file));
if (reading.type === 'malformed') throw new Error(reading.detail);
const signers = { candidates: () => [certificate], above: () => [] };
const signed = signersOf(reading.crl, signers, { allowLegacy: false });
if (signed?.length !== 1) throw new Error('the CRL is not signed by that CA');
const { index } = reading.crl;
if (what === 'lookups') console.log(JSON.stringify(lookUp(index)));
else console.log(JSON.stringify({ entries: index.count }));

function lookUp({ octets, count }: CrlIndex): Readonly<Record<string, number>> {
  const serials = Array.from({ length: LOOKUPS }, (_, i) => {
    const slot = Math.floor((i * count) / LOOKUPS);
    return serialOctets(entryAt(octets, offsetAt(index, slot)).userCertificate);
  });
  const names = serials.map((serial) => Buffer.from(serial).toString('latin1'));
  const map = new Map(names.map((name, i) => [name, i]));
  let found = 0;
  const lookupUs = fastest(() => {
    for (const serial of serials) if (findSlot(index, serial) !== -1) found++;
  });
  const mapUs = fastest(() => {
    for (const serial of serials) {
      if (map.has(Buffer.from(serial).toString('latin1'))) found++;
    }
  });
  if (found !== LOOKUPS * 2 * ROUNDS) throw new Error(`${found} found`);
  return { lookupUs, mapUs };
}

/** CPU microseconds for one of the lookups. */
function fastest(run: () => void): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(start);
    return (user + system) / LOOKUPS;
  });
  return Math.min(...rounds);
}
