import { open, rm } from 'node:fs/promises';
import { arch, release, type } from 'node:os';
import { resolve } from 'node:path';
import { CertError } from '../../base/errors.ts';
import { formatTime } from '../../base/format-time.ts';
import type { Body, CommandContext } from '../command.ts';
import { reasonOf } from '../files.ts';
import type { Output } from '../io.ts';
import type { supportBundleParameters } from '../parameters-operations.ts';
import { readStored } from '../stored.ts';
import { readVersion } from '../version.ts';

/** What is asked, each with --json; none of it shows a secret, and none changes anything. */
const questions: readonly (readonly string[])[] = [
  ['doctor'],
  ['agent', 'status'],
  ['agent', 'plan', 'days', '30'],
  ['ca', 'show'],
  ['show', 'cert', 'expiring', '200'],
  ['show', 'cmp', 'outstanding-req'],
  ['show', 'cmp', 'history'],
  ['show', 'cmp', 'statistics'],
  ['show', 'crypto', 'statistics'],
  ['show', 'audit', 'last', '200'],
  // Not show snmp: the address of a webhook can be a secret.
  ['show', 'alarms'],
  ['show', 'retention'],
  ['show', 'retrieval'],
];

/** Certificates that all is told of, those that end next. */
const certificatesTold = 50;

/** Write what a maintainer needs to one file: no keys, no secrets, but names. */
export const run: Body<typeof supportBundleParameters> = async ({ file }, context) => {
  const path = resolve(file);
  const { at, names } = (await readStored(context, async ({ store, clock }) => ({
    at: formatTime(clock.now()),
    names: (await store.certificates.expiring(certificatesTold)).map(({ name }) => name),
  }))) ?? { names: [] };
  const answers: Record<string, unknown> = {};
  const asked = [...questions, ...names.map((name) => ['show', 'cert', name])];
  for (const words of asked) answers[words.join(' ')] = await ask(context, words);
  const bundle = {
    at,
    certkeeper: await readVersion(),
    versions: process.versions,
    system: { type: type(), release: release(), arch: arch(), uid: process.geteuid?.() },
    answers,
  };
  await write(path, `${JSON.stringify(bundle, undefined, 2)}\n`);
  context.print.done(
    { file: path },
    `What a maintainer needs is in ${path} now: no key and no secret, but names of certificates, ` +
      'hosts and users. Read it before you send it',
  );
  return 0;
};

/** Run a command, and take what it prints. */
async function ask(context: CommandContext, words: readonly string[]): Promise<unknown> {
  let printed = '';
  let warned = '';
  const exitCode = await context.run(words, {
    globals: { ...context.globals, json: true, quiet: false },
    io: {
      ...context.io,
      stdout: taken((text) => (printed += text)),
      stderr: taken((text) => (warned += text)),
    },
  });
  return { exitCode, ...(warned !== '' && { warned }), answer: parsed(printed) };
}

function taken(take: (text: string) => void): Output {
  return { write: take, writeOctets() {}, isTTY: false, columns: 80 };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Put a text in a new file that only its owner reads. */
async function write(path: string, text: string): Promise<void> {
  let isMade = false;
  try {
    const made = await open(path, 'wx', 0o600);
    isMade = true;
    try {
      await made.writeFile(text);
    } finally {
      await made.close();
    }
  } catch (cause) {
    if (isMade) await rm(path, { force: true });
    throw new CertError('FILE_UNWRITABLE', `Cannot write "${path}": ${reasonOf(cause)}`, {
      cause,
      hint: 'Name a new file in a folder that exists',
    });
  }
}
