import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { parseLabel } from '../../src/base/label.ts';
import { deliverFiles, type DeploymentDelivery } from '../../src/deploy/files.ts';
import { readPkcs12 } from '../../src/pkcs/pkcs12.ts';
import { seeded } from '../harness/seeded.ts';
import { password, vector, vectorCertificate } from '../pkcs/vectors.ts';

const pkcs8 = readPkcs12(vector('aes-ec.p12'), password).keys[0]?.pkcs8 ?? new Uint8Array();
const random = seeded(12);
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-p12-'));
  path = join(directory, 'gw1.p12');
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function pemOf(name: string): string {
  return encodePem('CERTIFICATE', vectorCertificate(name));
}

const pems = {
  name: parseLabel('gw1', 'cert-name'),
  keyPem: encodePem('PRIVATE KEY', pkcs8),
  chainPem: pemOf('sub') + pemOf('root'),
  certificatePem: pemOf('ec'),
};

async function deliver(
  secret: (source: string) => Promise<Uint8Array>,
  changes: Partial<DeploymentDelivery> = {},
): Promise<void> {
  const files = [{ kind: 'pkcs12', path }] as const;
  const deployment = { label: parseLabel('java', 'to'), files, password: 'file:/etc/gw1.pass' };
  await deliverFiles({ ...pems, deployment, random, secret, ...changes });
}

const gone = async (): Promise<never> => {
  throw new CertError('SECRET_UNAVAILABLE', 'Cannot read the secret: no such file');
};

const geheim = async (): Promise<Uint8Array> => utf8('geheim');

async function failure(work: Promise<void>): Promise<CertError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CertError) return error;
  throw new Error('it was delivered');
}

describe('a PKCS#12 file of a deployment', () => {
  it('holds key, certificate and chain under the password from where that is said to be', async () => {
    const asked: string[] = [];
    await deliver(async (source) => {
      asked.push(source);
      return utf8('geheim');
    });
    const contents = readPkcs12(Uint8Array.from(readFileSync(path)), 'geheim');
    expect(contents.keys.map((key) => [key.name, toHex(key.pkcs8)])).toEqual([
      ['gw1', toHex(pkcs8)],
    ]);
    expect(contents.certificates.map(toHex)).toEqual(
      ['ec', 'sub', 'root'].map((name) => toHex(vectorCertificate(name))),
    );
    expect(asked).toEqual(['file:/etc/gw1.pass']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is left alone when it holds the same, though its salts would be others', async () => {
    await deliver(geheim);
    const before = { octets: readFileSync(path), inode: statSync(path).ino };
    await deliver(geheim);
    expect(readFileSync(path).equals(before.octets)).toBe(true);
    expect(statSync(path).ino).toBe(before.inode);
  });

  it('is written again when the password is another one, or the file is damaged', async () => {
    await deliver(geheim);
    await deliver(async () => utf8('another'));
    expect(readPkcs12(Uint8Array.from(readFileSync(path)), 'another').keys).toHaveLength(1);
    writeFileSync(path, 'junk');
    await deliver(async () => utf8('another'));
    expect(readPkcs12(Uint8Array.from(readFileSync(path)), 'another').keys).toHaveLength(1);
  });

  it('is not delivered without its password, and the old one stays', async () => {
    await deliver(geheim);
    const before = readFileSync(path);
    const { code, message, hint } = await failure(deliver(gone));
    expect({ code, message, hint }).toEqual({
      hint: expect.stringMatching(/^Put /),
      code: 'DELIVERY_FAILED',
      message: 'Cannot deliver "gw1" to "java": Cannot read the secret: no such file',
    });
    const binary = await failure(deliver(async () => Uint8Array.of(0xff, 0xfe)));
    expect(binary.message).toContain('not UTF-8');
    const empty = await failure(deliver(async () => new Uint8Array()));
    expect(empty).toMatchObject({ code: 'DELIVERY_FAILED' });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is not delivered without the key, and the old one stays', async () => {
    await deliver(geheim);
    const before = readFileSync(path);
    const { keyPem: _, ...without } = pems;
    const files = [{ kind: 'pkcs12', path }] as const;
    const deployment = { label: parseLabel('java', 'to'), files, password: 'env:PASS' };
    const delivering = deliverFiles({ ...without, deployment, random, secret: geheim });
    await expect(delivering).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: 'Cannot deliver the key of "gw1": it is not here',
    });
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});
