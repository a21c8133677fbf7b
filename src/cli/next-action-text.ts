import { formatTime } from '../base/format-time.ts';
import type { NextAction } from '../lifecycle/next-action.ts';
import type { RenewalWindow } from '../lifecycle/renewal-time.ts';
import { commandLine } from './command-line.ts';
import { formatDistance, formatSpan } from './expiry.ts';
import type { Globals } from './global-options.ts';
import type { Json } from './json.ts';

/**
 * Say what is to be done next about a name, when, and by which command.
 *
 * @returns undefined when there is nothing to do
 */
export function nextActionText(
  next: NextAction,
  name: string,
  now: Date,
  globals: Pick<Globals, 'state'>,
): string | undefined {
  const command = (...words: readonly string[]): string => commandLine(words, globals);
  switch (next.type) {
    case 'renew':
      return `renew ${timeText(next.at, now)}: ${command('cmp', 'update', 'current-cert', name)}`;
    case 'fetch':
      return `fetch ${timeText(next.at, now)}: ${command('cmp', 'fetch', 'current-cert', name)}`;
    case 'poll':
      return `ask the CA again ${timeText(next.at ?? now, now)}: ${command('cmp', 'poll', 'current-cert', name)}`;
    case 'deploy':
      return `deliver it again: ${command('cmp', 'poll', 'current-cert', name)}`;
    case 'watch':
      return next.at > now
        ? `watch only: nobody renews it here; warn of its end from ${formatTime(next.at)} (${formatDistance(next.at, now)})`
        : 'watch only: nobody renews it here, and its end is near';
    case 'import':
      return `take its request to a CA, then ${command('cert', 'import', 'cert-name', name, 'file')} FILE`;
    case 'replace':
      return next.isRequestable
        ? `get another one, under a shared secret: ${command('cert', 'move', name, 'ca-root')} L by ir, then ${command('cmp', 'update', 'current-cert', name)}`
        : `get another one, then ${command('cert', 'import', 'cert-name', name, 'replace', 'file')} FILE`;
    case 'none':
      return undefined;
  }
}

/** Say how wide the window is in which it is renewed, and why. */
export function windowText({ ms, from }: RenewalWindow): string {
  const reasons = {
    days: 'as set',
    lifetime: 'a third of its lifetime',
    'lifetime, days too many': 'a third of its lifetime, for the days set are over half of it',
  } as const;
  return `${formatSpan(ms)} before its end, ${reasons[from]}; up to a twentieth of that earlier`;
}

function timeText(at: Date, now: Date): string {
  return at > now
    ? `at ${formatTime(at)} (${formatDistance(at, now)})`
    : `now (due since ${formatTime(at)})`;
}

/** The same in JSON. */
export function nextActionJson(next: NextAction): { readonly [key: string]: Json | undefined } {
  return {
    action: next.type,
    at: 'at' in next && next.at !== undefined ? formatTime(next.at) : undefined,
    ...((next.type === 'renew' || next.type === 'fetch') && {
      windowSeconds: Math.round(next.window.ms / 1000),
      windowFrom: next.window.from,
    }),
  };
}
