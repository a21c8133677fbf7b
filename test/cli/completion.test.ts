import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { completeLine } from '../../src/cli/shell/complete-line.ts';
import { shellTable } from '../../src/cli/shell/session.ts';
import type { LiveValues } from '../../src/cli/completion.ts';
import { gatewayPem, rootPem } from './certificates.ts';
import { decodePem } from '../../src/asn1/pem.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

const breaks = ' \t\n"\'><=;|&(:';

/** What bash would be told for a line up to the cursor. */
async function bash(bench: Bench, line: string): Promise<readonly string[]> {
  const { code, out, err } = await bench.run(['complete', 'bash', breaks, line]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.split('\n').filter((text) => text !== '');
}

/** A store with a CA profile and a certificate. */
async function furnished(): Promise<Bench> {
  const bench = makeBench();
  const root = join(bench.directory, 'root.pem');
  writeFileSync(root, rootPem);
  await bench.run(['ca', 'add', 'rootA', 'url', 'http://ra.example/', 'root', root]);
  const der = decodePem(gatewayPem)[0]?.der ?? new Uint8Array();
  await bench.withStore((store) =>
    store.certificates.import({
      name: parseLabel('gw1', 'name'),
      der,
      chain: [],
      source: 'import',
      at: now,
    }),
  );
  return bench;
}

describe('certkeeper complete', () => {
  it('completes the words of commands, keywords, options and choices', async () => {
    const bench = makeBench();
    expect(await bash(bench, 'certkeeper cmp ini')).toEqual(['initialize']);
    expect(await bash(bench, 'certkeeper cmp initialize mod')).toEqual(['modulus']);
    expect(await bash(bench, 'certkeeper cmp initialize --mod')).toEqual(['--modulus']);
    expect(await bash(bench, 'certkeeper show cert --js')).toEqual(['--json']);
    expect(await bash(bench, 'certkeeper cmp initialize modulus 20')).toEqual(['2048']);
    expect(await bash(bench, 'certkeeper cmp initialize key-type p-')).toEqual(
      expect.arrayContaining(['p-256', 'p-384', 'p-521']),
    );
    expect(await bash(bench, 'certkeeper help cmp pol')).toEqual(['poll']);
    expect(await bash(bench, 'certkeeper ')).toEqual(expect.arrayContaining(['cmp', 'shell']));
  });

  it('leaves out what was given, what is excluded by it, and what nobody types', async () => {
    const bench = makeBench();
    const next = await bash(bench, 'certkeeper cmp update current-cert gw1 modulus 2048 ');
    expect(next).toContain('ca-root');
    for (const word of ['current-cert', 'modulus', 'key-type']) expect(next).not.toContain(word);
    expect(await bash(bench, 'certkeeper com')).toEqual(['completion']);
  });

  it('takes no abbreviations: they are for the shell only', async () => {
    expect(await bash(makeBench(), 'certkeeper sh cmp hist')).toEqual([]);
  });

  it('completes names of CA profiles and certificates from the store that the line names', async () => {
    const bench = await furnished();
    expect(await bash(bench, 'certkeeper cmp poll current-cert ')).toEqual(['gw1']);
    expect(await bash(bench, 'certkeeper agent serve name ')).toEqual(['gw1']);
    expect(await bash(bench, 'certkeeper cmp update current-cert gw1 ca-root ro')).toEqual([
      'rootA',
    ]);
    expect(await bash(bench, 'certkeeper ca remove ')).toContain('rootA');
    expect(await bash(bench, 'certkeeper show cert g')).toEqual(['gw1']);
    expect(await bash(bench, 'certkeeper cmp poll --current-cert=g')).toEqual(['gw1']);
  });

  it('says nothing where there is no store, and makes none', async () => {
    const bench = makeBench();
    const line = `certkeeper --state ${bench.directory}/none cmp poll current-cert `;
    expect(await bash(bench, line)).toEqual([]);
    expect(await bash(bench, `certkeeper --state ${bench.directory}/`)).toEqual([]);
  });

  it('completes the forms of a secret, with a reference value in front, and files', async () => {
    const bench = makeBench();
    writeFileSync(join(bench.directory, 'psk file.txt'), 'x');
    mkdirSync(join(bench.directory, 'psks'));
    expect(await bash(bench, 'certkeeper cmp initialize ca-psk gw1:fi')).toEqual(['file:']);
    const { directory } = bench;
    const typed = `${directory}/ps`;
    const found = [`${directory}/psk\\ file.txt`, `${directory}/psks/`];
    // bash replaces what follows the last colon only.
    expect(await bash(bench, `certkeeper cmp initialize ca-psk gw1:file:${typed}`)).toEqual(found);
    expect(await bash(bench, `certkeeper decode ${typed}`)).toEqual(found);
    expect(await bash(bench, `certkeeper cmp cert-store location ${typed}`)).toEqual([
      `${directory}/psks/`,
    ]);
    // Inside quotes it quotes nothing itself.
    expect(await bash(bench, `certkeeper decode "${typed}`)).toEqual([
      `${directory}/psk file.txt`,
      `${directory}/psks/`,
    ]);
  });

  it('tells zsh and fish what each word means', async () => {
    const bench = makeBench();
    const fish = await bench.run(['complete', 'fish', 'cmp', 'initialize', 'ca-psk', '']);
    expect(fish.out).toContain('file:\tRead it from a file\n');
    const zsh = await bench.run(['complete', 'zsh', 'cmp', 'initialize', 'ca-psk', '']);
    expect(zsh.out).toContain('file\\::Read it from a file\n');
    expect((await bench.run(['complete', 'fish', 'cmp', 'ini'])).out).toMatch(
      /^initialize\tMake a key/,
    );
  });

  it.each([[[]], [['bash']], [['nonsense']], [['bash', ':', '']], [['zsh', '--state']]])(
    'never complains: %j',
    async (words) => {
      expect(await makeBench().run(['complete', ...words])).toMatchObject({ code: 0, err: '' });
    },
  );

  it.each(['bash', 'zsh', 'fish'])('prints the script for %s', async (shell) => {
    const { code, out } = await makeBench().run(['completion', shell]);
    expect(code).toBe(0);
    expect(out).toContain(`complete ${shell}`);
  });
});

describe('Tab in the shell', () => {
  const table = shellTable({ open: [], isOver: false });
  const live: LiveValues = { env: {}, names: async (kind) => [kind === 'ca' ? 'rootA' : 'gw1'] };

  it.each([
    ['sh cmp hi', ['history '], 'hi'],
    ['conf', ['config ', 'configure '], 'conf'],
    ['certkeeper sh cmp hi', ['history '], 'hi'],
    ['cmp poll cur ', ['gw1 '], ''],
    ['ca rem "ro', ['"rootA" '], '"ro'],
    ['cmp init mod 20', ['2048 '], '20'],
    ['cmp zzz ', [], 'cmp zzz '],
  ])('after %j offers %j', async (line, hits, on) => {
    expect(await completeLine(line, table, live)).toEqual([hits, on]);
  });

  it('quotes what has to be quoted', async () => {
    const { directory } = makeBench();
    writeFileSync(join(directory, 'a b.pem'), 'x');
    const [plain] = await completeLine(`decode ${directory}/a`, table, live);
    expect(plain).toEqual([`${directory}/a\\ b.pem `]);
    const [quoted] = await completeLine(`decode "${directory}/a`, table, live);
    expect(quoted).toEqual([`"${directory}/a b.pem" `]);
  });
});
