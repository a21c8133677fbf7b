import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dumpingTransport } from '../../src/agent/message-dump.ts';
import { toHex } from '../../src/base/bytes.ts';
import type { Log } from '../../src/base/log.ts';
import type { Transport } from '../../src/cmp/transport/transport.ts';
import { vectorDer, vectorMessage } from '../cmp/vectors.ts';

const ir = vectorDer('ir-pbm.req1');
const ip = vectorDer('ir-pbm.rsp1');
const id = toHex(vectorMessage('ir-pbm.req1').header.transactionID ?? new Uint8Array());

/** A transport that answers with given octets, dumped to a directory that may not be there yet. */
function setUp(name = 'dump', answer: Uint8Array = ip) {
  const parent = mkdtempSync(join(tmpdir(), 'certkeeper-dump-'));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const directory = join(parent, name);
  const warnings: string[] = [];
  const log: Log = { debug() {}, info() {}, warn: (line) => warnings.push(line) };
  const inner: Transport = {
    exchange: () => Promise.resolve(answer),
    close: () => Promise.resolve(),
  };
  return { parent, directory, warnings, transport: dumpingTransport(inner, directory, log) };
}

describe('dumpingTransport()', () => {
  it('writes request and answer as they are, numbered, with body and transactionID in the names', async () => {
    const { directory, warnings, transport } = setUp('a/b');
    expect(await transport.exchange(ir)).toEqual(ip);
    expect(readdirSync(directory)).toEqual([`001-sent-ir-${id}.der`, `002-received-ip-${id}.der`]);
    expect(Uint8Array.from(readFileSync(join(directory, `001-sent-ir-${id}.der`)))).toEqual(ir);
    expect(Uint8Array.from(readFileSync(join(directory, `002-received-ip-${id}.der`)))).toEqual(ip);
    expect(warnings).toEqual([]);
  });

  it('keeps only the newest, and leaves files of other names alone', async () => {
    const { directory, warnings } = setUp();
    mkdirSync(directory, { mode: 0o700 });
    for (const name of ['001-notes.txt', '999-sent-ir.der', 'sent-ir.der']) {
      writeFileSync(join(directory, name), '');
    }
    const log: Log = { debug() {}, info() {}, warn: (line) => warnings.push(line) };
    const inner: Transport = { exchange: async () => ip, close: async () => undefined };
    const transport = dumpingTransport(inner, directory, log, 3);
    await transport.exchange(ir);
    await transport.exchange(ir);
    expect(readdirSync(directory).toSorted()).toEqual([
      '001-notes.txt',
      `1001-received-ip-${id}.der`,
      `1002-sent-ir-${id}.der`,
      `1003-received-ip-${id}.der`,
      'sent-ir.der',
    ]);
    expect(warnings).toEqual([]);
  });

  it('keeps directory and files from other users', async () => {
    const { directory, transport } = setUp();
    await transport.exchange(ir);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory)) {
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    }
  });

  it('writes an answer that is no message under the transactionID of the request', async () => {
    const { directory, transport } = setUp('dump', Uint8Array.of(1, 2, 3));
    await transport.exchange(ir);
    expect(readdirSync(directory)[1]).toBe(`002-received-unreadable-${id}.der`);
  });

  it('has written the request when the network fails', async () => {
    const { directory } = setUp();
    const failing: Transport = {
      exchange: () => Promise.reject(new Error('down')),
      close: () => Promise.resolve(),
    };
    const log: Log = { debug() {}, info() {}, warn() {} };
    await expect(dumpingTransport(failing, directory, log).exchange(ir)).rejects.toThrow('down');
    expect(readdirSync(directory)).toEqual([`001-sent-ir-${id}.der`]);
  });

  it('goes on from the highest number that is there', async () => {
    const { directory, transport } = setUp();
    mkdirSync(directory);
    writeFileSync(join(directory, '041-x.der'), '');
    writeFileSync(join(directory, '20261121-notes.txt'), '');
    await transport.exchange(ir);
    expect(readdirSync(directory)).toContain(`042-sent-ir-${id}.der`);
  });

  it('writes to no file of before, and through no link', async () => {
    const { parent, directory, transport } = setUp();
    const victim = join(parent, 'victim');
    writeFileSync(victim, 'as it was');
    mkdirSync(directory);
    symlinkSync(victim, join(directory, `001-sent-ir-${id}.der`));
    await transport.exchange(ir);
    expect(readFileSync(victim, 'utf8')).toBe('as it was');
  });

  it('warns, and harms no exchange, where the directory is a link', async () => {
    const { parent, directory, warnings, transport } = setUp();
    const elsewhere = join(parent, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, directory);
    expect(await transport.exchange(ir)).toEqual(ip);
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/not dumped to ".*": it is a symbolic link$/);
  });

  it('warns, and harms no exchange, where the directory is a file', async () => {
    const { directory, warnings, transport } = setUp();
    writeFileSync(directory, '');
    chmodSync(directory, 0o400);
    expect(await transport.exchange(ir)).toEqual(ip);
    expect(warnings).toHaveLength(2);
  });
});
