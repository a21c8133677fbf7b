import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../agent/system-clock.ts';
import { systemRandom } from '../../agent/system-random.ts';
import { encodePem } from '../../asn1/pem.ts';
import { CertError, type ExitCode } from '../../base/errors.ts';
import {
  createLab,
  DEFAULT_REFERENCE,
  type Lab,
  type LabSettings,
  type Listening,
} from '../../ca/index.ts';
import { certificateDer } from '../../x509/certificate.ts';
import type { Body, CommandContext } from '../command.ts';
import type { demoParameters } from '../parameters-lab.ts';

/** Take a guided tour: every line with a `$` is a command line that is really run. */
export const run: Body<typeof demoParameters> = async ({ keep }, command) => {
  const home = await mkdtemp(join(tmpdir(), 'certkeeper-demo-'));
  const labs: Running[] = [];
  try {
    await tour(home, labs, command);
  } finally {
    for (const { listening, lab } of labs) {
      await listening.close();
      await lab.close();
    }
    if (!keep) await rm(home, { recursive: true, force: true });
  }
  say(command, keep ? `Everything is still in ${home}` : 'Nothing of this is left on your disk.');
  return 0;
};

async function tour(home: string, labs: Running[], command: CommandContext): Promise<void> {
  const { io } = command;
  const state = join(home, 'state');
  const start = async (name: string, settings: Partial<LabSettings>): Promise<Running> => {
    const lab = await createLab({
      directory: join(home, name),
      clock: systemClock,
      random: systemRandom,
      settings: { checkAfterSeconds: 1, ...settings },
    });
    const listening = await lab.listen(0);
    const labRunning = { lab, listening, ...(await writeFiles(home, name, lab)) };
    labs.push(labRunning);
    return labRunning;
  };

  say(command, 'A lab CA starts on this machine, on the loopback interface only.');
  const prompt = await start('prompt-ca', {});
  say(
    command,
    `It is at ${prompt.listening.url}, and knows the device "${DEFAULT_REFERENCE}" by a shared secret.`,
  );

  const steps: readonly Step[] = [
    step(
      'Tell certkeeper about the CA: where it is, its root, and the secret we share with it.',
      addCa('L', prompt),
    ),
    step(
      'Get a first certificate (ir). The key is stored before anything is sent.',
      'cmp initialize key-type p-256 cert-name gw1 subject-name CN=gw1,O=Demo san dns:gw1.example ca-root L',
    ),
    step(
      'Get a second one, signing with the first (cr).',
      'cmp enroll current-cert gw1 key-type p-256 subject-name CN=gw1-web,O=Demo cert-name web ca-root L',
    ),
  ];
  for (const each of steps) await take(each, state, command);

  say(command, 'Another CA lets a person decide. Its answer to a request is "waiting".');
  const slow = await start('slow-ca', { approval: 'manual' });
  await take(step(undefined, addCa('slow', slow)), state, command);
  await take(
    step(
      'Exit code 8 says: still waiting. The transaction is stored; this process could end here.',
      'cmp initialize key-type ed25519 cert-name gw2 subject-name CN=gw2,O=Demo ca-root slow wait 0',
      8,
    ),
    state,
    command,
  );
  await take(step(undefined, 'show cmp outstanding-req'), state, command);
  say(command, 'The person at the CA says yes ...');
  for (const { id } of await slow.lab.requests()) await slow.lab.approve(id);
  const rest: readonly Step[] = [
    step('... and the next poll brings the certificate.', 'cmp poll current-cert gw2'),
    step(
      'Renew the first one to a new key (kur): the old version is kept.',
      'cmp update current-cert gw1',
    ),
    step('What there is now:', 'show cert full'),
    step('What happened:', 'show cmp history'),
    step('And the counters:', 'show cmp statistics'),
  ];
  for (const each of rest) await take(each, state, command);
  const directory = join(state, 'certs');
  say(command, `The files services read are in ${directory}:`);
  for (const file of (await readdir(directory)).toSorted()) io.stdout.write(`  ${file}\n`);
}

interface Running {
  readonly lab: Lab;
  readonly listening: Listening;
  readonly root: string;
  readonly secret: string;
}

/** Write what an operator would be handed by the CA: its root, and the secret. */
async function writeFiles(
  home: string,
  name: string,
  lab: Lab,
): Promise<{ readonly root: string; readonly secret: string }> {
  const root = join(home, `${name}-root.pem`);
  await writeFile(root, encodePem('CERTIFICATE', certificateDer(lab.authorities.root.certificate)));
  const secret = join(home, `${name}-secret.txt`);
  await writeFile(secret, lab.secrets.get(DEFAULT_REFERENCE) ?? '', { mode: 0o600 });
  return { root, secret };
}

interface Step {
  readonly why: string | undefined;
  readonly words: readonly string[];
  readonly exitCode: ExitCode;
}

function step(
  why: string | undefined,
  line: string | readonly string[],
  exitCode: ExitCode = 0,
): Step {
  return { why, words: typeof line === 'string' ? line.split(' ') : line, exitCode };
}

function addCa(label: string, { listening, root, secret }: Running): readonly string[] {
  return [
    'ca',
    'add',
    label,
    'url',
    listening.url,
    'root',
    root,
    'reference',
    DEFAULT_REFERENCE,
  ].concat(['secret', `file:${secret}`, 'min-poll', '1s']);
}

async function take(
  { why, words, exitCode }: Step,
  state: string,
  command: CommandContext,
): Promise<void> {
  if (why !== undefined) say(command, why);
  const { io, print } = command;
  const { style } = print;
  io.stdout.write(`${style.good('$')} ${style.bold(`certkeeper ${words.map(quote).join(' ')}`)}\n`);
  const got = await command.run(words, { env: { CERTKEEPER_STATE: state } });
  if (got === exitCode) return;
  throw new CertError(
    'INTERNAL',
    `Cannot go on with the tour: "${words.join(' ')}" ended with ${got}, expected ${exitCode}`,
  );
}

function quote(word: string): string {
  return /^[\w./:=,-]+$/.test(word) ? word : `"${word}"`;
}

function say({ io, print }: CommandContext, text: string): void {
  io.stdout.write(`\n${print.style.dim('#')} ${text}\n`);
}
