import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeBench, type Bench, type Outcome } from './run-cli.ts';

const everything = `
cert-trap: { time: 72, repeat: 0 }
snmp:
  base-oid: 1.3.6.1.4.1.99999.7
  destination:
    noc: { host: 192.0.2.9, user: clm, auth: sha512, auth-key: file:auth.key, priv-key: env:PRIV }
    old: { host: "2001:db8::9", port: 1162, version: 2c, kind: trap, community: file:community }
notify:
  webhook:
    chat: { url: https://chat.example/hooks/7, secret: file:chat.secret }
  command:
    pager: { command: [./page-us, certificates], timeout: 2m }
  log:
    events: { file: events.jsonl }
certificates:
  gw1:
    auto-fetch: { time: 20, from: shared }
  gw2:
    auto-fetch: { time: 20, from: "agent://node1.example:8443", as: node2 }
    serve-to: [dns:node2.example, "CN=node3,O=Test"]
`;

function benchWithSecrets(): Bench {
  const bench = makeBench();
  for (const [name, text] of [
    ['auth.key', 'authentication'],
    ['community', 'public-no-more'],
    ['chat.secret', 'a secret of 16 octets, and more'],
  ] as const) {
    writeFileSync(join(bench.directory, name), text);
  }
  const program = join(bench.directory, 'page-us');
  writeFileSync(program, '#!/bin/sh\nexit 0\n');
  chmodSync(program, 0o755);
  return bench;
}

function apply(bench: Bench, text: string, ...more: readonly string[]): Promise<Outcome> {
  const file = join(bench.directory, 'gw.yaml');
  writeFileSync(file, text.replace('./page-us', join(bench.directory, 'page-us')));
  return bench.run(['config', 'apply', file, ...more], { env: { PRIV: 'privacy key' } });
}

async function shown(bench: Bench): Promise<Record<string, unknown>> {
  const { code, out } = await bench.run(['config', 'show', '--json']);
  expect(code).toBe(0);
  const { config }: { readonly config: Record<string, unknown> } = JSON.parse(out);
  return config;
}

