import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodePem } from '../../src/asn1/pem.ts';
import { makeBench, type Bench } from './run-cli.ts';

const words = 'crypto keygen key-type p-256 id-type fqdn id gw1.example subject-name CN=gw1,O=Test';

async function succeed(bench: Bench, line: string): Promise<string> {
  const { code, out, err } = await bench.run(line.split(' '));
  expect({ line, code, err }).toEqual({ line, code: 0, err: '' });
  return out;
}

describe('crypto keygen', () => {
  it('writes key and request to the cert-store location, under the id where that can be a name', async () => {
    const bench = makeBench();
    const out = await succeed(bench, words);
    expect(out).toContain('cert import cert-name gw1.example file ANSWER');
    const certs = join(bench.state, 'certs');
    const csr = readFileSync(join(certs, 'gw1.example.csr.pem'), 'utf8');
    expect(decodePem(csr)[0]?.label).toBe('CERTIFICATE REQUEST');
    expect(existsSync(join(certs, 'gw1.example.csr-key.pem'))).toBe(true);
    expect(await succeed(bench, words)).toContain('The request made before');
    const other = await bench.run(`${words} replace file -`.split(' '));
    expect(other.out).not.toBe(csr);
  });

  it('writes the request where it is told to, and the key to no file', async () => {
    const bench = makeBench();
    const path = join(bench.directory, 'gw1.csr');
    await succeed(bench, `${words} cert-name gw1 file ${path}`);
    const out = await succeed(bench, `${words} cert-name gw1 file -`);
    expect(out).toBe(readFileSync(path, 'utf8'));
    expect(existsSync(join(bench.state, 'certs'))).toBe(false);
    const json = JSON.parse(await succeed(bench, `${words} cert-name gw1 file - --json`));
    expect(json).toMatchObject({ name: 'gw1', keyType: 'p-256', isRepeated: true, csr: out });
  });

  it('follows no symbolic link to a file of somebody else, and writes over none of the store', async () => {
    const bench = makeBench();
    const [victim, link] = [join(bench.directory, 'victim'), join(bench.directory, 'gw1.csr')];
    writeFileSync(victim, 'precious');
    symlinkSync(victim, link);
    for (const path of [link, join(bench.state, 'store.key')]) {
      const { code, err } = await bench.run(`${words} cert-name gw1 file ${path}`.split(' '));
      expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining('FILE_UNWRITABLE') });
      expect(err).toContain('Key and request are stored');
    }
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    rmSync(link);
    await succeed(bench, `${words} cert-name gw1 file ${link}`);
    // A file that is there is written anew, as before.
    await succeed(bench, `${words} cert-name gw1 file ${link}`);
  });

  it('takes the place of an earlier request, and of nothing else', async () => {
    const bench = makeBench();
    const path = join(bench.directory, 'gw1.key');
    writeFileSync(path, 'a key of somebody');
    const line = `${words} cert-name gw1 file ${path}`;
    const { code, err } = await bench.run(line.split(' '));
    expect({ code, err }).toMatchObject({ code: 3, err: expect.stringContaining('such a file') });
    expect(readFileSync(path, 'utf8')).toBe('a key of somebody');
    rmSync(path);
    await succeed(bench, line);
    await succeed(bench, line);
  });

  it('goes on after a file that could not be written', async () => {
    const bench = makeBench();
    const no = await bench.run(`${words} cert-name gw1 file ${bench.directory}/no/csr`.split(' '));
    expect([no.code, no.err]).toMatchObject([3, expect.stringContaining('FILE_UNWRITABLE')]);
    expect(await succeed(bench, `${words} cert-name gw1 file -`)).toContain('BEGIN CERTIFICATE');
  });

  it.each([
    ['ip', '192.0.2.1', 0],
    ['ip', '2001:db8::1', 0],
    ['rfc822-addr', 'ops@example.org', 0],
    ['fqdn', 'a'.repeat(63), 0],
    ['ip', '192.0.2.256', 2],
    ['ip', 'gw1.example', 2],
    ['rfc822-addr', 'nobody', 2],
    ['fqdn', 'no host', 2],
    ['rfc822-addr', `${'a'.repeat(244)}@example.org`, 0],
    ['rfc822-addr', `${'a'.repeat(245)}@example.org`, 2],
  ])('takes an id of type %s: %s ends with %i', async (type, id, expected) => {
    const bench = makeBench();
    const line = ['crypto', 'keygen', 'key-type', 'ed25519', 'id-type', type, 'id', id];
    const { code } = await bench.run([...line, 'subject-name', 'CN=gw1', 'cert-name', 'gw1']);
    expect(code).toBe(expected);
  });

  it.each([
    ['ip', '1.2.3', 'Cannot use "1.2.3" as id: not an IPv4 or IPv6 address'],
    ['fqdn', 'no host', 'Cannot use "no host" as id: not a host name'],
    ['rfc822-addr', 'nobody', 'Cannot use "nobody" as id: not a mail address'],
    ['fqdn', 'a'.repeat(257), 'Cannot use an id of 257 characters: at most 256'],
  ])('calls an id of type %s by its own word', async (type, id, message) => {
    const line = ['crypto', 'keygen', 'key-type', 'p-256', 'id-type', type, 'id', id];
    const { err } = await makeBench().run([...line, 'subject-name', 'CN=gw1', 'cert-name', 'gw1']);
    expect(err).toContain(message);
    expect(err).not.toContain('dirname:');
  });

  it('wants a cert-name where the id cannot be one, and a subject of at most 256 characters', async () => {
    const bench = makeBench();
    const bad = await bench.run(
      'crypto keygen key-type p-256 id-type ip id 2001:db8::1 subject-name CN=gw1'.split(' '),
    );
    expect([bad.code, bad.err]).toMatchObject([2, expect.stringContaining('Give it a cert-name')]);
    const long = `CN=${'n'.repeat(64)},O=${'o'.repeat(64)},OU=${'u'.repeat(64)},L=${'l'.repeat(64)}`;
    const { code, err } = await bench.run([...words.split(' ').slice(0, -1), long]);
    expect([code, err]).toMatchObject([2, expect.stringContaining('at most 256')]);
  });
});

const rsa = (modulus: number, ...more: readonly string[]): readonly string[] => [
  ...`crypto rsa-keygen modulus ${modulus} id-type fqdn id gw1.example`.split(' '),
  ...'subject-name CN=gw1 cert-name gw1'.split(' '),
  ...more,
];

describe('crypto rsa-keygen', () => {
  it('refuses 512 bits, and 1024 without legacy-algorithms', async () => {
    const bench = makeBench();
    expect((await bench.run(rsa(512))).code).toBe(2);
    const { code, err } = await bench.run(rsa(1024));
    expect([code, err]).toMatchObject([3, expect.stringContaining('Add legacy-algorithms')]);
    expect((await bench.run(rsa(1024, 'legacy-algorithms'))).code).toBe(0);
    expect((await bench.run(rsa(2048, 'replace'))).code).toBe(0);
  });
});
