import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { silentLog } from '../../src/base/log.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { runCertkeeper, type CommandResult } from '../interop/openssl/command-line.ts';
import { initialize, poll, update } from '../kill/commands.ts';
import { expectSoundKeys } from '../kill/casualty.ts';
import { openScene, type Client } from '../kill/scene.ts';
import { temporaryDirectory } from './sample.ts';

/** Write certificates with their keys. @returns their paths */
function credentials(subjects: readonly string[]): readonly string[] {
  const directory = temporaryDirectory();
  return subjects.map((subject) => {
    const { certificate, key } = issue({ subject });
    const path = join(directory, `${subject}.pem`);
    const pem = encodePem('CERTIFICATE', certificateDer(certificate));
    const pkcs8 = String(key.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    writeFileSync(path, pem + pkcs8, { mode: 0o600 });
    return path;
  });
}

/** Run command lines on one state directory, each in a process of its own, all at once. */
async function atOnce(
  state: string,
  lines: readonly (readonly string[])[],
): Promise<readonly CommandResult[]> {
  return await Promise.all(lines.map((argv) => runCertkeeper(state, argv)));
}

function codesOf(results: readonly CommandResult[]): readonly string[] {
  return results
    .map(({ code, err }) => (code === 0 ? 'done' : (/^code: (\w+)$/m.exec(err)?.[1] ?? err)))
    .toSorted();
}

async function imported(state: string): Promise<readonly string[]> {
  const { store, close } = await compose({ stateDirectory: state, log: silentLog });
  const found = await store.certificates.list({ all: true });
  for (const { keyId } of found) await store.keys.privateKey(keyId ?? 0);
  await close();
  return found.map(({ name, version }) => `${name} ${version}`).toSorted();
}

const importing = (name: string, path: string) =>
  ['cert', 'import', 'cert-name', name, 'file', path] as const;

describe('of processes that begin at once on a state directory that is not there yet,', () => {
  it('each imports its own name', async () => {
    const state = join(temporaryDirectory(), 'state');
    const paths = credentials(['CN=a', 'CN=b', 'CN=c']);
    const results = await atOnce(
      state,
      paths.map((path, index) => importing(`gw${index}`, path)),
    );
    expect(codesOf(results)).toEqual(['done', 'done', 'done']);
    expect(await imported(state)).toEqual(['gw0 1', 'gw1 1', 'gw2 1']);
  }, 60_000);

  it('one imports the name that all want, and the others are told that it is taken', async () => {
    const state = join(temporaryDirectory(), 'state');
    const paths = credentials(['CN=a', 'CN=b', 'CN=c']);
    const results = await atOnce(
      state,
      paths.map((path) => importing('gw', path)),
    );
    expect(codesOf(results)).toEqual(['CERT_EXISTS', 'CERT_EXISTS', 'done']);
    expect(await imported(state)).toEqual(['gw 1']);
  }, 60_000);

  it('one imports what all want, and the others find it there', async () => {
    const state = join(temporaryDirectory(), 'state');
    const [path = ''] = credentials(['CN=a']);
    const results = await atOnce(state, [importing('gw', path), importing('gw', path)]);
    expect(codesOf(results)).toEqual(['done', 'done']);
    expect(await imported(state)).toEqual(['gw 1']);
  }, 60_000);
});

async function done(client: Client, words: string): Promise<void> {
  const { code, err } = await client.run(words);
  expect({ words, code, err: code === 0 ? '' : err }).toEqual({ words, code: 0, err: '' });
}

/** Check that what the lab has as current is current here, and in the files. */
async function expectSettled(client: Client): Promise<void> {
  const issued = await client.issued();
  const current = issued.filter(({ status }) => status === 'current');
  expect(current).toHaveLength(1);
  await client.withStore(async (store) => {
    expect((await store.certificates.current(client.name))?.der).toEqual(current[0]?.der);
    expect(await store.transactions.outstanding()).toEqual([]);
    expect(await store.certificates.versions(client.name)).toHaveLength(issued.length);
  });
  const inFile = new X509Certificate(client.files().get(`${client.name}.cert.pem`) ?? '');
  expect(new Uint8Array(inFile.raw)).toEqual(current[0]?.der);
  expectSoundKeys(client, 'in the end');
}

describe('a store key that is changed while others work', () => {
  it('opens what they import, and what was there before', async () => {
    const state = join(temporaryDirectory(), 'state');
    const [before = '', ...paths] = credentials(['CN=a', 'CN=b', 'CN=c']);
    expect((await runCertkeeper(state, importing('gw', before))).code).toBe(0);
    const results = await atOnce(state, [
      ['store', 'rekey', 'data-key'],
      ...paths.map((path, index) => importing(`gw${index}`, path)),
    ]);
    expect(codesOf(results)).toEqual(['done', 'done', 'done']);
    expect(await imported(state)).toEqual(['gw 1', 'gw0 1', 'gw1 1']);
  }, 60_000);
});

describe('of processes that update at once', () => {
  it('the same certificate, each does it alone or is told who does', async () => {
    const client = await (await openScene({ implicitConfirm: true })).client('gw');
    await done(client, initialize);
    const words = update.replace('NAME', 'gw').split(' ');
    const results = await atOnce(dirname(client.certs), [words, words, words]);
    const codes = codesOf(results);
    const isDone = codes.filter((code) => code === 'done').length;
    expect(isDone).toBeGreaterThanOrEqual(1);
    expect(new Set([...codes, 'done', 'IN_PROGRESS'])).toEqual(new Set(['done', 'IN_PROGRESS']));
    expect(await client.issued()).toHaveLength(1 + isDone);
    await done(client, poll);
    await expectSettled(client);
  }, 60_000);

  it('different certificates, all get theirs', async () => {
    const client = await (await openScene({ implicitConfirm: true })).client('gw');
    await done(client, initialize);
    const state = dirname(client.certs);
    for (const name of ['gw1', 'gw2', 'gw3']) {
      const words = `cmp enroll key-type p-256 current-cert NAME cert-name ${name} subject-name CN=${name}`;
      await done(client, words);
    }
    const names = ['gw1', 'gw2', 'gw3'];
    const results = await atOnce(
      state,
      names.map((name) => ['cmp', 'update', 'current-cert', name]),
    );
    expect(codesOf(results)).toEqual(['done', 'done', 'done']);
    const { store, close } = await compose({ stateDirectory: state, log: silentLog });
    const versions = await Promise.all(names.map((name) => store.certificates.versions(name)));
    expect(await store.transactions.outstanding()).toEqual([]);
    await close();
    expect(versions.map((all) => all.map(({ status }) => status))).toEqual(
      names.map(() => ['current', 'superseded']),
    );
    expectSoundKeys(client, 'in the end');
  }, 60_000);
});
