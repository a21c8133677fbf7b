import { systemClock } from '../../agent/system-clock.ts';
import { systemRandom } from '../../agent/system-random.ts';
import { toHex } from '../../base/bytes.ts';
import { CertError } from '../../base/errors.ts';
import { parseFault } from '../../ca/fault.ts';
import { parseKeySpecs } from '../../ca/key-specs.ts';
import { ocspPath } from '../../ca/ocsp-http.ts';
import { parseOcspFault } from '../../ca/ocsp-fault.ts';
import type { LabFiles } from '../../ca/lab-files.ts';
import type { LabSettings } from '../../ca/lab-settings.ts';
import { createLab, type Lab, type LabOptions } from '../../ca/lab.ts';
import { messageDump } from '../../ca/message-dump.ts';
import { parseName } from '../../x509/name-text.ts';
import { commandLine } from '../command-line.ts';
import type { Body, CommandContext } from '../command.ts';
import { holdingLab } from '../hold-lab.ts';
import { inWordsOfLab, labCommandLine, labDirectory } from '../lab-directory.ts';
import { labLog, type WaitingListener } from '../lab-log.ts';
import type { ArgsOf } from '../parameter.ts';
import type { LabParameters } from '../parameters-lab.ts';
import { formatFields } from '../table.ts';
import { resolveSecret, type SecretSource } from '../secret.ts';

/** Run the lab CA until Ctrl-C. */
export const run: Body<LabParameters> = async (args, context) => {
  assertLoopback(args.address);
  const stopped = context.io.abortSignal();
  const directory = labDirectory(args.dir, context);
  // To hear of a wrong one before there is a lab.
  args.fault.forEach(parseFault);
  args.ocspFault.forEach(parseOcspFault);
  const settings = { ...settingsOf(args), ...(await tokensOf(args, context)) };
  const secrets = await secretsOf(args, context);
  await inWordsOfLab(() =>
    holdingLab(directory, context.log, () =>
      serve(args, { directory, settings, secrets }, stopped, context),
    ),
  );
  return 0;
};

type Args = ArgsOf<LabParameters>;

/** Make the lab or open it, and serve until Ctrl-C. */
async function serve(
  args: Args,
  made: Pick<LabOptions, 'directory' | 'settings' | 'secrets'>,
  stopped: AbortSignal,
  context: CommandContext,
): Promise<void> {
  const { directory } = made;
  const listeners = args.dump === undefined ? [] : [messageDump(args.dump)];
  const onMessage: LabOptions['onMessage'] = (message) => {
    for (const listener of listeners) listener(message);
  };
  const lab = await createLab({ ...made, clock: systemClock, random: systemRandom, onMessage });
  for (const fault of args.fault) lab.inject(fault);
  for (const fault of args.ocspFault) await lab.responder.inject(fault);
  const { quiet, json } = context.globals;
  if (!quiet && !json) listeners.push(labLog(context.log, tellWaiting(lab, args, context)));
  try {
    const files = await lab.writeFiles();
    const listening = await lab.listen(args.port, args.address);
    show(lab, { url: listening.url, directory, files, dir: args.dir }, context);
    await aborted(stopped);
    await listening.close();
  } finally {
    await lab.close();
  }
}

