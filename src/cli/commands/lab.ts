import { systemClock } from '../../agent/system-clock.ts';
import { systemRandom } from '../../agent/system-random.ts';
import { CertError } from '../../base/errors.ts';
import type { LabFiles } from '../../ca/lab-files.ts';
import type { LabSettings } from '../../ca/lab-settings.ts';
import { createLab, type Lab } from '../../ca/lab.ts';
import { messageDump } from '../../ca/message-dump.ts';
import { parseName } from '../../x509/name-text.ts';
import type { Body, CommandContext } from '../command.ts';
import { labDirectory } from '../lab-directory.ts';
import type { ArgsOf } from '../parameter.ts';
import type { LabParameters } from '../parameters-lab.ts';
import { formatFields } from '../table.ts';
import { resolveSecret } from '../secret.ts';

/** Run the lab CA until Ctrl-C. */
export const run: Body<LabParameters> = async (args, context) => {
  const stopped = context.io.abortSignal();
  const directory = labDirectory(args.dir, context);
  const lab = await createLab({
    directory,
    clock: systemClock,
    random: systemRandom,
    settings: settingsOf(args),
    secrets: await secretsOf(args, context),
    ...(args.dump !== undefined && { onMessage: messageDump(args.dump) }),
  });
  try {
    const files = await lab.writeFiles();
    const listening = await lab.listen(args.port, args.address);
    if (args.address !== undefined) {
      context.log.warn('whoever reaches this address gets certificates; the lab guards nothing');
    }
    show(lab, listening.url, directory, files, context);
    await aborted(stopped);
    await listening.close();
  } finally {
    await lab.close();
  }
  return 0;
};

type Args = ArgsOf<LabParameters>;

function settingsOf(args: Args): Partial<LabSettings> {
  if (args.validity < 1) {
    throw new CertError('USAGE_INVALID', 'Cannot use a validity of 0s: give a second or more');
  }
  // To hear of a bad name now and not at the first request.
  if (args.subjectSuffix !== undefined) parseName(args.subjectSuffix);
  return {
    ...(args.keyType !== undefined && { keyType: args.keyType }),
    ...(args.digest !== undefined && { digest: args.digest }),
    validitySeconds: args.validity,
    approval: args.approval,
    polls: args.polls,
    checkAfterSeconds: args.checkAfter,
    implicitConfirm: args.implicitConfirm === 'yes',
    caPubs: args.caPubs,
    extraCerts: args.extraCerts,
    ...(args.refuse !== undefined && { refuse: args.refuse }),
    ...(args.refuseSubject !== undefined && { refuseSubject: args.refuseSubject }),
    ...(args.subjectSuffix !== undefined && { subjectSuffix: args.subjectSuffix }),
    retransmission: args.retransmission,
    delay: args.delay,
    delayedNonce: args.delayedNonce,
    superseded: args.superseded,
    pbm: { owf: args.pbmOwf, mac: args.pbmMac, iterationCount: args.pbmIterations },
    timeToleranceSeconds: args.timeTolerance,
    legacyAlgorithms: args.legacyAlgorithms,
  };
}

async function secretsOf(
  args: Args,
  context: CommandContext,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const secrets = new Map<string, Uint8Array>();
  for (const source of args.secret) {
    if (source.reference === undefined) {
      throw new CertError('USAGE_INVALID', 'Cannot use a secret without its reference value', {
        hint: 'Write it as in device-0001:file:secret.txt',
      });
    }
    secrets.set(source.reference, await resolveSecret(source, 'secret', context));
  }
  return secrets;
}

function show(
  lab: Lab,
  url: string,
  directory: string,
  files: LabFiles,
  { print }: CommandContext,
): void {
  const [[reference, secret] = ['', '']] = files.secrets;
  const lines = [
    `certkeeper ca add lab url ${url} root ${quoted(files.root)} reference ${quoted(reference)} secret ${quoted(`file:${secret}`)}`,
    'certkeeper cmp initialize key-type p-256 cert-name gw1 subject-name "CN=gw1,O=Test" ca-root lab',
  ];
  const json = { ...files, secrets: Object.fromEntries(files.secrets) };
  const { keyType } = lab.authorities.issuing.key;
  print.show({ url, directory, files: json, commands: lines }, () =>
    [
      `${print.style.bold('Lab CA and RA')} at ${url}\n`,
      '\n',
      formatFields([
        ['directory', `${directory} (keys unencrypted: this is no CA for production)`],
        ['CA keys', keyType],
        ['root', files.root],
        ['issuing CA', files.issuing],
        ['RA signer', files.ra],
        ['vendor root', files.vendorRoot],
        ['vendor device', `${files.deviceCertificate}, key ${files.deviceKey}`],
        ...[...files.secrets].map(([name, path]) => [`secret ${name}`, path] as const),
      ]),
      '\nTry it:\n',
      ...lines.map((line) => `  ${line}\n`),
      '\nCtrl-C ends the lab; started again with the same directory it goes on as it was.\n',
    ].join(''),
  );
}

/** Make a word of a command line that a shell takes as it is. */
function quoted(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

async function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}
