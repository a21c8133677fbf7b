import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { parseLabel } from '../../src/base/label.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { digestAlgorithm } from '../../src/crypto/digest.ts';
import { certIdOf } from '../../src/revocation/ocsp-cert-id.ts';
import { Certificate } from '../../src/x509/certificate.ts';
import { ca, leaf, response, single } from '../revocation/ocsp-made.ts';
import { publishStaple } from '../../src/deploy/staple-publish.ts';
import type { StaplePublication, StapleTarget } from '../../src/store/staples-contract.ts';

let directory: string;
let target: Extract<StapleTarget, { readonly type: 'haproxy' }>;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-staple-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  target = { type: 'haproxy', socket: join(directory, 'api'), file: join(directory, 'x.pem') };
});

const certificate = utf8('CERT');
const pem = encodePem('CERTIFICATE', certificate) + encodePem('PRIVATE KEY', utf8('KEY'));
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const updated = 'OCSP Response updated!\n\n';
const noPlace =
  'OCSP single response: Certificate ID does not match any certificate or issuer.\n\n';
const staged = 'Transaction created for certificate x!\n\n';
const committed = 'Committing x.\nSuccess!\n\n';

async function listen(serve: (socket: Socket) => void): Promise<void> {
  const server: Server = createServer((socket) => serve(socket.on('error', () => {})));
  await new Promise<void>((resolve) => void server.listen(target.socket, resolve));
  onTestFinished(() => void server.close());
}

/** A runtime API that gives these answers, one a connection. */
async function runtime(...answers: readonly string[]): Promise<readonly string[]> {
  const seen: string[] = [];
  const left = [...answers];
  await listen((socket) => {
    socket.setEncoding('utf8').once('data', (text: string) => {
      seen.push(text.replaceAll(`${directory}/`, ''));
      socket.end(left.shift() ?? '');
    });
  });
  return seen;
}

async function publish(
  staple: string | undefined,
  parts: Partial<StaplePublication> = {},
  signal?: AbortSignal,
): Promise<boolean> {
  const publication: StaplePublication = {
    name: parseLabel('gw1', 'cert-name'),
    certificate,
    chain: [],
    way: 'alone',
    ...(staple !== undefined && { staple: utf8(staple) }),
    ...parts,
  };
  const endpoint = { label: parseLabel('lb', 'to'), target };
  return (await publishStaple(endpoint, publication, signal)).isChanged;
}

async function failure(doing: Promise<boolean>): Promise<string> {
  const error = await doing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CertError && error.code === 'DELIVERY_FAILED') return error.message;
  throw new Error(`Not a DELIVERY_FAILED: ${String(error)}`);
}

const inFile = (): string | undefined =>
  existsSync(`${target.file}.ocsp`) ? readFileSync(`${target.file}.ocsp`, 'utf8') : undefined;

