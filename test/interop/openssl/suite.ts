import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { hasPeer, requireFeature, requirePeer } from '../../harness/require.ts';
import type { Operator } from './operator.ts';
import { makeOpensslPki, type OpensslPki } from './pki.ts';

/** Give the tests of a file a PKI, and skip them where there is no OpenSSL; call it once, on top. */
export function useOpensslPki(): () => OpensslPki {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-pki-'));
  let pki: OpensslPki;
  beforeAll(() => {
    if (hasPeer('openssl')) pki = makeOpensslPki(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  beforeEach((context) => {
    requirePeer(context, 'openssl');
    // OpenSSL's server listens on every address.
    requireFeature(context, 'namespaces');
  });
  return () => pki;
}

/** The words of a `cmp initialize` with the key the server's certificate is for. */
export function initialize(pki: OpensslPki, ...more: readonly string[]): readonly string[] {
  const key = more.includes('key-file') ? [] : ['key-file', pki.path('ee.key')];
  const subject = more.includes('subject-name') ? [] : ['subject-name', 'CN=ee,O=Test'];
  return ['cmp', 'initialize', ...key, 'cert-name', 'gw1', ...subject, 'ca-root', 'mock', ...more];
}

/** Check that what the server handed out is in the store and in the files, octet for octet. */
export async function expectCertificate(
  operator: Operator,
  name: string,
  der: Uint8Array,
): Promise<void> {
  const current = await operator.current(name);
  expect(current).toMatchObject({ status: 'current', source: 'cmp', ca: 'mock' });
  expect(toHex(current?.der ?? new Uint8Array())).toBe(toHex(der));
  expect(toHex(operator.delivered(name))).toBe(toHex(der));
  expect(await operator.withStore((store) => store.transactions.outstanding())).toEqual([]);
}

/** Check that there is no certificate, nothing outstanding, and how the history has it. */
export async function expectNothing(operator: Operator, result: string): Promise<void> {
  await operator.withStore(async (store) => {
    expect(await store.certificates.current('gw1')).toBeUndefined();
    expect(await store.transactions.outstanding()).toEqual([]);
    const history = await store.history.list();
    expect(history.map((record) => record.result)).toEqual([result]);
  });
}
