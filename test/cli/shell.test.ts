import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { run } from '../../src/cli/run.ts';
import { rootPem } from './certificates.ts';
import { fakeIo } from './fake-io.ts';
import { makeBench, type Bench, type Outcome } from './run-cli.ts';

/** Run lines that come through a pipe. */
function pipe(bench: Bench, lines: readonly string[], ...words: string[]): Promise<Outcome> {
  return bench.run(['shell', ...words], { input: lines.join('\n') });
}

describe('certkeeper shell, off a terminal', () => {
  it('runs line after line, with comments, blank lines and modes between them', async () => {
    const bench = makeBench();
    const { code, out, err } = await pipe(bench, [
      '! configuration of gw1',
      '',
      'configure',
      '  # a comment',
      '  context local',
      `    cmp cert-store location ${bench.directory}/pem key reuse`,
      '  exit',
      'end',
      'sh cmp stat',
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('/pem');
    expect(out).toContain('Nothing was counted');
  });

  it('takes configure terminal for configure, also in short', async () => {
    for (const line of ['configure terminal', 'conf t', 'config', 'config term']) {
      expect(await pipe(makeBench(), [line, 'exit', 'show cmp history'])).toMatchObject({
        code: 0,
        err: '',
        out: expect.stringContaining('There is no history'),
      });
    }
  });

  it('prints the version', async () => {
    const { code, out } = await pipe(makeBench(), ['version']);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^certkeeper \d+\.\d+\.\d+\S*\n$/),
    });
  });

  it('takes lines as other shells are shown them, the name of the program in front', async () => {
    const { code, out } = await pipe(makeBench(), ['certkeeper show cmp history']);
    expect(code).toBe(0);
    expect(out).toContain('There is no history');
  });

  it('stops at the first line that fails, with its exit code, and says where', async () => {
    const lines = ['show cert gw1', 'cmp zzz', 'show cmp history'];
    const { code, out, err } = await pipe(makeBench(), lines);
    expect(code).toBe(3);
    expect(out).toBe('');
    expect(err).toContain('line 1 failed: what follows was not run (--keep-going runs it)\n');
    expect(err).not.toContain('zzz');
  });

  it('goes on with --keep-going, and ends with the exit code of the first that failed', async () => {
    const lines = ['show cert gw1', 'cmp zzz', 'show cmp history'];
    const { code, out, err } = await pipe(makeBench(), lines, '--keep-going');
    expect(code).toBe(3);
    expect(err).toContain('Cannot run "cmp zzz": no such command');
    expect(err).toContain('line 1 failed\n');
    expect(err).toContain('line 2 failed\n');
    expect(out).toContain('There is no history');
  });

  it('ends with exit at the top, whatever follows', async () => {
    const lines = ['context a', 'exit', 'exit', 'cmp zzz'];
    expect(await pipe(makeBench(), lines)).toMatchObject({ code: 0, out: '', err: '' });
  });

  it('gives its global options to every line, of which each can say otherwise', async () => {
    const bench = makeBench();
    const { code, out } = await pipe(bench, ['show cmp history', 'show cert'], '--json');
    expect(code).toBe(0);
    expect(out.match(/"schemaVersion": 1/g)).toHaveLength(2);
    const io = fakeIo({ input: 'show cert --state /nowhere/else\nshow cert' });
    expect(await run(['shell', '--state', '/nowhere/at/all'], io)).toBe(0);
    expect(io.out()).toContain('/nowhere/else\n');
    expect(io.out()).toContain('/nowhere/at/all\n');
  });

  it('joins lines that end inside a quote or with a backslash, and numbers the first of them', async () => {
    const lines = ['', 'show cmp \\', 'history', 'ca show "no', 'name"'];
    const { code, out, err } = await pipe(makeBench(), lines);
    expect(out).toContain('There is no history');
    expect(code).toBe(2);
    expect(err).toContain('Cannot use "no\\nname" as label');
    expect(err).toContain('line 4 failed');
  });

  it('says that a quote is not closed', async () => {
    const { code, err } = await pipe(makeBench(), ['ca show "x', 'show cert', '']);
    expect(code).toBe(2);
    expect(err).toContain('whose " is not closed');
    expect(err).toContain('line 1 failed');
  });

  it('lists what an abbreviation may mean', async () => {
    const { code, err } = await pipe(makeBench(), ['cmp init ca x']);
    expect(code).toBe(2);
    expect(err).toContain('Cannot tell what "ca" is short for: ca-psk, ca-root, ca-url');
  });

  it('hands no command the lines that follow as its standard input', async () => {
    const { code, err } = await pipe(makeBench(), ['decode -', 'show cert']);
    expect(code).toBe(3);
    expect(err).toContain('standard input is where the commands come from');
  });

  it('has no shell and no completion of its own', async () => {
    expect((await pipe(makeBench(), ['shell'])).err).toContain('no such command');
    expect((await pipe(makeBench(), ['completion bash'])).err).toContain('no such command');
  });

  it('runs nothing more once it was interrupted', async () => {
    const io = fakeIo({ input: 'show cmp history\nshow cert\n' });
    io.abort();
    await run(['shell', '--state', '/nowhere'], io);
    expect(io.out()).not.toContain('certificate');
  });

  it('does not say of a secret in a line that others can read it, as it would of an argument', async () => {
    const bench = makeBench();
    writeFileSync(join(bench.directory, 'root.pem'), rootPem);
    const root = join(bench.directory, 'root.pem');
    const line = `ca add rootA url http://ra.example/ root ${root} reference gw1 secret s3cret`;
    expect((await bench.run(line.split(' '))).err).toContain('process list');
    expect(await pipe(bench, [line])).toMatchObject({ code: 0, err: '' });
  });

  it('opens the store for each command and closes it again, so that others work on beside it', async () => {
    const bench = makeBench();
    await bench.withStore(async () => undefined);
    const moments: string[] = [];
    const io = fakeIo();
    const lines = async function* lines(): AsyncGenerator<string> {
      for (let i = 0; i < 2; i++) {
        moments.push('line');
        yield 'show cmp statistics';
      }
    };
    const code = await run(
      ['shell', '--state', bench.state],
      { ...io, stdin: { ...io.stdin, lines } },
      async (_globals, _io, log) => {
        const services = await compose({ stateDirectory: bench.state, log });
        moments.push('open');
        const close = async (): Promise<void> => {
          await services.close();
          moments.push('closed');
        };
        return { ...services, close };
      },
    );
    expect(code).toBe(0);
    expect(moments).toEqual(['line', 'open', 'closed', 'line', 'open', 'closed']);
  });

  it('writes no history', async () => {
    const bench = makeBench();
    await bench.withStore(async () => undefined);
    await pipe(bench, ['show cert']);
    expect(existsSync(join(bench.state, 'shell_history'))).toBe(false);
  });
});

