import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem } from '../../src/asn1/pem.ts';
import { fromHex } from '../../src/base/bytes.ts';
import { parseLabel, type Label } from '../../src/base/label.ts';
import type { NewTransaction } from '../../src/store/store.ts';
import { gatewayPem, rootPem } from './certificates.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

/** Make a bench with the file of a root in it. */
export function benchWithCa(): Bench {
  const bench = makeBench();
  writeFileSync(join(bench.directory, 'root.pem'), rootPem);
  return bench;
}

/** Write the command line that adds the CA profile `rootA`. */
export function addCa(bench: Bench, ...more: string[]): string[] {
  const root = join(bench.directory, 'root.pem');
  return ['ca', 'add', 'rootA', 'url', 'http://ra.example/pkix/', 'root', root, ...more];
}

/** Read the certificate of a PEM text. */
export function der(pem: string): Uint8Array {
  return decodePem(pem)[0]?.der ?? new Uint8Array();
}

/** The name the tests give their certificate. */
export const gw1: Label = parseLabel('gw1', 'name');
const rootA: Label = parseLabel('rootA', 'name');

/** Store the certificate of the gateway as one that came over CMP. */
export async function importGateway(bench: Bench): Promise<void> {
  await bench.withStore((store) =>
    store.certificates.import({
      name: gw1,
      der: der(gatewayPem),
      chain: [der(rootPem)],
      source: 'cmp',
      ca: rootA,
      at: now,
    }),
  );
}

const transaction: NewTransaction = {
  name: gw1,
  operation: 'ir',
  ca: rootA,
  url: 'http://ra.example/pkix/',
  isUrlGiven: false,
  key: { spki: Uint8Array.of(1), pkcs8: Uint8Array.of(2) },
  credential: { type: 'mac', reference: 'gw1', secret: Uint8Array.of(3) },
  transactionID: fromHex('00112233445566778899aabbccddeeff'),
  phase: 'waiting',
  state: Uint8Array.of(4),
  outgoing: Uint8Array.of(5),
  openedAt: now,
  deadline: new Date('2026-12-15T00:00:00Z'),
};

/** Leave a request outstanding for the gateway. */
export async function openTransaction(bench: Bench): Promise<void> {
  await bench.withStore((store) =>
    store.transactions.open(transaction, [
      {
        type: 'sent',
        body: 'ir',
        at: now,
        name: gw1,
        ca: rootA,
        transactionID: '00112233445566778899aabbccddeeff',
      },
    ]),
  );
}
