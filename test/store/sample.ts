import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { toHex } from '../../src/base/bytes.ts';
import type { CertError, ErrorCode } from '../../src/base/errors.ts';
import type { LifecycleEvent } from '../../src/base/events.ts';
import { parseLabel, type Label } from '../../src/base/label.ts';
import type { Random } from '../../src/base/random.ts';
import type { CaProfile } from '../../src/settings/ca-profile.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import type { StoreOptions } from '../../src/store/open.ts';
import type { NewKeyPair } from '../../src/store/keys-contract.ts';
import type {
  CertificateRecord,
  NewTransaction,
  Store,
  TransactionRecord,
} from '../../src/store/store.ts';

/** Real random octets: two samples are never equal. */
export const random: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };

/** Options for a store whose waits take no time. */
export function storeOptions(directory: string): StoreOptions {
  return { directory, random, clock: { sleep: async () => {} }, busyTimeoutMs: 1 };
}

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-store-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A moment: seconds after the start of 2026. */
export function at(seconds: number): Date {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000 + 7);
}

/** A name. */
export function named(text: string): Label {
  return parseLabel(text, 'cert-name');
}

/** Octets that stand for a key pair; the store looks into neither. */
export function newKey(): NewKeyPair {
  return { spki: random.bytes(91), pkcs8: random.bytes(138) };
}

/** A transaction under a MAC, changed as the test needs. */
export function newTransaction(changes: Partial<NewTransaction> = {}): NewTransaction {
  return {
    name: named('gw1'),
    operation: 'ir',
    ca: named('lab'),
    url: 'http://ra.example/pkix/',
    isUrlGiven: true,
    key: newKey(),
    credential: { type: 'mac', reference: 'device-1', secret: random.bytes(16) },
    transactionID: random.bytes(16),
    phase: 'requested',
    state: random.bytes(40),
    outgoing: random.bytes(300),
    openedAt: at(0),
    deadline: at(86_400),
    ...changes,
  };
}

/** A CA profile with every field, changed as the test needs. */
export function profile(changes: Partial<CaProfile> = {}): CaProfile {
  return {
    ...bareProfile(),
    label: named('lab'),
    cmpRoots: [random.bytes(32)],
    serverCertificate: random.bytes(33),
    intermediates: [random.bytes(34)],
    reference: 'device-1',
    recipient: 'CN=RA',
    issuer: 'CN=Issuing',
    expectedSender: 'CN=Other',
    protection: 'pbmac1',
    ...changes,
  };
}

/** A CA profile without any field that can be left out. */
export function bareProfile(): CaProfile {
  return caProfile({
    label: named('bare'),
    url: 'http://ra.example/pkix/',
    roots: [random.bytes(30), random.bytes(31)],
    transactionDeadlineSeconds: 86_400,
    responseTimeoutSeconds: 30,
    trustCapubs: true,
  });
}

/** What every event of a transaction says. */
export function context(
  transaction: Pick<NewTransaction, 'name' | 'ca' | 'transactionID'>,
): Pick<LifecycleEvent, 'at' | 'name' | 'ca' | 'transactionID'> {
  const { name, ca, transactionID } = transaction;
  return { at: at(1), name, ca, transactionID: toHex(transactionID) };
}

/** What a `CertError` of this code looks like to `toThrow`. */
export function coded(code: ErrorCode): Partial<CertError> {
  return { name: 'CertError', code };
}

/** Import a certificate without a key. */
export async function imported(store: Store, name: string): Promise<CertificateRecord> {
  return store.certificates.import({
    name: named(name),
    der: random.bytes(60),
    chain: [],
    source: 'import',
    at: at(0),
  });
}

/** Stage a certificate of random octets. */
export async function staged(
  store: Store,
  record: TransactionRecord,
  chain: readonly Uint8Array[] = [],
): Promise<TransactionRecord> {
  const certificate = { der: random.bytes(70), chain };
  const change = { phase: 'confirming', state: Uint8Array.of(9), staged: certificate };
  return store.transactions.advance(record, change, []);
}

/** Take a name through a whole transaction. */
export async function granted(
  store: Store,
  name: string,
  chain: readonly Uint8Array[] = [],
  changes: Partial<NewTransaction> = {},
): Promise<CertificateRecord> {
  const opened = await store.transactions.open(
    newTransaction({ name: named(name), ...changes }),
    [],
  );
  const record = await staged(store, opened, chain);
  const certificate = await store.transactions.finish(record, { type: 'granted' }, at(9), []);
  if (certificate === undefined) throw new Error('finish() gave no certificate');
  return certificate;
}

/** All counters, those of different CAs together. */
export async function counters(store: Store): Promise<Readonly<Record<string, number>>> {
  const { counters: all } = await store.statistics.read();
  return Object.fromEntries(all.map(({ counter, value }) => [counter, value]));
}
