import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { messageDump } from '../../src/ca/message-dump.ts';
import { decodePem } from '../../src/asn1/pem.ts';
import { loadPrivateKeyPem } from '../../src/crypto/private-key-pem.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { converse, request } from './lab-client.ts';
import { openLab, temporaryDirectory } from './lab-under-test.ts';
import { vectorDer, vectorNames } from '../cmp/vectors.ts';
import { messageText } from '../../src/ca/message-text.ts';

function mode(path: string): number {
  return statSync(path).mode & 0o777;
}

describe('Lab.writeFiles()', () => {
  it('gives certificates to everyone, and the key and the secrets to the owner alone', async () => {
    const directory = temporaryDirectory();
    const lab = await openLab({
      directory,
      secrets: new Map([
        ['gw1', Buffer.from('one')],
        ['../../etc/passwd', Buffer.from('two')],
      ]),
    });
    const files = await lab.writeFiles();
    await lab.writeFiles();
    expect(mode(directory)).toBe(0o700);
    expect([files.deviceKey, files.raKey].map(mode)).toEqual([0o600, 0o600]);
    expect(files.links).toEqual([]);
    expect([...files.secrets.values()].map(mode)).toEqual([0o600, 0o600]);
    expect(readFileSync(files.secrets.get('gw1') ?? '', 'utf8')).toBe('one\n');
    expect(readdirSync(join(directory, 'secrets'))).toHaveLength(2);
    const { key } = loadPrivateKeyPem(readFileSync(files.deviceKey, 'latin1'));
    expect(key.spki).toEqual(lab.authorities['vendor-device'].key.spki);
    for (const path of [files.root, files.issuing, files.ra, files.vendorRoot]) {
      expect(decodePem(readFileSync(path, 'latin1'))).toMatchObject([{ label: 'CERTIFICATE' }]);
    }
  });
});

describe('messageDump()', () => {
  it('writes each message as DER and as text, numbered on from what is there', async () => {
    const directory = join(temporaryDirectory(), 'dump');
    for (let i = 0; i < 2; i++) {
      const lab = await openLab({ onMessage: messageDump(directory) });
      await converse(lab).send({ type: 'ir', value: [await request()] });
      await lab.handle(Uint8Array.of(1));
    }
    expect(readdirSync(directory).filter((name) => name.endsWith('.der'))).toEqual([
      '001-ir.der',
      '002-ip.der',
      '003-unreadable.der',
      '004-error.der',
      '005-ir.der',
      '006-ip.der',
      '007-unreadable.der',
      '008-error.der',
    ]);
    const der = Uint8Array.from(readFileSync(join(directory, '001-ir.der')));
    expect(decodeMessage(der).body.type).toBe('ir');
    const text = readFileSync(join(directory, '002-ip.txt'), 'utf8');
    expect(text).toMatch(/^\d+ octets from the lab\nip\n/);
    expect(text).toMatch(/^ {2}status +accepted$/m);
    expect(text).toMatch(/^ {2}certificate +"CN=gw1,O=Test" by "CN=Lab Issuing CA/m);
  });

  it('says where it cannot write', () => {
    expect(() => messageDump('/dev/null/x')).toThrow(/Cannot dump messages to "\/dev\/null\/x"/);
  });
});

describe('messageText()', () => {
  it.each(vectorNames)('puts %s of OpenSSL into text', (name) => {
    const text = messageText(decodeMessage(vectorDer(name)));
    expect(text).toMatch(/^ {2}pvno +2$/m);
    expect(text).not.toContain('undefined');
  });
});
