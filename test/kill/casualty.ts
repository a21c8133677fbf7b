import { createPrivateKey, X509Certificate } from 'node:crypto';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import type { TransactionRecord } from '../../src/store/store.ts';
import { bodies, type Client } from './scene.ts';

/** What a killed process left in the store. */
export interface Left {
  /** Absent when the transaction was closed. */
  readonly record: TransactionRecord | undefined;
  /** Public key of the request; absent when it died before it had stored one. */
  readonly spki: Uint8Array | undefined;
}

/** Count the transactions a client has begun. */
export function begun(client: Client): Promise<number> {
  return client.withStore(async (store) => (await store.history.list()).length);
}

/**
 * Look at what a killed process left.
 *
 * @param earlier how many transactions had been begun before it; -1 when it surely began one
 */
export function look(client: Client, earlier: number): Promise<Left> {
  return client.withStore(async (store) => {
    // Holding the name is a write of its own, and the first.
    if ((await store.history.list()).length === earlier)
      return { record: undefined, spki: undefined };
    const [record] = await store.transactions.outstanding(client.name);
    const keyId = record?.keyId ?? (await store.certificates.current(client.name))?.keyId ?? 0;
    return { record, spki: (await store.keys.publicKey(keyId)).spki };
  });
}

/** Tell whether nothing is left to do for a client. */
export function isSettled(client: Client): Promise<boolean> {
  return client.withStore(async (store) => {
    const outstanding = await store.transactions.outstanding();
    const pending = await store.certificates.pendingDelivery();
    return outstanding.length === 0 && pending.length === 0;
  });
}

/** Count the messages that are the one stored, octet for octet. */
export function timesSeen(client: Client, { record }: Left): number {
  const stored = record?.outgoing && toHex(record.outgoing);
  return client.received().filter((der) => toHex(der) === stored).length;
}

/** Name the bodies that reached the lab, each message counted once however often it came. */
export function bodiesOnce(client: Client): readonly string[] {
  return bodies([...new Map(client.received().map((der) => [toHex(der), der])).values()]);
}

/**
 * Check that a client has come to the end it would have come to unharmed.
 *
 * @param label for the message of a check that fails
 */
export async function expectWhole(client: Client, { spki }: Left, label: string): Promise<void> {
  const { name } = client;
  await client.withStore(async (store) => {
    const current = await store.certificates.current(name);
    const issued = (await client.issued()).filter(({ status }) => status === 'current');
    expect(issued.length, `${label}: certificates that are current at the lab`).toBe(1);
    expect(current?.der, `${label}: the current certificate is the lab's`).toEqual(issued[0]?.der);
    const key = await store.keys.publicKey(current?.keyId ?? 0);
    const made = spki ?? key.spki;
    expect(key.spki, `${label}: the key is the one made before the kill`).toEqual(made);
    expect(current?.deliveredAt, `${label}: delivered`).toBeDefined();
    expect(await store.transactions.outstanding(), `${label}: outstanding`).toEqual([]);
    expect(await store.certificates.pendingDelivery(), `${label}: pending`).toEqual([]);
  });
  expectWholeFiles(client, spki ?? (await currentKey(client)), label);
  expectSoundKeys(client, label);
}

function currentKey(client: Client): Promise<Uint8Array> {
  return client.withStore(async (store) => {
    const current = await store.certificates.current(client.name);
    return (await store.keys.publicKey(current?.keyId ?? 0)).spki;
  });
}

/** Check that key, chain and certificate belong together, and nothing half-done lies beside them. */
export function expectWholeFiles(client: Client, spki: Uint8Array, label: string): void {
  const { name } = client;
  const files = client.files();
  const certificate = new X509Certificate(files.get(`${name}.cert.pem`) ?? '');
  const key = createPrivateKey(files.get(`${name}.key.pem`) ?? '');
  const chain = new X509Certificate(files.get(`${name}.chain.pem`) ?? '');
  expect(certificate.checkPrivateKey(key), `${label}: key file fits certificate file`).toBe(true);
  expect(certificate.checkIssued(chain), `${label}: chain file fits`).toBe(true);
  const ofFile = certificate.publicKey.export({ type: 'spki', format: 'der' });
  expect(toHex(ofFile), `${label}: the files hold the new key`).toBe(toHex(spki));
  const hidden = [...files.keys()].filter((path) => path.startsWith('.'));
  expect(hidden, `${label}: left lying about`).toEqual([]);
}

/** Check that every key is of use to something, or is known to be of none, and that nothing wants a key that is gone. */
export function expectSoundKeys(client: Client, label: string): void {
  const database = new Sqlite(join(dirname(client.certs), 'store.db'), { readonly: true });
  try {
    const lost = database
      .prepare(
        `SELECT id FROM keys WHERE unused_since IS NULL
          AND id NOT IN (SELECT key_id FROM certificates WHERE key_id IS NOT NULL)
          AND id NOT IN (SELECT key_id FROM transactions WHERE key_id IS NOT NULL)
          AND id NOT IN (SELECT key_id FROM key_requests)`,
      )
      .all();
    expect(lost, `${label}: keys without use`).toEqual([]);
    expect(database.pragma('foreign_key_check'), `${label}: what refers to nothing`).toEqual([]);
    expect(database.pragma('integrity_check', { simple: true }), label).toBe('ok');
  } finally {
    database.close();
  }
}

/** Do something for each of many, two at a time: as many as the machine the tests are made for has cores. */
export async function pairwise<T>(
  all: readonly T[],
  work: (one: T) => Promise<void>,
): Promise<void> {
  const left = [...all];
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  await Promise.all([worker(), worker()]);
}

/** 1, 2, … up to a number. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