const loopback = /^127(?:\.(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}$/;

/** The lab gives certificates to whoever reaches it. */
function assertLoopback(address: string | undefined): void {
  if (address === undefined || address === '::1' || loopback.test(address)) return;
  throw new CertError(
    'USAGE_INVALID',
    `Cannot let the lab listen on "${address}": not a loopback address, and whoever reaches it gets certificates`,
    { hint: 'Use 127.0.0.1 or ::1, or leave out address for both' },
  );
}

/** Say that a request waits, and by which number it is approved. */
function tellWaiting(lab: Lab, { dir }: Args, context: CommandContext): WaitingListener {
  return (transactionID, what) => {
    if (lab.settings.approval === 'automatic') {
      context.log.info(`${what}: told to wait`);
      return;
    }
    const find = async (): Promise<void> => {
      const all = await lab.requests();
      const id = all.find((one) => toHex(one.transactionID) === transactionID)?.id;
      const approve = labCommandLine(['lab', 'approve', `${id ?? 'ID'}`], dir, context);
      context.log.info(`${what}: waits for approval: ${approve}`);
    };
    find().catch((error: unknown) => context.log.debug(String(error)));
  };
}

function settingsOf(args: Args): Partial<LabSettings> {
  if (args.validity < 1) {
    throw new CertError('USAGE_INVALID', 'Cannot use a validity of 0s: give a second or more');
  }
  if (args.crlValidity < 1) {
    throw new CertError('USAGE_INVALID', 'Cannot use a crl-validity of 0s: give a second or more');
  }
  if (args.ocspValidity < 1) {
    throw new CertError(
      'USAGE_INVALID',
      'Cannot use an ocsp-validity of 0s: give a second or more',
    );
  }
  // To hear of a bad name now and not at the first request.
  for (const name of [args.subjectSuffix, args.templateSubject]) {
    if (name !== undefined) parseName(name);
  }
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
    keyGeneration: args.keyGeneration === 'yes',
    responseProtection: args.responseProtection,
    unprotectedErrors: args.unprotectedErrors,
    ...(args.confirmWaitTime !== undefined && { confirmWaitSeconds: args.confirmWaitTime }),
    delayConfirm: args.delayConfirm === 'yes',
    layout: args.layout,
    rsaSignature: args.rsaSignature,
    crlValiditySeconds: args.crlValidity,
    crl: args.crl === 'on',
    crlDelta: args.crlDelta === 'on',
    ocsp: args.ocsp === 'on',
    ocspUrls: args.ocspUrl,
    ocspSigner: args.ocspSigner,
    ocspValiditySeconds: args.ocspValidity,
    ocspRenewalSeconds: args.ocspRenewal,
    ocspNonce: args.ocspNonce,
    ...(args.crlUrl !== undefined && { crlUrl: args.crlUrl }),
    ...(args.keySpecs !== undefined && { keySpecs: parseKeySpecs(args.keySpecs) }),
    ...(args.templateSubject !== undefined && { templateSubject: args.templateSubject }),
  };
}

async function tokensOf(args: Args, context: CommandContext): Promise<Partial<LabSettings>> {
  const { regToken, authenticator } = args;
  const text = async (source: SecretSource, name: string): Promise<string> =>
    Buffer.from(await resolveSecret(source, name, context)).toString('utf8');
  return {
    ...(regToken && { regToken: await text(regToken, 'reg-token') }),
    ...(authenticator && { authenticator: await text(authenticator, 'authenticator') }),
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

interface Place {
  readonly url: string;
  readonly directory: string;
  readonly files: LabFiles;
  /** As it was typed. */
  readonly dir: string | undefined;
}

function show(lab: Lab, { url, directory, files, dir }: Place, context: CommandContext): void {
  const { print, globals } = context;
  const [[reference, secret] = ['', '']] = files.secrets;
  const lines = [
    commandLine(
      ['ca', 'add', 'lab', 'url', url, 'root', files.root, 'reference', reference].concat([
        'secret',
        `file:${secret}`,
      ]),
      globals,
    ),
    commandLine(
      'cmp initialize key-type p-256 cert-name gw1 subject-name CN=gw1,O=Test ca-root lab'.split(
        ' ',
      ),
      globals,
    ),
  ];
  const { approval } = lab.settings;
  const approvals =
    approval === 'manual'
      ? `manual: see ${labCommandLine(['lab', 'requests'], dir, context)}`
      : 'automatic: every request is granted; --approval manual lets you decide';
  const json = { ...files, secrets: Object.fromEntries(files.secrets) };
  const { keyType } = lab.authorities.issuing.key;
  const [ocsp, crl] = [ocspPath, '/crl'].map((path) => new URL(path, url).href);
  print.show({ url, ocsp, crl, directory, approval, files: json, commands: lines }, () =>
    [
      `${print.style.bold('Lab CA and RA')} at ${url}\n`,
      '\n',
      formatFields([
        ['directory', `${directory} (keys unencrypted: this is no CA for production)`],
        ['CA keys', keyType],
        ['approval', approvals],
        ['OCSP', ocsp],
        ['CRL', crl],
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

async function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}
