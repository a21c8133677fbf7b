import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/agent/system-clock.ts';
import { rootPem } from '../cli/certificates.ts';
import { openLab, reference, secret, temporaryDirectory } from '../ca/lab-under-test.ts';
import { requirePeer } from '../harness/require.ts';

beforeEach((context) => requirePeer(context, 'python3'));

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const driver = join(import.meta.dirname, 'shell-terminal.py');

/** One thing done at the keyboard, or waited for on the screen; see `shell-terminal.py`. */
type Step = { readonly expect: string } | { readonly send: string } | { readonly type: string };

interface Seen {
  readonly code?: number;
  readonly failed?: Step;
  readonly screen: string;
}

const environment = { PATH: process.env['PATH'] ?? '', TERM: 'xterm', NO_COLOR: '1' };

/** Type into `certkeeper shell` on a terminal of its own. */
function type(
  state: string,
  steps: readonly Step[],
  env: Readonly<Record<string, string>> = {},
  ...words: readonly string[]
): Promise<Seen> {
  const argv = [process.execPath, main, 'shell', '--state', state, ...words];
  return drive({ argv, env: { ...environment, HOME: state, ...env }, steps });
}

interface Drive {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

async function drive(task: Drive): Promise<Seen> {
  const child = spawn('python3', [driver], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.end(JSON.stringify(task));
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const seen: Seen = JSON.parse(printed);
  return seen;
}

async function command(state: string, ...words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [main, ...words, '--state', state], {
    env: { ...environment, HOME: state },
  });
  const [out] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return out;
}

function stateDirectory(): string {
  const state = join(temporaryDirectory(), 'state');
  mkdirSync(state, { mode: 0o700 });
  return state;
}

const prompt = { expect: 'certkeeper# ' };

describe('certkeeper shell on a terminal', () => {
  it('takes abbreviations, answers ? at any word, completes by Tab and ends with Ctrl-D', async () => {
    const seen = await type(stateDirectory(), [
      prompt,
      { type: 'sh cmp ' },
      { send: '?' },
      { expect: 'statistics       Show what was counted' },
      // The line is still there, and goes on.
      { expect: 'certkeeper# sh cmp ' },
      { type: 'h' },
      { send: '\t' },
      { expect: 'istory ' },
      { send: '\r' },
      { expect: 'There is no history' },
      prompt,
      { send: '\u0004' },
    ]);
    expect(seen).toMatchObject({ code: 0 });
  });

  it('takes ? inside quotes and in a paste as it is', async () => {
    const seen = await type(stateDirectory(), [
      prompt,
      { type: 'cmp poll current-cert "a' },
      { send: '?' },
      { expect: '?' },
      { send: '"\r' },
      { expect: 'Cannot use "a?" as current-cert' },
      prompt,
      { send: 'ca add L url http://ra.example/x?y=1 root nowhere.pem\r' },
      { expect: 'Cannot read root "nowhere.pem"' },
      prompt,
      { send: 'exit\r' },
    ]);
    expect(seen).toMatchObject({ code: 0 });
    expect(seen.screen).not.toContain('Cannot explain');
  });

  it('takes pasted gateway configuration, of which only the prompt takes notice', async () => {
    const pasted =
      'configure\r! as the gateway prints it\r\r\tcontext local\r  cmp cert-store location "/tmp/with \\"quotes\\""\r' +
      'exit\rend\rshow cmp statistics\r';
    const seen = await type(stateDirectory(), [
      prompt,
      { send: pasted },
      { expect: 'certkeeper(config)# ' },
      { expect: 'certkeeper(config-ctx local)# ' },
      { expect: '/tmp/with "quotes"' },
      { expect: 'certkeeper(config)# ' },
      prompt,
      { expect: 'Nothing was counted' },
      prompt,
      { send: '\u0004' },
    ]);
    expect(seen).toMatchObject({ code: 0 });
  });

  it('clears the line at Ctrl-C, and goes on', async () => {
    const seen = await type(stateDirectory(), [
      prompt,
      { type: 'lab port' },
      { send: '\u0003' },
      { expect: '^C' },
      prompt,
      { send: 'sh cert\r' },
      { expect: 'There is no certificate' },
      prompt,
      { send: 'exit\r' },
    ]);
    expect(seen).toMatchObject({ code: 0 });
  });

  it('stops at Ctrl-Z with the terminal as it was, and goes on with the line', async () => {
    const state = stateDirectory();
    const shell = `${process.execPath} ${main} shell --state ${state}`;
    const seen = await drive({
      argv: ['/bin/bash', '--norc', '--noprofile', '-i'],
      env: { ...environment, HOME: state, PS1: 'ready> ' },
      steps: [
        { expect: 'ready> ' },
        { send: `${shell}\r` },
        prompt,
        { type: 'show c' },
        { send: '\u001a' },
        { expect: 'ready> ' },
        { send: 'stty | grep -- -icanon || echo cook""ed; fg\r' },
        { expect: 'cooked' },
        { expect: 'certkeeper# show c' },
        { send: 'ert\r' },
        { expect: 'There is no certificate' },
        prompt,
        { send: '\u0004' },
        { expect: 'ready> ' },
        { send: 'stty | grep -- -icanon || echo cook""ed; exit 0\r' },
        { expect: 'cooked' },
      ],
    });
    expect(seen).toMatchObject({ code: 0 });
  });

  it('remembers lines in a file of mode 0600, and of secrets only that there was one', async () => {
    const state = stateDirectory();
    const first = await type(state, [
      prompt,
      { send: 'cmp poll current-cert nobody\r' },
      { expect: 'code: ' },
      prompt,
      { send: 'cmp initialize mod 2048 cert-name gw1 subject-name CN=gw1 ca-psk gw1:s3cret\r' },
      { expect: 'code: ' },
      prompt,
      { send: 'cmp initialize ca-pks s3cret\r' },
      { expect: 'code: ' },
      prompt,
      { send: '\u0004' },
    ]);
    expect(first).toMatchObject({ code: 0 });
    const file = join(state, 'shell_history');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8').split('\n')).toEqual([
      'cmp poll current-cert nobody',
      'cmp initialize mod 2048 cert-name gw1 subject-name CN=gw1 ca-psk gw1:prompt',
      '',
    ]);
    const second = await type(state, [
      prompt,
      { send: '\u001b[A' },
      { expect: 'ca-psk gw1:prompt' },
      { send: '\u001b[A' },
      { expect: 'current-cert nobody' },
      { send: '\u0003' },
      prompt,
      { send: '\u0004' },
    ]);
    expect(second).toMatchObject({ code: 0 });
  });

