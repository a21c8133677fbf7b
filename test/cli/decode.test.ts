import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { vectorDer } from '../cmp/vectors.ts';
import { gatewayPem, rootPem } from './certificates.ts';
import { makeBench, type Outcome } from './run-cli.ts';

function decode(octets: string | Uint8Array, ...more: readonly string[]): Promise<Outcome> {
  const bench = makeBench();
  const path = join(bench.directory, 'file');
  writeFileSync(path, octets);
  return bench.run(['decode', path, ...more]);
}

describe('decode', () => {
  it('shows a message in DER', async () => {
    const { code, out } = await decode(vectorDer('ir-pbm.req1'));
    expect(code).toBe(0);
    expect(out).toMatch(/^PKIMessage\n {2}header\n {4}pvno: 2\n/);
    expect(out).toContain('\n  body: ir\n');
  });

  it('shows each block of a PEM file', async () => {
    const { out } = await decode(`${gatewayPem}between\n${rootPem}`);
    expect(out.match(/^Certificate$/gm)).toHaveLength(2);
  });

  it('reads standard input', async () => {
    const { code, out } = await makeBench().run(['decode', '-'], { input: rootPem });
    expect(code).toBe(0);
    expect(out).toMatch(/^Certificate\n/);
  });

  it('says once what kind of file to give', async () => {
    const { code, err } = await makeBench().run(['decode', '/nowhere']);
    expect(code).toBe(3);
    expect(err).toContain('hint: Give a file that this user can read');
  });

  it('prints the trees as JSON', async () => {
    const { out } = await decode(rootPem, '--json');
    const json: unknown = JSON.parse(out);
    expect(json).toMatchObject({
      schemaVersion: 1,
      decoded: [{ name: 'Certificate', children: [{ name: 'tbsCertificate' }, {}, {}] }],
    });
  });

  it('shows nothing of a private key, whatever is in its block', async () => {
    const { out } = await decode(encodePem('X PRIVATE KEY', new TextEncoder().encode('secret')));
    expect(out).toBe('private key: 6 octets, not shown\n');
  });

  it.each([
    ['text', 'hello\n', /Cannot decode file "\S+": no "-----BEGIN …-----" block/],
    ['a message that is cut off', vectorDer('ir-pbm.req1').subarray(0, 99), /past the end/],
    [
      'a damaged second block',
      `${rootPem}-----BEGIN X-----\nMAE=\n-----END X-----\n`,
      /block 2 of file/,
    ],
    ['too many blocks', '-----BEGIN X-----\nMAA=\n-----END X-----\n'.repeat(1001), /limit of 1000/],
  ])('has one error for %s', async (_, octets, why) => {
    const { code, out, err } = await decode(octets);
    expect(code).toBe(3);
    expect(err).toMatch(/^code: FILE_UNREADABLE$/m);
    expect(out).toBe('');
    expect(err).toMatch(why);
    expect(err.match(/^error:/gm)).toHaveLength(1);
  });
});
