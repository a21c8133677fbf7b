import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { parseLabel } from '../../src/base/label.ts';
import { deliverFiles, type Delivered } from '../../src/deploy/files.ts';
import { encryptPkcs8 } from '../../src/pkcs/password-encryption.ts';
import { readPkcs12 } from '../../src/pkcs/pkcs12.ts';
import { seeded } from '../harness/seeded.ts';
import { password, vector, vectorCertificate } from '../pkcs/vectors.ts';

const pkcs8 = readPkcs12(vector('aes-ec.p12'), password).keys[0]?.pkcs8 ?? new Uint8Array();
const keyPem = encodePem('PRIVATE KEY', pkcs8);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-former-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Deliver a certificate to the cert-store location. */
async function deliver(
  of: string,
  key: { readonly keyPem?: string },
  said: string[] = [],
): Promise<Delivered> {
  return deliverFiles({
    directory,
    name: parseLabel('gw1', 'cert-name'),
    chainPem: '',
    certificatePem: encodePem('CERTIFICATE', vectorCertificate(of)),
    ...key,
    log: { debug() {}, info() {}, warn: (text) => void said.push(text) },
  });
}

function certificate(): string {
  return readFileSync(join(directory, 'gw1.cert.pem'), 'utf8');
}

describe('a certificate whose key is not here', () => {
  it('is not put beside the key of the one before it, which stays served', async () => {
    await deliver('ec', { keyPem });
    const before = certificate();
    await expect(deliver('rsa', {})).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('gw1.key.pem" is not the key of this certificate'),
    });
    expect(certificate()).toBe(before);
    expect(readdirSync(directory).toSorted()).toEqual([
      'gw1.cert.pem',
      'gw1.chain.pem',
      'gw1.key.pem',
    ]);
  });

  it('is delivered once that key is moved away', async () => {
    await deliver('ec', { keyPem });
    rmSync(join(directory, 'gw1.key.pem'));
    await deliver('rsa', {});
    expect(certificate()).toBe(encodePem('CERTIFICATE', vectorCertificate('rsa')));
    expect(existsSync(join(directory, 'gw1.key.pem'))).toBe(false);
  });

  it('goes beside the key that an operator put there for it', async () => {
    writeFileSync(join(directory, 'gw1.key.pem'), keyPem);
    await deliver('ec', {});
    expect(certificate()).toBe(encodePem('CERTIFICATE', vectorCertificate('ec')));
  });

  it('goes beside an encrypted key with a warning, since nobody can tell whose it is', async () => {
    const encrypted = encryptPkcs8(pkcs8, 'geheim', seeded(1));
    writeFileSync(join(directory, 'gw1.key.pem'), encodePem('ENCRYPTED PRIVATE KEY', encrypted));
    const said: string[] = [];
    await deliver('ec', {}, said);
    expect(said.join()).toContain('gw1.key.pem" is encrypted');
    expect(existsSync(join(directory, 'gw1.cert.pem'))).toBe(true);
  });

  it('is not put beside what cannot be read as a key', async () => {
    writeFileSync(join(directory, 'gw1.key.pem'), 'junk');
    await expect(deliver('ec', {})).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
    expect(existsSync(join(directory, 'gw1.cert.pem'))).toBe(false);
  });
});
