import { formatTime } from '../base/format-time.ts';
import { hostPortText } from '../base/host-port.ts';
import { printable } from '../base/printable.ts';
import type {
  DeploymentRecord,
  DeployProbe,
  DeployTarget,
  Hook,
  HookRun,
} from '../store/deployments-contract.ts';
import type { Store } from '../store/store.ts';
import type { Json } from './json.ts';
import { formatDuration, type Style } from './render.ts';
import type { Cell } from './table.ts';

/** Where certificates of a name go, who is told, and how that went. */
export interface DeploymentView {
  readonly deployments: readonly DeploymentRecord[];
  readonly hook: Hook | undefined;
  /** Newest first. */
  readonly runs: readonly HookRun[];
}

/** Read what there is to show. */
export async function viewDeployments(
  { deployments }: Store,
  name: string,
): Promise<DeploymentView> {
  return {
    deployments: await deployments.list(name),
    hook: await deployments.hook(name),
    runs: await deployments.runs(name),
  };
}

const stateNames = {
  deployed: 'deployed',
  unused: 'deployed, not in use',
  pending: 'deploy pending',
} as const;

/** Name how far a deployment has come with the certificate that is current. */
export function stateName({ status }: DeploymentRecord, certificateId: number): string {
  return status?.certificateId === certificateId ? stateNames[status.state] : stateNames.pending;
}

/** Lay out where a certificate goes as names and values. */
export function deploymentFields(
  { deployments, hook, runs }: DeploymentView,
  certificateId: number,
  style: Style,
): readonly (readonly [string, Cell | undefined])[] {
  const [last] = runs;
  return [
    ...deployments.flatMap((deployment): readonly (readonly [string, Cell | undefined])[] => {
      const state = stateName(deployment, certificateId);
      const paint = state === stateNames.deployed ? style.good : style.bad;
      return [
        ['deployed to', { text: `${deployment.label}: ${state}`, paint }],
        ...wordsOf(deployment).map((words) => ['', words] as const),
        ['', deployment.status?.error],
      ];
    }),
    [
      'hook',
      hook &&
        `${hook.command.join(' ')} (timeout ${formatDuration(hook.timeoutSeconds)}${hook.user === undefined ? '' : `, as ${hook.user}`})`,
    ],
    ['hook run', last && `${formatTime(last.endedAt)}, ${last.event}: ${resultText(last)}`],
  ];
}

/** Write a deployment in the words that set it. */
function wordsOf(deployment: DeploymentRecord): readonly string[] {
  const { files, owner, group, mode, keyMode, password, target, probe } = deployment;
  const rights = [
    owner === undefined ? [] : [`owner ${owner}`],
    group === undefined ? [] : [`group ${group}`],
    mode === undefined ? [] : [`mode ${octal(mode)}`],
    keyMode === undefined ? [] : [`key-mode ${octal(keyMode)}`],
  ].flat();
  return [
    ...files.map(({ kind, path }) => `${kind} ${path}`),
    ...(rights.length === 0 ? [] : [rights.join(' ')]),
    ...(password === undefined ? [] : [`password ${password}`]),
    ...(target === undefined ? [] : [targetWords(target)]),
    ...(probe === undefined ? [] : [probeWords(probe)]),
  ];
}

function targetWords({ type, ...settings }: DeployTarget): string {
  const words = Object.entries(settings).map(
    ([key, value]) => `${wordOf(key)} ${typeof value === 'object' ? value.join(' ') : value}`,
  );
  return [`target ${type}`, ...words].join(' ');
}

function probeWords({ serverName, starttls, ...place }: DeployProbe): string {
  return [
    `probe ${hostPortText(place)}`,
    ...(serverName === undefined ? [] : [`probe-name ${serverName}`]),
    ...(starttls === undefined ? [] : [`probe-starttls ${starttls}`]),
  ].join(' ');
}

function wordOf(key: string): string {
  if (key === 'reauthenticates') return 'reauth';
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}

/** Say how a run of a hook ended. */
export function resultText({ result }: HookRun): string {
  switch (result.type) {
    case 'exited':
      return `exit code ${result.exitCode}`;
    case 'killed':
      return `ended by ${result.signal}`;
    case 'timed-out':
      return 'took too long, and was ended';
    case 'not-started':
      return `cannot be run: ${result.text}`;
  }
}

/** The output of a hook as lines that a terminal can be shown. */
export function outputText({ output }: Pick<HookRun, 'output'>): string {
  const text = new TextDecoder().decode(output);
  if (text === '') return '';
  return `${text.replace(/\n$/, '').split('\n').map(printable).join('\n')}\n`;
}

/** The same in JSON. */
export function deploymentsJson(
  { deployments, hook, runs }: DeploymentView,
  certificateId: number,
  full: boolean,
): Readonly<Record<string, Json | undefined>> {
  return {
    deployments: deployments.map((deployment) => ({
      to: deployment.label,
      state: stateName(deployment, certificateId),
      files: Object.fromEntries(deployment.files.map(({ kind, path }) => [kind, path])),
      owner: deployment.owner,
      group: deployment.group,
      mode: deployment.mode === undefined ? undefined : octal(deployment.mode),
      keyMode: deployment.keyMode === undefined ? undefined : octal(deployment.keyMode),
      password: deployment.password,
      target: deployment.target && { ...deployment.target },
      probe: deployment.probe && { ...deployment.probe },
      at: deployment.status && formatTime(deployment.status.at),
      error: deployment.status?.error,
    })),
    hook: hook && { command: hook.command, timeoutSeconds: hook.timeoutSeconds, user: hook.user },
    hookRuns: (full ? runs : runs.slice(0, 1)).map(runJson),
  };
}

/** A run of a hook in JSON. */
export function runJson(run: HookRun): { readonly [key: string]: Json | undefined } {
  return {
    event: run.event,
    startedAt: formatTime(run.startedAt),
    endedAt: formatTime(run.endedAt),
    result: { ...run.result },
    output: new TextDecoder().decode(run.output),
  };
}

/** Say that a certificate was deployed. */
export function deployedSentence(name: string, files: readonly string[]): string {
  return `Certificate "${name}" is deployed: ${files.join(', ')}`;
}