/** Ask about a line, where there is one CA profile. */
async function ask(line: string): Promise<string> {
  const bench = makeBench();
  writeFileSync(join(bench.directory, 'root.pem'), rootPem);
  const root = join(bench.directory, 'root.pem');
  await bench.run(['ca', 'add', 'rootA', 'url', 'http://ra.example/', 'root', root]);
  const { out, err } = await pipe(bench, [line]);
  return out + err;
}

describe('? as a word', () => {
  it('lists the commands, each with its sentence or what follows it', async () => {
    const text = await ask('?');
    expect(text).toMatch(/^ {2}decode +Show what is in a CMP message/m);
    expect(text).toMatch(/^ {2}cmp +initialize, enroll, update/m);
    expect(text).toMatch(/^ {2}exit +Leave the context/m);
    expect(text).not.toMatch(/^ {2}(?:shell|complete|completion) /m);
  });

  it('lists the next words and keywords, and leaves out what was given or is excluded', async () => {
    const text = await ask('cmp init mod 2048 ?');
    expect(text).toMatch(/^ {2}cert-name N +Name the certificate will have here/m);
    expect(text).not.toMatch(/^ {2}(?:modulus|key-type) /m);
    expect(text).not.toContain('<Enter>');
  });

  it('says what a value is, and which names there are', async () => {
    const text = await ask('cmp init wait ?');
    expect(text.replace(/\s+/g, ' ')).toContain('(duration; default 60s)');
    expect(await ask('ca remove ?')).toContain('; here: rootA');
  });

  it('says when the command can be run as it stands', async () => {
    expect(await ask('show cmp history ?')).toContain('<Enter>');
  });

  it('says that a word before it has no place', async () => {
    expect(await ask('cmp zzz ?')).toContain('Cannot explain "zzz": it has no place after "cmp"');
  });

  it('is a plain character inside another word', async () => {
    expect(await ask('ca show what?')).toContain('Cannot use "what?" as label');
  });
});

describe('the commands about modes', () => {
  it('are not there on the command line', async () => {
    const { code, err } = await makeBench().run(['configure']);
    expect(code).toBe(2);
    expect(err).toContain('no such command');
  });
});