  it('takes a command back at Ctrl-C where it asks for a secret, and says nothing of it', async () => {
    const { root } = await (await openLab({ directory: temporaryDirectory() })).writeFiles();
    const seen = await type(stateDirectory(), [
      prompt,
      { send: `ca add lab url http://127.0.0.1:9/ root ${root} secret prompt\r` },
      { expect: 'secret: ' },
      { send: '\u0003' },
      prompt,
      { send: 'ca show\r' },
      { expect: 'There is no CA profile' },
      prompt,
      { send: '\u0004' },
    ]);
    expect(seen).toMatchObject({ code: 0 });
    expect(seen.screen).not.toContain('USAGE_INVALID');
  });

  it('asks on the same terminal, and echoes no secret', async () => {
    const state = stateDirectory();
    const directory = temporaryDirectory();
    const lab = await openLab({ directory, clock: systemClock });
    const { root } = await lab.writeFiles();
    const seen = await type(state, [
      prompt,
      { send: `ca add lab url http://127.0.0.1:9/ root ${root} reference gw1 secret prompt\r` },
      { expect: 'secret: ' },
      { send: 'hunter2\r' },
      { expect: 'profile "lab" is added' },
      prompt,
      { send: 'ca remove l\t' },
      { expect: 'lab ' },
      { send: '\r' },
      { expect: '[y/N] ' },
      { send: 'y\r' },
      { expect: 'emoved' },
      prompt,
      { send: '\u0004' },
    ]);
    expect(seen).toMatchObject({ code: 0 });
    expect(seen.screen).not.toContain('hunter2');
  });

  it('asks for the key of the store once, and echoes nothing of it, however early it is typed', async () => {
    const state = stateDirectory();
    const ca = 'ca add lab url http://127.0.0.1:9/ root root.pem reference gw1 secret env:PSK';
    writeFileSync(join(state, 'root.pem'), rootPem);
    const key = 'four words for a store';
    const seen = await type(
      state,
      [
        { expect: 'passphrase of the store: ' },
        { send: `${key}\r` },
        prompt,
        { send: `${ca.replace('root.pem', join(state, 'root.pem'))}\r` },
        // There was no store yet: it is set with this line.
        { expect: 'the same once more: ' },
        { send: `${key}\r` },
        { expect: 'profile "lab" is added' },
        prompt,
        { send: 'exit\r' },
      ],
      { PSK: 's3cret' },
      '--store-key',
      'prompt',
    );
    expect(seen).toMatchObject({ code: 0 });
    expect(seen.screen).not.toContain(key);
  });

  it('ends a wait at Ctrl-C, leaves the transaction outstanding, and says how to go on', async () => {
    const state = stateDirectory();
    const directory = temporaryDirectory();
    const lab = await openLab({ directory, clock: systemClock, settings: { approval: 'manual' } });
    const { root } = await lab.writeFiles();
    const server = await lab.listen(0);
    onTestFinished(() => server.close());
    const psk = `${reference}:env:PSK`;
    const seen = await type(
      state,
      [
        prompt,
        { send: `ca add lab url ${server.url} root ${root}\r` },
        { expect: 'profile "lab" is added' },
        prompt,
        {
          send: `cmp init key-type p-256 cert-name gw1 subject-name "CN=gw1,O=Test" ca-psk ${psk} wait 1h\r`,
        },
        { expect: 'waiting for the CA' },
        { send: '\u0003' },
        { expect: 'what is outstanding for "gw1" stays so: certkeeper cmp poll current-cert gw1' },
        prompt,
        { send: 'sh cmp out\r' },
        { expect: 'gw1' },
        prompt,
        // Live names: of a request that is still outstanding, too.
        { send: 'cmp poll cur gw\t' },
        { expect: 'gw1 ' },
        { send: 'wait 0\r' },
        { expect: 'has not decided' },
        prompt,
        { send: '\u0004' },
      ],
      { PSK: new TextDecoder().decode(secret) },
    );
    expect(seen).toMatchObject({ code: 0 });
    expect(await command(state, 'show', 'cmp', 'outstanding-req')).toContain('gw1');
    const [waiting] = await lab.requests();
    await lab.approve(waiting?.id ?? 0);
    await command(state, 'cmp', 'poll', 'current-cert', 'gw1');
    expect(await command(state, 'show', 'cert')).toContain('gw1');
  });
});