describe('config apply of notifications', () => {
  it('sets what the commands set; applied again, also as it is shown, it changes nothing', async () => {
    const bench = benchWithSecrets();
    expect(await apply(bench, everything)).toMatchObject({ code: 0, err: '' });
    expect(await shown(bench)).toMatchObject({
      'cert-trap': { time: 72, repeat: 0 },
      snmp: {
        'base-oid': '1.3.6.1.4.1.99999.7',
        destination: {
          noc: {
            host: '192.0.2.9',
            port: 162,
            version: '3',
            kind: 'inform',
            user: 'clm',
            auth: 'sha512',
            priv: 'aes128',
            'auth-key': '(stored)',
            'priv-key': '(stored)',
          },
          old: { version: '2c', kind: 'trap', port: 1162, community: '(stored)' },
        },
      },
      notify: {
        webhook: { chat: { url: 'https://chat.example/hooks/7', secret: '(stored)' } },
        command: { pager: { command: [expect.any(String), 'certificates'], timeout: '2m' } },
        log: { events: { file: join(bench.directory, 'events.jsonl') } },
      },
      certificates: {
        gw1: { 'auto-fetch': { time: 20, from: join(bench.directory, 'shared') } },
        gw2: {
          'auto-fetch': { from: 'agent://node1.example:8443', as: 'node2' },
          'serve-to': ['dns:node2.example', 'CN=node3,O=Test'],
        },
      },
    });
    const again = await apply(bench, everything, '--json');
    expect(JSON.parse(again.out)).toMatchObject({ changes: [] });
    const { out } = await bench.run(['config', 'show']);
    expect(out).not.toMatch(/authentication|public-no-more|16 octets|privacy key/);
    expect(JSON.parse((await apply(bench, out, '--json')).out)).toMatchObject({ changes: [] });
    expect((await bench.run(['show', 'snmp'])).out).toContain('1.3.6.1.4.1.99999.7');
    expect((await bench.run(['show', 'retention'])).code).toBe(0);
  });

  it('takes a new secret, keeps the one that is stored, and takes away what is not named', async () => {
    const bench = benchWithSecrets();
    await apply(bench, everything);
    const secret = () =>
      bench.withStore(async (store) =>
        new TextDecoder().decode((await store.destinations.secrets('chat')).get('secret')),
      );
    const kept = 'notify: { webhook: { chat: { url: https://chat.example/hooks/8 } } }';
    expect(await apply(bench, kept)).toMatchObject({ code: 0 });
    expect(await secret()).toBe('a secret of 16 octets, and more');
    expect(await shown(bench)).toMatchObject({
      notify: { webhook: { chat: { url: 'https://chat.example/hooks/8' } } },
      'cert-trap': { time: 72 },
    });
    const config = await shown(bench);
    expect(config['notify']).not.toHaveProperty('log');
    writeFileSync(join(bench.directory, 'chat.secret'), 'another secret of 16 octets');
    const changed = kept.replace('hooks/8 }', 'hooks/8, secret: file:chat.secret }');
    expect((await apply(bench, changed)).code).toBe(0);
    expect(await secret()).toBe('another secret of 16 octets');
    expect((await apply(bench, 'snmp: {}\nnotify: {}\ncert-trap: {}')).code).toBe(0);
    expect(await shown(bench)).toMatchObject({ snmp: {}, notify: {}, 'cert-trap': {} });
    expect(await bench.withStore((store) => store.destinations.list())).toStrictEqual([]);
  });

  it('names line and key of all that is wrong, and changes nothing', async () => {
    const bench = benchWithSecrets();
    const faulty = `
cert-trap: { time: 9000 }
snmp:
  base-oid: 2.25.1
  destination:
    a: { host: 192.0.2.9, user: u, auth-key: short }
    b: { host: 192.0.2.9, user: u }
    c: { host: 192.0.2.9, version: 2c, user: u }
    d: { hosst: 192.0.2.9 }
notify:
  webhook: { x: { url: http://chat.example/, secret: file:chat.secret } }
  command: { y: { command: [/no/such/program] } }
  log: { x: { file: /no/such/folder/events } }
certificates:
  gw1: { auto-fetch: { time: 20, from: ftp://files.example/ } }
  gw2: { auto-fetch: { time: 20, from: "agent://node1.example" }, serve-to: "dns:" }
`;
    const { code, err } = await apply(bench, faulty);
    expect(code).toBe(3);
    for (const said of [
      'line 2, cert-trap.time: "9000" is not a whole number from 0 to 8760',
      'line 6, snmp.destination.a.auth-key: a secret itself has no place',
      'line 9, snmp.destination.d.hosst: "hosst" is not a key here (Did you mean "host"?)',
    ]) {
      expect(err).toContain(said);
    }
    // What needs more than the words is looked at when these are right.
    const fixed = faulty
      .replace('9000', '90')
      .replace('short', 'file:auth.key')
      .replace('hosst: 192.0.2.9', 'host: 192.0.2.9, user: u');
    const second = await apply(bench, fixed);
    expect(second.code).toBe(3);
    for (const said of [
      'line 4, snmp.base-oid: Cannot use "2.25.1"',
      'line 6, snmp.destination.a: Cannot use destination "a": it has no priv-key',
      'line 8, snmp.destination.c.user: it is of version 3',
      'line 11, notify.webhook.x: ',
      'line 12, notify.command.y: ',
      'line 13, notify.log.x: there are two destinations "x"',
      'line 15, certificates.gw1.auto-fetch.from: Cannot fetch "gw1" from "ftp://files.example/"',
      'line 16, certificates.gw2.auto-fetch.as: it is missing',
      'line 16, certificates.gw2.serve-to',
    ]) {
      expect(second.err).toContain(said);
    }
    expect(await bench.withStore((store) => store.destinations.list())).toStrictEqual([]);
  });
});
