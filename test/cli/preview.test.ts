import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { commands } from '../../src/cli/grammar.ts';
import { password, vectorPath } from '../pkcs/vectors.ts';
import { makeDesk, type Desk } from '../lifecycle/desk.ts';

/** A desk with a certificate, and files to import. */
async function deskWithCertificate(): Promise<Desk> {
  const desk = makeDesk();
  const { code, err } = await desk.run([...importing('vendor')], { PASS: password });
  expect(code, err).toBe(0);
  return desk;
}

function importing(name: string): readonly string[] {
  const file = ['file', vectorPath('aes-ec.p12'), 'password', 'env:PASS'];
  return ['cert', 'import', 'cert-name', name, ...file];
}

describe('dry-run', () => {
  it('is there for every command that changes something and can be tried', () => {
    const without = commands
      .filter(({ changes }) => changes === 'store' || changes === 'world')
      .filter(({ parameters }) => !('dry-run' in parameters))
      .map(({ words }) => words.join(' '));
    expect(without).toEqual(['agent stop', 'agent reload', 'hook test']);
  });

  it.each([
    ['cert import', () => importing('new')],
    ['cert remove', () => ['cert', 'remove', 'vendor']],
    ['cert export', (desk: Desk) => ['cert', 'export', 'vendor', 'to', desk.path('out.pem')]],
    [
      'cert deploy',
      (desk: Desk) => ['cert', 'deploy', 'cert-name', 'vendor', 'cert', desk.path('out.pem')],
    ],
    ['cert key', () => ['cert', 'key', 'vendor', 'reuse']],
    [
      'crypto keygen',
      (desk: Desk) => [
        ...'crypto keygen key-type p-256 id-type fqdn id a.example subject-name CN=a file'.split(
          ' ',
        ),
        desk.path('out.pem'),
      ],
    ],
    ['retention', () => ['retention', 'versions', '9']],
    ['store rekey', () => ['store', 'rekey']],
    ['store backup', (desk: Desk) => ['store', 'backup', desk.path('out.pem')]],
    ['cmp cert-store', (desk: Desk) => ['cmp', 'cert-store', 'location', desk.directory]],
  ])('of %s checks, and changes nothing', async (_, words) => {
    const desk = await deskWithCertificate();
    const before = desk.dump();
    const { code, out, err } = await desk.run([...words(desk), 'dry-run'], { PASS: password });
    expect({ code, out, err: err.replaceAll(/^warning: .*\n/gm, '') }).toEqual({
      code: 0,
      out: 'Everything that is checked before is in order; nothing was written or sent\n',
      err: '',
    });
    expect(desk.dump()).toEqual(before);
    expect(existsSync(desk.path('out.pem'))).toBe(false);
    expect(existsSync(join(desk.state, 'store.key.next'))).toBe(false);
  });

  it('refuses what would be refused, and writes nothing of that to the audit trail', async () => {
    const desk = await deskWithCertificate();
    const words = [
      'cert',
      'import',
      'cert-name',
      'vendor',
      'file',
      desk.write('junk', 'junk'),
      'dry-run',
    ];
    expect((await desk.run(words)).code).not.toBe(0);
    expect((await desk.run(['cert', 'export', 'nobody', 'dry-run'])).code).toBe(3);
    const { out } = await desk.run('show audit --json');
    expect(JSON.parse(out)).toMatchObject({
      audit: [{ what: 'cert import', result: { exitCode: 0 } }],
    });
  });
});
