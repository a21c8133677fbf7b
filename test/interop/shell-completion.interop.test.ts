import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { rootPem } from '../cli/certificates.ts';
import { temporaryDirectory } from '../ca/lab-under-test.ts';
import { requirePeer } from '../harness/require.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const driver = join(import.meta.dirname, 'shell-terminal.py');

/** A `certkeeper` on the PATH, with a CA profile in its state directory. */
interface Installed {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** The completion script for a shell. */
  script(shell: string): string;
}

function install(): Installed {
  const directory = temporaryDirectory();
  const program = join(directory, 'certkeeper');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(join(directory, 'root.pem'), rootPem);
  const env = {
    PATH: `${directory}:${process.env['PATH'] ?? ''}`,
    HOME: directory,
    TERM: 'dumb',
    CERTKEEPER_STATE: join(directory, 'state'),
  };
  const certkeeper = (...words: readonly string[]): string =>
    execFileSync(program, [...words], { env, encoding: 'utf8', cwd: directory });
  certkeeper('ca', 'add', 'rootA', 'url', 'http://ra.example/', 'root', 'root.pem');
  return {
    directory,
    env,
    script(shell) {
      const path = join(directory, `completion.${shell}`);
      writeFileSync(path, certkeeper('completion', shell));
      return path;
    },
  };
}

/** Ask bash what it would offer for a line, split into words as bash splits it. */
function inBash({ env, directory, script }: Installed, line: string): readonly string[] {
  const program =
    `source '${script('bash')}'; COMP_LINE=$1 COMP_POINT=\${#1}; COMP_WORDS=($1); ` +
    'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); ' +
    'complete -p certkeeper >/dev/null || exit 9; _certkeeper certkeeper; printf "%s\\n" "${COMPREPLY[@]}"';
  const args = ['--norc', '-c', program, 'bash', line];
  const { status, stdout, stderr } = spawnSync('bash', args, { env, cwd: directory });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  return stdout.toString().trimEnd().split('\n');
}

describe('completion in bash', () => {
  it('completes words, keywords, names of CA profiles, and files after file:', () => {
    const installed = install();
    expect(inBash(installed, 'certkeeper cmp ini')).toEqual(['initialize']);
    expect(inBash(installed, 'certkeeper cmp initialize --mod')).toEqual(['--modulus']);
    expect(inBash(installed, 'certkeeper cmp initialize ca-root ro')).toEqual(['rootA']);
    expect(inBash(installed, 'certkeeper cmp initialize ca-psk gw1:file:ro')).toEqual(['root.pem']);
    expect(inBash(installed, 'certkeeper ca remove ')).toEqual(['dry-run', 'rootA']);
    expect(inBash(installed, 'certkeeper zzz ')).toEqual(['']);
  });

  it('runs nothing of what stands in the line', () => {
    const installed = install();
    inBash(installed, 'certkeeper decode $(touch${IFS}touched) `touch${IFS}touched` ');
    expect(spawnSync('ls', { cwd: installed.directory }).stdout.toString()).not.toContain(
      'touched\n',
    );
  });

  it('works at the keyboard', async (context) => {
    requirePeer(context, 'python3');
    const installed = install();
    const child = spawn('python3', [driver], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(
      JSON.stringify({
        argv: ['/bin/bash', '--norc', '--noprofile', '-i'],
        env: { ...installed.env, PS1: 'ready> ', INPUTRC: '/dev/null' },
        steps: [
          { expect: 'ready> ' },
          {
            send: `cd ${installed.directory}; source ${installed.script('bash')}; echo lo''aded\r`,
          },
          { expect: 'loaded' },
          { expect: 'ready> ' },
          { send: 'certkeeper cmp init' },
          { send: '\t' },
          { expect: 'initialize ' },
          { send: 'ca-psk gw1:fi\t' },
          { expect: 'gw1:file:' },
          // No blank after what is only half of a value.
          { send: 'ro\t' },
          { expect: 'root.pem ' },
          { send: 'ca-root r\t' },
          { expect: 'ootA ' },
          // Ctrl-U: the line is not to be run.
          { send: '\u0015exit 0\r' },
        ],
      }),
    );
    const seen: unknown = JSON.parse(await text(child.stdout));
    expect(seen).toMatchObject({ code: 0 });
  });
});

describe('completion in zsh', () => {
  beforeEach((context) => requirePeer(context, 'zsh'));

  it('is a script that zsh takes', () => {
    const installed = install();
    const { status, stderr } = spawnSync('zsh', ['-n', installed.script('zsh')]);
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  });

  it('works at the keyboard', async (context) => {
    requirePeer(context, 'python3');
    const installed = install();
    const child = spawn('python3', [driver], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(
      JSON.stringify({
        argv: ['/usr/bin/env', 'zsh', '-f', '-i'],
        env: { ...installed.env, PS1: 'ready> ', TERM: 'xterm' },
        steps: [
          { expect: 'ready> ' },
          {
            send: `cd ${installed.directory}; autoload -Uz compinit && compinit -u -D; source ${installed.script('zsh')}; echo lo''aded\r`,
          },
          { expect: 'loaded' },
          { expect: 'ready> ' },
          { send: 'certkeeper cmp init' },
          { send: '\t' },
          { expect: 'ialize' },
          { send: 'ca-root r' },
          { send: '\t' },
          { expect: 'ootA' },
          { send: 'ca-psk gw1:fi' },
          { send: '\t' },
          { expect: 'le:' },
          { send: 'ro' },
          { send: '\t' },
          { expect: 'ot.pem' },
          // Ctrl-U: the line is not to be run.
          { send: '\u0015exit 0\r' },
        ],
      }),
    );
    const seen: unknown = JSON.parse(await text(child.stdout));
    expect(seen).toMatchObject({ code: 0 });
  });
});

describe('completion in fish', () => {
  beforeEach((context) => requirePeer(context, 'fish'));

  it('offers words with their sentences, names and files', () => {
    const installed = install();
    const offered = (line: string): string => {
      const program = `source '${installed.script('fish')}'; complete -C '${line}'`;
      const { env, directory } = installed;
      const { status, stdout, stderr } = spawnSync('fish', ['--no-config', '-c', program], {
        env,
        cwd: directory,
      });
      expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
      return stdout.toString();
    };
    expect(offered('certkeeper cmp ini')).toMatch(/^initialize\tMake a key and get .*\n$/);
    expect(offered('certkeeper cmp initialize --mod')).toMatch(/^--modulus\t/);
    expect(offered('certkeeper cmp initialize ca-root ')).toBe('rootA\n');
    expect(offered('certkeeper cmp initialize ca-psk gw1:file:ro')).toBe('gw1:file:root.pem\n');
  });
});
