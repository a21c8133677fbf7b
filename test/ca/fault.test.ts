import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faults, parseFault } from '../../src/ca/fault.ts';
import { decodeMessage, type PKIMessage } from '../../src/cmp/message/pki-message.ts';
import { openLab } from './lab-under-test.ts';
import { converse, request } from './lab-client.ts';

describe('parseFault()', () => {
  it('reads a name, the answer it is for, and how often', () => {
    expect(parseFault('wrong-recip-nonce')).toMatchObject({ name: 'wrong-recip-nonce', times: 1 });
    expect(parseFault('wrong-recip-nonce@pkiconf*3')).toMatchObject({ body: 'pkiconf', times: 3 });
    expect(parseFault('endless-waiting')).toMatchObject({ times: Infinity });
    expect(parseFault('endless-waiting*2')).toMatchObject({ times: 2 });
  });

  it.each([
    ['no-such-fault', 'there is none'],
    ['constructor', 'there is none'],
    ['', 'there is none'],
    ['pvno-9@ir', '"ir" is no answer'],
    ['pvno-9*0', '0 times'],
    ['pvno-9*x', 'there is none'],
  ])('refuses "%s": %s', (text, says) => {
    expect(() => parseFault(text)).toThrow(says);
  });

  it('knows of each fault what the client sees, in one sentence', () => {
    for (const [name, { summary }] of Object.entries(faults)) {
      expect(name).toMatch(/^[a-z\d]+(-[a-z\d]+)*$/);
      expect(summary, name).toMatch(/^[A-Z].*[^.]$/);
      expect(() => parseFault(name)).not.toThrow();
    }
  });
});

function isPvno9({ header }: PKIMessage): boolean {
  return header.pvno === 9;
}

describe('docs/lab-faults.md', () => {
  it('lists every fault with what it does and what must come of it, and no other', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/lab-faults.md'), 'utf8');
    const [text = ''] = page.split('## Faults of the OCSP responder');
    const rows = [...text.matchAll(/^\| `([^`]+)` +\| \w+ +\| (.+?) +\| (\w+) +\|$/gm)].map((row) =>
      row.slice(1),
    );
    expect(rows).toEqual(
      Object.entries(faults).map(([name, { summary, ends }]) => [name, summary, ends]),
    );
  });
});

describe('a lab with faults', () => {
  it('commits each as often as it was told, and is right again', async () => {
    const lab = await openLab();
    lab.inject('pvno-9*2');
    const ask = async (): Promise<boolean> =>
      isPvno9(await converse(lab).send({ type: 'ir', value: [await request()] }));
    expect([await ask(), await ask(), await ask()]).toEqual([true, true, false]);
  });

  it('waits for the answer a fault is for', async () => {
    const lab = await openLab();
    lab.inject('pvno-9@cp');
    const [message] = [await request()];
    expect(isPvno9(await converse(lab).send({ type: 'ir', value: [message] }))).toBe(false);
    expect(isPvno9(await converse(lab).send({ type: 'cr', value: [message] }))).toBe(true);
  });

  it('commits two faults in one answer', async () => {
    const lab = await openLab();
    lab.inject('pvno-9');
    lab.inject('missing-recip-nonce');
    const { header } = await converse(lab).send({ type: 'ir', value: [await request()] });
    expect(header.pvno).toBe(9);
    expect(header.recipNonce).toBeUndefined();
  });

  it('keeps the right answer: whoever repeats a request gets that', async () => {
    const lab = await openLab();
    lab.inject('truncated');
    const conversation = converse(lab);
    await expect(conversation.send({ type: 'ir', value: [await request()] })).rejects.toThrow(
      'reaches past the end',
    );
    const again = await lab.handle(conversation.sent);
    expect(decodeMessage(again).body.type).toBe('ip');
  });
});
