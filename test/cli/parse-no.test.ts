import { describe, expect, it } from 'vitest';

import { commands } from '../../src/cli/grammar.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';

function valuesOf(line: string): Readonly<Record<string, unknown>> {
  const invocation = parseCommandLine(line.split(' '), commands);
  if (invocation.type !== 'run') throw new Error(`"${line}" is no command`);
  return Object.fromEntries(invocation.values);
}

describe('a no command', () => {
  it.each([
    ['no cert key gw1 reuse', { 'cert-name': 'gw1' }],
    ['no cert key gw1', { 'cert-name': 'gw1' }],
    ['no cmp cert-store location /etc/pki key reuse', {}],
    ['no cert hook cert-name gw1 timeout 30s', { 'cert-name': 'gw1' }],
    ['no cert chain-limit 3', {}],
    ['no cert move gw1 ca-root lab by cr', { 'cert-name': 'gw1' }],
    ['no retention versions 5', { versions: true }],
    ['no retention versions 5 audit 100', { versions: true, audit: true }],
    ['no retention versions audit', { versions: true, audit: true }],
    ['no cmp history keep 100', {}],
    ['no cmp auto-update current-name gw1 ca-root lab time 30', { 'current-name': 'gw1' }],
    ['no agent window nights cron * duration 3h', { name: 'nights' }],
  ])('takes the words that set it: %s', (line, values) => {
    expect(valuesOf(line)).toEqual(values);
  });

  it.each(['no cert key gw1 reuse more', 'no cert hook gw1 nonsense 5 6', 'no cmp history 1 2 3'])(
    'refuses other words: %s',
    (line) => {
      expect(() => valuesOf(line)).toThrow('Cannot run');
    },
  );
});
