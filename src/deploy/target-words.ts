import { resolve } from 'node:path';
import type {
  Deployment,
  DeployProbe,
  DeployTarget,
  OutputFile,
} from '../store/deployments-contract.ts';
import { parseHostPort } from '../base/host-port.ts';
import { quoted } from '../base/quoted.ts';
import { deployUsage, type DeploymentWords } from './deploy-usage.ts';

const words = {
  pidFile: 'pid-file',
  config: 'config',
  program: 'program',
  socket: 'socket',
  entry: 'entry',
  unit: 'unit',
  reauth: 'reauth',
} as const;

type Word = keyof typeof words;

/** What a target needs is one value. */
type Needed = Exclude<Word, 'reauth'>;

const server = { needs: 'pidFile', may: ['config', 'program'] } as const;

/** What each target has to be told, and what it may be told: a row each. */
const targets: Readonly<
  Record<DeployTarget['type'], { readonly needs: Needed; readonly may: readonly Word[] }>
> = {
  nginx: server,
  lighttpd: server,
  proftpd: server,
  apache: server,
  haproxy: { needs: 'socket', may: ['entry'] },
  systemd: { needs: 'unit', may: ['program'] },
  strongswan: { needs: 'socket', may: ['reauth'] },
};

/** Read the service of a deployment. @throws {CertError} USAGE_INVALID */
export function targetFrom(
  args: DeploymentWords,
  files: readonly OutputFile[],
): Pick<Deployment, 'target'> {
  const { target: type } = args;
  const given = Object.keys(words)
    .filter(isWord)
    .filter((word) => isGiven(args[word]));
  if (type === undefined) {
    const [first] = given;
    if (first !== undefined)
      throw deployUsage(`${words[first]} belongs to a target, and none is named`, 'Add target');
    return {};
  }
  const { needs, may } = targets[type];
  const stranger = given.find((word) => word !== needs && !may.includes(word));
  if (stranger !== undefined) {
    throw deployUsage(
      `${words[stranger]} does not belong to target ${type}`,
      `It takes ${[needs, ...may].map((word) => words[word]).join(', ')}`,
    );
  }
  const needed = args[needs];
  if (needed === undefined) {
    throw deployUsage(`${words[needs]} is missing`, `Target ${type} needs it`);
  }
  const program = args.program === undefined ? {} : { program: resolve(args.program) };
  switch (type) {
    case 'haproxy':
      return { target: { type, socket: resolve(needed), ...entryFrom(args, files) } };
    case 'strongswan':
      refuseFiles(args, files);
      return { target: { type, socket: resolve(needed), ...reauthFrom(args) } };
    case 'systemd':
      return { target: { type, unit: needed, ...program } };
    default: {
      const config = args.config === undefined ? {} : { config: resolve(args.config) };
      return { target: { type, pidFile: resolve(needed), ...program, ...config } };
    }
  }
}

/** Tell whether a word was said; a list of nothing was not. */
export function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

/** What is about files, or about TLS. */
const notOfCharon = {
  owner: 'owner',
  group: 'group',
  mode: 'mode',
  keyMode: 'key-mode',
  probe: 'probe',
  probeName: 'probe-name',
  probeStarttls: 'probe-starttls',
} as const;

/** Charon is given what it needs, and whether it uses it is asked of itself. */
function refuseFiles(args: DeploymentWords, files: readonly OutputFile[]): void {
  const [file] = files;
  const about: Readonly<Record<string, unknown>> = { ...args };
  const other = Object.entries(notOfCharon).find(([key]) => about[key] !== undefined)?.[1];
  const word = file?.kind ?? other;
  if (word === undefined) return;
  throw deployUsage(
    `${word} does not belong to target strongswan, which is given all over its socket`,
    file === undefined
      ? 'Leave it out'
      : `Give ${word} a deployment of its own: "to files ${word} ${file.path}"`,
  );
}

/** What charon itself takes as the name of a section, and a line of ours can be read of. */
const connectionName = /^[\x21-\x7e]{1,255}$/;

function reauthFrom({ reauth = [] }: DeploymentWords): {
  readonly reauthenticates?: readonly string[];
} {
  const wrong = reauth.find((name) => !connectionName.test(name));
  if (wrong !== undefined) {
    throw deployUsage(
      `reauth ${quoted(wrong)} is no name of a connection`,
      'Name connections as "swanctl --list-conns" does',
    );
  }
  return reauth.length === 0 ? {} : { reauthenticates: [...new Set(reauth)] };
}

function isWord(text: string): text is Word {
  return text in words;
}

function entryFrom(
  { entry }: DeploymentWords,
  files: readonly OutputFile[],
): { readonly entry?: string } {
  const combined = files.find(({ kind }) => kind === 'combined');
  if (combined === undefined) {
    throw deployUsage(
      'target haproxy needs the file it reads when it starts',
      'Name that with combined',
    );
  }
  // HAProxy 2.6 can be told of new anchors too, and ends when it is told of them more than once.
  if (files.some(({ kind }) => kind === 'ca')) {
    throw deployUsage(
      'haproxy takes no new ca while it runs',
      'Give ca a deployment of its own: to roots ca FILE target systemd unit haproxy',
    );
  }
  // These end a word or a command of the runtime API.
  if (/[\s;\\]/.test(entry ?? combined.path)) {
    throw deployUsage(
      `haproxy cannot be told of ${JSON.stringify(entry ?? combined.path)}`,
      'Choose a name without spaces, ";" and "\\"',
    );
  }
  return entry === undefined ? {} : { entry };
}

/** Read where to look whether a certificate is in use. @throws {CertError} USAGE_INVALID */
export function probeFrom(args: DeploymentWords): Pick<Deployment, 'probe'> {
  const { probe, probeName: serverName, probeStarttls: starttls } = args;
  if (probe === undefined) {
    if (serverName === undefined && starttls === undefined) return {};
    throw deployUsage('probe is missing', 'Name the HOST:PORT to look at');
  }
  const place = parseHostPort(probe);
  if (place === undefined) {
    throw deployUsage(
      `probe ${JSON.stringify(probe)} is no place to look at`,
      'Give HOST:PORT, as in 127.0.0.1:443 or [::1]:443',
    );
  }
  const found: DeployProbe = {
    ...place,
    ...(serverName === undefined ? {} : { serverName }),
    ...(starttls === undefined ? {} : { starttls }),
  };
  return { probe: found };
}
