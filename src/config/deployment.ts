import { hostPortText } from '../base/host-port.ts';
import { parseLabel, type Label } from '../base/label.ts';
import type { DeploymentWords, PasswordPlace } from '../deploy/deploy-usage.ts';
import type { Deployment, DeployTarget } from '../store/deployments-contract.ts';
import type { ConfigContext, Words } from './entry.ts';
import { absolute, absoluteSource } from './places.ts';
import type { DeployWords } from './words-certificate.ts';

/** Write a deployment in the words of the file. */
export function wordsOfDeployment(deployment: Deployment): Words {
  const { files, mode, keyMode, probe, target } = deployment;
  return {
    ...Object.fromEntries(files.map(({ kind, path }) => [kind, path])),
    password: deployment.password,
    owner: deployment.owner,
    group: deployment.group,
    mode: octal(mode),
    'key-mode': octal(keyMode),
    ...(target && wordsOfTarget(target)),
    probe: probe && hostPortText(probe),
    'probe-name': probe?.serverName,
    'probe-starttls': probe?.starttls,
  };
}

function wordsOfTarget(target: DeployTarget): Words {
  const { type } = target;
  switch (target.type) {
    case 'haproxy':
      return { target: type, socket: target.socket, entry: target.entry };
    case 'strongswan':
      return { target: type, socket: target.socket, reauth: target.reauthenticates };
    case 'systemd':
      return { target: type, unit: target.unit, program: target.program };
    default: {
      const { pidFile, program, config } = target;
      return { target: type, 'pid-file': pidFile, program, config };
    }
  }
}

function octal(mode: number | undefined): string | undefined {
  return mode === undefined ? undefined : `0${mode.toString(8).padStart(3, '0')}`;
}

/** Write what the file says of a deployment in the words of the command, with whole paths. */
export function commandWords(
  context: Pick<ConfigContext, 'base'>,
  name: Label,
  label: string,
  words: DeployWords,
): DeploymentWords {
  const at = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : absolute(path, context);
  return {
    certName: name,
    to: parseLabel(label, 'deploy'),
    key: at(words.key),
    cert: at(words.cert),
    chain: at(words.chain),
    fullchain: at(words.fullchain),
    combined: at(words.combined),
    pkcs12: at(words.pkcs12),
    der: at(words.der),
    ca: at(words.ca),
    password: words.password === undefined ? undefined : placeOf(context, words.password),
    owner: words.owner,
    group: words.group,
    mode: words.mode,
    keyMode: words['key-mode'],
    target: words.target,
    pidFile: at(words['pid-file']),
    config: at(words.config),
    program: at(words.program),
    socket: at(words.socket),
    entry: words.entry,
    unit: words.unit,
    reauth: words.reauth,
    probe: words.probe,
    probeName: words['probe-name'],
    probeStarttls: words['probe-starttls'],
  };
}

function placeOf(context: Pick<ConfigContext, 'base'>, source: string): PasswordPlace {
  const [, kind, rest = ''] = /^(file|env|cred):(.*)$/.exec(absoluteSource(source, context)) ?? [];
  if (kind === 'file') return { kind, path: rest };
  return kind === 'env' || kind === 'cred' ? { kind, name: rest } : { kind: 'prompt' };
}
