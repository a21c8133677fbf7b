import { describe, expect, it } from 'vitest';
import { candidatesFor } from '../../src/cli/completion.ts';
import { advance, startOf } from '../../src/cli/completion-walk.ts';
import { auditArguments } from '../../src/cli/audit-arguments.ts';
import { commands } from '../../src/cli/grammar.ts';
import { helpText } from '../../src/cli/help.ts';
import { mintArguments } from '../../src/cli/parameter.ts';
import { ipsecPeerAddParameters } from '../../src/cli/parameters-ipsec.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';

const least = 'ipsec peer add bob peer 192.0.2.2 certificate alice';

function parsed(line: string) {
  const invocation = parseCommandLine(`${least} ${line}`.trim().split(' '), commands);
  if (invocation.type !== 'run') throw new Error(`parsed as ${invocation.type}`);
  return invocation.values;
}

/** What may come after a line, where the shell takes beginnings of words for words. */
async function next(line: string): Promise<readonly string[]> {
  let at = startOf(commands);
  for (const text of line.split(' ')) {
    at = advance(at, { text, isQuoted: false }, true).position;
  }
  const found = await candidatesFor(at, '', { names: async () => [], env: {} });
  return found.map(({ text }) => text);
}

describe('a parameter that belongs to each of a list', () => {
  it('is given for the one that stands before it', () => {
    const line =
      'child lan local-ts 10.1.0.0/24 10.3.0.0/24 remote-ts 10.2.0.0/24 initiator child web protocol tcp --local-port=443 local-ts dynamic local-ts 10.9.0.0/24 child none';
    expect(mintArguments(ipsecPeerAddParameters, parsed(line))).toMatchObject({
      initiator: true,
      child: ['lan', 'web', 'none'],
      localTs: [['10.1.0.0/24', '10.3.0.0/24'], ['dynamic', '10.9.0.0/24'], []],
      remoteTs: [['10.2.0.0/24'], [], []],
      protocol: [[], ['tcp'], []],
      localPort: [[], ['443'], []],
    });
  });

  it('is empty where the list is', () => {
    expect(mintArguments(ipsecPeerAddParameters, parsed(''))).toMatchObject({
      child: [],
      localTs: [],
      protocol: [],
    });
  });

  it.each([
    ['local-ts 10.1.0.0/24', 'local-ts belongs to a child, and none is named before it'],
    ['--protocol tcp', 'protocol belongs to a child'],
    ['child a protocol tcp protocol udp', 'protocol is given twice for one child'],
    ['child a b', '"b" is not one of its parameters'],
    ['child a local-st 10.1.0.0/24', '"local-st" is not one of its parameters'],
  ])('is refused in "%s"', (line, why) => {
    expect(() => parsed(line)).toThrow(why);
  });

  it('is written to the audit trail as any other', () => {
    const values = parsed('child a local-ts 10.1.0.0/24 child b local-ts 10.2.0.0/24');
    expect(auditArguments(ipsecPeerAddParameters, values).slice(3)).toStrictEqual([
      ['child', 'a'],
      ['child', 'b'],
      ['local-ts', '10.1.0.0/24'],
      ['local-ts', '10.2.0.0/24'],
    ]);
  });

  it('is offered after the first of the list, and again after each', async () => {
    expect(await next(least)).not.toContain('local-ts');
    expect(await next(`${least} child a`)).toEqual(expect.arrayContaining(['local-ts', 'child']));
    const said = await next(`${least} child a protocol tcp`);
    expect(said).toContain('local-port');
    expect(said).not.toContain('protocol');
    expect(await next(`${least} child a protocol tcp child b`)).toContain('protocol');
    expect(await next(`${least} ch a prot tcp`)).toContain('remote-ts');
  });

  it('stands in the usage together with its list', () => {
    const text = helpText(['ipsec', 'peer', 'add'], commands, 1000);
    expect(text).toContain('[child N [local-ts TS…] [remote-ts TS…] [protocol P]');
    expect(text).toContain('[esp-proposal P…]]… [dry-run]');
  });
});