describe('a staple for haproxy', () => {
  it('takes the place of the one it has, and stands in its file for a restart', async () => {
    const seen = await runtime(updated, updated);
    expect(await publish('ONE')).toBe(true);
    expect(inFile()).toBe('ONE');
    // It may have been started anew since, with what it was told forgotten.
    expect(await publish('ONE')).toBe(false);
    const told = `set ssl ocsp-response <<\n${base64('ONE')}\n\n`;
    expect(seen).toEqual([told, told]);
  });

  it('goes in with a transaction where the certificate was loaded without one, and is looked at by haproxy', async () => {
    const seen = await runtime(noPlace, staged, committed, updated);
    expect(await publish('ONE')).toBe(true);
    expect(seen).toEqual([
      `set ssl ocsp-response <<\n${base64('ONE')}\n\n`,
      `set ssl cert x.pem.ocsp <<\n${base64('ONE')}\n\n`,
      'commit ssl cert x.pem\n',
      `set ssl ocsp-response <<\n${base64('ONE')}\n\n`,
    ]);
  });

  it.each([
    ['without parameters of its digest', 'sha1', true],
    ['with SHA-256', 'sha256', false],
  ] as const)(
    'that has a CertID %s goes in with the certificate, or not at all',
    async (_, hash, isTaken) => {
      await runtime(noPlace, staged, committed, noPlace);
      const certID = certIdOf(leaf.certificate, ca.certificate, hash);
      const made = response({
        singles: [single({ certID: { ...certID, hashAlgorithm: digestAlgorithm(hash) } })],
      });
      const told = publish(undefined, {
        staple: made,
        certificate: toDer(Certificate, leaf.certificate),
        chain: [toDer(Certificate, ca.certificate)],
      });
      expect(await told.catch(() => false)).toBe(isTaken);
    },
  );

  it('joins the transaction of a certificate that is being deployed', async () => {
    const seen = await runtime('Transaction updated for certificate x!\n\n');
    target = { ...target, entry: 'entry.pem' };
    await publish('ONE', { way: 'with-certificate' });
    expect(seen).toEqual([`set ssl cert entry.pem.ocsp <<\n${base64('ONE')}\n\n`]);
    expect(inFile()).toBe('ONE');
  });

  it('is forgotten with the certificate, which is put in its own place', async () => {
    const seen = await runtime(staged, committed, 'OCSP Response Key: \n');
    writeFileSync(target.file, pem);
    writeFileSync(`${target.file}.ocsp`, 'ONE');
    expect(await publish(undefined)).toBe(true);
    expect(inFile()).toBeUndefined();
    expect(await publish(undefined)).toBe(false);
    expect(seen).toEqual([
      `set ssl cert x.pem <<\n${pem}\n`,
      'commit ssl cert x.pem\n',
      'show ssl cert x.pem\n',
    ]);
  });

  it('goes with a certificate that is deployed without one, of which nobody else is told', async () => {
    const seen = await runtime();
    writeFileSync(`${target.file}.ocsp`, 'ONE');
    await publish(undefined, { way: 'with-certificate' });
    expect([inFile(), seen]).toEqual([undefined, []]);
  });

  it.each([
    ['is another certificate', encodePem('CERTIFICATE', utf8('OTHER')), 'another certificate'],
    ['is gone', undefined, 'there is no "/'],
    ['is no PEM', 'nonsense', 'Cannot'],
  ])('stays where the file to put in its place %s', async (_, text, expected) => {
    const seen = await runtime();
    if (text !== undefined) writeFileSync(target.file, text);
    writeFileSync(`${target.file}.ocsp`, 'ONE');
    expect(await failure(publish(undefined))).toContain(expected);
    expect([inFile(), seen]).toEqual(['ONE', []]);
  });

  it.each([
    ['it refuses', ['OCSP single response: no longer valid.\n'], 'it says "OCSP single response'],
    ['it has no such certificate', [noPlace, staged, committed, noPlace], 'of no certificate'],
    ['it answers nonsense', ['HTTP/1.1 400 Bad Request\n'], 'it says "HTTP/1.1 400 Bad Request"'],
    ['it says nothing', [''], 'it says ""'],
    ['it cannot commit', [noPlace, staged, 'Error!\n'], 'it says "Error!"'],
    ['it says too much', ['x'.repeat(100_000)], 'its answer does not end'],
  ])('is the old one in the file when %s', async (_, answers, expected) => {
    await runtime(...answers);
    writeFileSync(`${target.file}.ocsp`, 'ONE');
    expect(await failure(publish('TWO'))).toContain(expected);
    expect(inFile()).toBe('ONE');
  });

  it('waits in its file for a haproxy that does not run, which is said', async () => {
    for (let time = 0; time < 2; time++)
      expect(await failure(publish('ONE'))).toContain('Cannot talk to the HAProxy at');
    expect(inFile()).toBe('ONE');
    const seen = await runtime(updated);
    expect(await publish('ONE')).toBe(false);
    expect(seen).toHaveLength(1);
  });

  it('is the old one in the file when haproxy begins to answer, and never ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    await listen((socket) => {
      socket.write('OCSP Resp');
      setImmediate(() => vi.advanceTimersByTime(10_000));
    });
    writeFileSync(`${target.file}.ocsp`, 'ONE');
    expect(await failure(publish('TWO'))).toContain('no answer in 10 s');
    expect(inFile()).toBe('ONE');
  });

  it('is no longer waited for after an interruption', async () => {
    const controller = new AbortController();
    await listen(() => controller.abort(new Error('Ctrl-C')));
    writeFileSync(`${target.file}.ocsp`, 'ONE');
    await expect(publish('TWO', {}, controller.signal)).rejects.toThrow('Ctrl-C');
    expect(inFile()).toBe('ONE');
  });
});
