import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certificateDer } from '../../src/x509/certificate.ts';
import { someDay } from '../harness/certificates.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { hours, makeCrl, type CrlParts } from '../revocation/crl-made.ts';
import { makeBench, type Outcome } from './run-cli.ts';

/** A store whose policy looks at CRL 5 of the CA of a peer; what its file has is changed, and time goes by. */
async function judging() {
  let bench = makeBench(someDay);
  const { directory } = bench;
  const write = (name: string, octets: Uint8Array): void =>
    writeFileSync(join(directory, name), octets);
  for (const [name, { certificate }] of Object.entries({ root, sub, leaf })) {
    write(`${name}.der`, certificateDer(certificate));
  }
  write('root.crl', makeCrl(root, { nextUpdate: hours(500) }));
  write('sub.crl', makeCrl(sub, { number: 5n }));
  const run = (line: string): Promise<Outcome> =>
    bench.run(line.replaceAll('DIR', directory).split(' '));
  for (const line of [
    'cert import cert-name rootA file DIR/root.der ca',
    'ca-crl name root der url DIR/root.crl',
    'ca-crl name sub der url DIR/sub.crl',
    'crypto map gw ikev2-ipv4 ca rootA ca-crl list ca-crl-name root,sub',
    verify,
  ]) {
    const { code, err } = await run(line);
    if (code !== 0) throw new Error(`${line}: ${err}`);
  }
  return {
    run,
    /** Two days later there is another CRL. */
    later(parts: CrlParts): void {
      const before = bench.state;
      bench = makeBench(hours(48));
      cpSync(before, bench.state, { recursive: true });
      write('sub.crl', makeCrl(sub, { thisUpdate: hours(47), nextUpdate: hours(71), ...parts }));
    },
  };
}

const verify = 'verify DIR/leaf.der chain DIR/sub.der policy gw';

describe('clear ca-crl', () => {
  it('lets a CRL come whose number is lower than that of the one held', async () => {
    const { run, later } = await judging();
    later({ number: 2n });
    const refused = await run(verify);
    expect(refused.code).toBe(9);
    expect(refused.out).toContain('expired');
    expect((await run('clear ca-crl name sub dry-run')).code).toBe(0);
    expect((await run(verify)).code).toBe(9);
    const { code, out } = await run('clear ca-crl name sub');
    expect(out).toMatch(/^CRL number 5 of .*sub\.crl is forgotten/);
    expect(code).toBe(0);
    expect((await run('show ca-crl name sub')).out).toMatch(/state +not fetched/);
    expect((await run(verify)).code).toBe(0);
    expect((await run('show ca-crl name sub')).out).toMatch(/number +2\n/);
    expect((await run('show audit')).out).toContain('clear ca-crl');
  });

  it('is told the place of one that certificates name', async () => {
    const { run } = await judging();
    const { code, out } = await run('clear ca-crl url DIR/sub.crl');
    expect(out).toContain('sub.crl is forgotten');
    expect(code).toBe(0);
  });

  it.each([
    ['name nobody', 3, 'there is none'],
    ['url http://crl.example/a.crl', 3, 'none is held'],
    ['name sub url DIR/sub.crl', 2, 'url'],
    ['', 2, 'name'],
  ])('is refused with "%s"', async (words, code, why) => {
    const { run } = await judging();
    const refused = await run(`clear ca-crl ${words}`.trim());
    expect(refused.err).toContain(why);
    expect(refused.code).toBe(code);
  });

  it('has nothing to do a second time', async () => {
    const { run } = await judging();
    await run('clear ca-crl name sub');
    expect((await run('clear ca-crl name sub')).err).toContain('none is held');
  });
});
