import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodePem } from '../../src/asn1/pem.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { clockAt, openLab, reference, secret } from '../ca/lab-under-test.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

/** A bench whose only CA profile is a lab that serves. */
async function setUp(): Promise<Bench> {
  const bench = makeBench();
  const lab = await openLab({ clock: clockAt(now) });
  const server = await lab.listen(0);
  onTestFinished(() => server.close());
  const root = join(bench.directory, 'root.pem');
  writeFileSync(root, encodePem('CERTIFICATE', certificateDer(lab.authorities.root.certificate)));
  const words = ['url', server.url, 'root', root, 'reference', reference, 'secret', 'env:PSK'];
  const { code, err } = await bench.run(['ca', 'add', 'lab', ...words, 'pbm-iterations', '100'], {
    env: { PSK: Buffer.from(secret).toString() },
  });
  if (code !== 0) throw new Error(err);
  return bench;
}

const initialize = 'cmp initialize key-type p-256 cert-name gw1 subject-name CN=gw1'.split(' ');

describe('--dump', () => {
  it('writes the messages of a transaction, and decode shows them', async () => {
    const bench = await setUp();
    const dump = join(bench.directory, 'dump');
    const { code, err } = await bench.run([...initialize, '--dump', dump]);
    expect({ code, err }).toMatchObject({ code: 0 });
    const names = readdirSync(dump).toSorted();
    expect(names[0]).toMatch(/^001-sent-ir-[0-9a-f]{32}\.der$/);
    expect(names[1]).toMatch(/^002-received-ip-[0-9a-f]{32}\.der$/);
    const { out } = await bench.run(['decode', join(dump, names[1] ?? '')]);
    expect(out).toMatch(/^PKIMessage\n/);
    expect(out).toContain('\n  body: ip\n');
  });

  it('gets the certificate all the same where nothing can be written', async () => {
    const bench = await setUp();
    const file = join(bench.directory, 'file');
    writeFileSync(file, '');
    const { code, err } = await bench.run([...initialize, '--dump', file]);
    expect(code).toBe(0);
    expect(err).toMatch(
      /a message that was sent is not dumped to ".*file": it is not a directory\n/,
    );
  });
});

describe('--dry-run', () => {
  it('shows the request as a tree, and leaves nothing behind', async () => {
    const bench = await setUp();
    const { code, out } = await bench.run([...initialize, '--dry-run']);
    expect(code).toBe(0);
    expect(out).toMatch(/^PKIMessage\n {2}header\n/);
    expect(out).toContain('\n  body: ir\n');
    expect(out).toMatch(/\nThis would go to http:\S+; nothing was stored or sent/);
    const { out: outstanding } = await bench.run(['show', 'cmp', 'outstanding-req', '--json']);
    expect(JSON.parse(outstanding)).toMatchObject({ outstanding: [] });
    const { out: certificates } = await bench.run(['show', 'cert', '--json']);
    expect(certificates).not.toContain('gw1');
  });

  it('shows the request as JSON, with its octets', async () => {
    const bench = await setUp();
    const { out } = await bench.run([...initialize, '--dry-run', '--json']);
    const shown: { readonly message: string } = JSON.parse(out);
    expect(shown).toMatchObject({ dryRun: true, decoded: { name: 'PKIMessage' } });
    const file = join(bench.directory, 'request.der');
    writeFileSync(file, Buffer.from(shown.message, 'base64'));
    const decoded = await bench.run(['decode', file, '--json']);
    expect(JSON.parse(decoded.out)).toMatchObject({ decoded: [{ name: 'PKIMessage' }] });
  });

  it('shows nothing of the secret, and writes no dump', async () => {
    const bench = await setUp();
    const dump = join(bench.directory, 'dump');
    const { out } = await bench.run([...initialize, '--dry-run', '--dump', dump]);
    expect(out).not.toContain(Buffer.from(secret).toString());
    expect(existsSync(dump)).toBe(false);
  });
});
