import { basename, resolve } from 'node:path';
import { CertError } from '../base/errors.ts';
import { hostPortText } from '../base/host-port.ts';
import { quoted } from '../base/quoted.ts';
import { parseLabel, type Label } from '../base/label.ts';
import type { DeployProbe } from '../store/deployments-contract.ts';
import type { StapleEndpoint, StapleTarget } from '../store/staples-contract.ts';
import { probeFrom } from './target-words.ts';

/** The words that say where a staple goes, as they are typed, and as they are called here. */
const words = {
  file: 'file',
  socket: 'socket',
  entry: 'entry',
  pidFile: 'pid-file',
  program: 'program',
  config: 'config',
  directory: 'directory',
  unit: 'unit',
} as const;

type Word = keyof typeof words;

/** An endpoint in the words of `staple add`; the configuration file has the same. */
export type StapleWords = Readonly<
  Partial<Record<Word | 'owner' | 'group' | 'mode' | 'probe' | 'probeName', string | undefined>>
> & {
  readonly to?: Label | undefined;
  readonly target: StapleTarget['type'];
  readonly probeStarttls?: DeployProbe['starttls'] | undefined;
};

const server = { needs: ['file', 'pidFile'], may: ['program', 'config'] } as const;

/** What each target has to be told, and what it may be told: a row each. */
const targets: Readonly<
  Record<StapleTarget['type'], { readonly needs: readonly Word[]; readonly may: readonly Word[] }>
> = {
  haproxy: { needs: ['socket', 'file'], may: ['entry'] },
  nginx: server,
  lighttpd: server,
  proftpd: { needs: ['directory'], may: [] },
  file: { needs: ['file'], may: ['unit'] },
  listener: { needs: [], may: [] },
};

/** Make an endpoint of words, without a look at this machine. @throws {CertError} USAGE_INVALID */
export function endpointOf(args: StapleWords): StapleEndpoint {
  const { target: type, owner, group, mode } = args;
  const { needs, may } = targets[type];
  const given = Object.keys(words)
    .filter(isWord)
    .filter((word) => args[word] !== undefined);
  const stranger = given.find((word) => !needs.includes(word) && !may.includes(word));
  if (stranger !== undefined) {
    const takes = [...needs, ...may].map((word) => words[word]).join(', ');
    throw usage(
      `${words[stranger]} does not belong to target ${type}`,
      takes === '' ? 'Leave it out' : `It takes ${takes}`,
    );
  }
  const missing = needs.find((word) => args[word] === undefined);
  if (missing !== undefined) {
    throw usage(`${words[missing]} is missing`, `Target ${type} needs it`);
  }
  if (type === 'listener' && (owner ?? group ?? mode) !== undefined) {
    throw usage('target listener has no files', 'Leave owner, group and mode out');
  }
  return {
    label: args.to ?? parseLabel(type === 'file' ? 'files' : type, 'to'),
    target: targetOf(type, args),
    ...probeOf(args),
    ...(owner !== undefined && { owner }),
    ...(group !== undefined && { group }),
    ...(mode !== undefined && { mode: parseMode(mode) }),
  };
}

function isWord(text: string): text is Word {
  return text in words;
}

function targetOf(type: StapleTarget['type'], args: StapleWords): StapleTarget {
  const path = (word: Word): string => pathOf(word, args[word] ?? '');
  switch (type) {
    case 'haproxy': {
      const { entry } = args;
      // These end a word or a command of the runtime API.
      const called = entry ?? path('file');
      if (/[\s;\\]/.test(called)) {
        throw usage(
          `haproxy cannot be told of ${JSON.stringify(called)}`,
          'Choose a name without spaces, ";" and "\\"',
        );
      }
      return {
        type,
        socket: path('socket'),
        file: path('file'),
        ...(entry !== undefined && { entry }),
      };
    }
    case 'nginx':
    case 'lighttpd': {
      const { program, config } = args;
      return {
        type,
        file: path('file'),
        pidFile: path('pidFile'),
        ...(program !== undefined && { program: path('program') }),
        ...(config !== undefined && { config: path('config') }),
      };
    }
    case 'proftpd':
      return { type, directory: path('directory') };
    case 'file': {
      const { unit } = args;
      return { type, file: path('file'), ...(unit !== undefined && { unit }) };
    }
    case 'listener':
      return { type };
  }
}

/** NAME_MAX of Linux, and what is put behind the name of a file: ".include", and a dot and ".withdrawn" for a moment. */
const MAX_NAME_OCTETS = 255 - '..withdrawn'.length;

function pathOf(word: Word, text: string): string {
  if (text === '' || text === '-' || (text.endsWith('/') && word !== 'directory'))
    throw usage(`${quoted(text)} is nothing for ${words[word]}`, 'Name a file');
  const path = resolve(text);
  // They would end a line where a server is told of it.
  if (/\p{Cc}/u.test(path))
    throw usage(
      `the path for ${words[word]}, ${quoted(path)}, has control characters`,
      'Choose one without',
    );
  const length = Buffer.byteLength(basename(path));
  if (length > MAX_NAME_OCTETS) {
    throw usage(
      `the file name for ${words[word]} has ${length} octets, allowed are ${MAX_NAME_OCTETS}`,
      'Choose a shorter one',
    );
  }
  return path;
}

function probeOf(args: StapleWords): Pick<StapleEndpoint, 'probe'> {
  const { probe, probeName, probeStarttls } = args;
  try {
    return probeFrom({ certName: parseLabel('x', 'name'), probe, probeName, probeStarttls });
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    throw usage(error.message.replace(/^Cannot run "cert deploy": /, ''), error.hint ?? '');
  }
}

function parseMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) {
    throw usage(`mode ${JSON.stringify(text)} is no mode`, 'Give three octal digits, as in 644');
  }
  const mode = Number.parseInt(text, 8);
  if ((mode & 0o002) === 0) return mode;
  throw usage(`mode ${text} lets everybody write`, 'Leave those bits out');
}

function usage(why: string, hint: string): CertError {
  return new CertError('USAGE_INVALID', `Cannot run "staple add": ${why}`, { hint });
}

/** Write an endpoint in the words of `staple add`. */
export function wordsOfEndpoint({
  target,
  probe,
  owner,
  group,
  mode,
}: StapleEndpoint): Readonly<Record<string, string | undefined>> {
  const { type, ...settings } = target;
  return {
    target: type,
    ...Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [isWord(key) ? words[key] : key, value]),
    ),
    owner,
    group,
    mode: mode === undefined ? undefined : `0${mode.toString(8).padStart(3, '0')}`,
    probe: probe && hostPortText(probe),
    'probe-name': probe?.serverName,
    'probe-starttls': probe?.starttls,
  };
}
