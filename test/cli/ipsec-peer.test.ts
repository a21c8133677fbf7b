import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { issue } from '../harness/certificates.ts';
import { textIn, textsIn, sectionIn } from '../../src/deploy/vici-reading.ts';
import { makeIpsecBench, type IpsecBench } from './ipsec-bench.ts';

const lan = ['child', 'lan', 'local-ts', '10.1.0.0/24', 'remote-ts', '10.2.0.0/24'];

function lanTo(remote: string): readonly string[] {
  return [...lan.slice(0, -1), remote];
}

const object = ['url', 'http://127.0.0.1:9/', 'verify-others', 'off', 'ca-chain', 'rootB'];

async function withObject(bench: IpsecBench): Promise<void> {
  for (const name of ['hq', 'other'])
    expect(await bench.run(['ocsp', 'verify-object', name, ...object])).toMatchObject({ code: 0 });
}

describe('ipsec peer add', () => {
  it('loads the connection with its certificate, and shows it', async () => {
    const bench = await makeIpsecBench();
    const { charon } = bench;
    const added = await bench.run(bench.add('bob', 'local-id', 'alice.example', ...lan));
    expect(added).toMatchObject({ code: 0, err: '' });
    expect(added.out).toBe(
      'IPsec peer "bob" is loaded with certificate "alice"; no agent runs now: certkeeper agent run\n',
    );
    expect([...charon.connections.keys()]).toStrictEqual(['bob']);
    expect(charon.loadedKeys.size).toBe(1);
    const local = sectionIn(charon.connections.get('bob') ?? [], 'local');
    expect(textIn(local, 'id')).toBe('fqdn:alice.example');
    const { out } = await bench.run(['show', 'ipsec', 'peer', 'bob']);
    expect(out).toContain('local-id           alice.example\n');
    expect(out).toContain('10.2.0.0/24');
    const deployed = await bench.run(['show', 'cert', 'alice']);
    expect(deployed.out).toContain('strongswan: deployed');
  });

  it('loads nothing before it is told to', async () => {
    const bench = await makeIpsecBench();
    const { out } = await bench.run(bench.add('bob', 'later'));
    expect(out).toContain('it is loaded with the next deployment of "alice"');
    expect(bench.charon.connections.size).toBe(0);
    expect(await bench.run(['cert', 'deploy', 'cert-name', 'alice'])).toMatchObject({ code: 0 });
    expect(bench.charon.connections.size).toBe(1);
  });

  it('waits for a certificate that is asked for, and shows what it waits for', async () => {
    const bench = await makeIpsecBench();
    const { charon } = bench;
    const keygen =
      'crypto keygen key-type p-256 id-type fqdn id x.test subject-name CN=x cert-name x';
    expect(await bench.run(keygen.split(' '))).toMatchObject({ code: 0 });
    const argv = bench.add('bob');
    const { code, out } = await bench.run(argv.with(argv.indexOf('alice'), 'x'));
    expect(code).toBe(0);
    expect(out).toContain('is stored; it is loaded with the next deployment of "x"');
    const shown = await bench.run(['show', 'tunnel', 'ipsec']);
    expect(shown.out).toContain('not loaded: certificate "x" is not there yet');
    expect(charon.connections.size).toBe(0);
  });

  it('stays, and is to be deployed, where charon cannot be reached', async () => {
    const bench = await makeIpsecBench();
    const away = bench.add('bob').map((word) => (word === bench.charon.socket ? '/none' : word));
    const added = await bench.run(away);
    expect(added).toMatchObject({ code: 10 });
    expect(added.err).toContain('/none');
    expect(added.err).toContain('. The peer is stored; an agent that runs loads it');
    expect(added.err).toContain('"certkeeper cert deploy cert-name alice"');
    expect(added.err).not.toContain('files');
    const peers = JSON.parse((await bench.run(['show', 'ipsec', 'peer', '--json'])).out).peers;
    expect(peers).toMatchObject([{ name: 'bob', socket: '/none' }]);
    const tunnels = JSON.parse(
      (await bench.run(['show', 'tunnel', 'ipsec', '--json'])).out,
    ).tunnels;
    expect(tunnels).toMatchObject([{ status: 'unknown', why: expect.stringContaining('/none') }]);
  });

  it('changes nothing in a dry run', async () => {
    const bench = await makeIpsecBench();
    expect(await bench.run(bench.add('bob', '--dry-run'))).toMatchObject({ code: 0 });
    expect((await bench.run(['show', 'ipsec', 'peer'])).out).toContain('No IPsec peer is set up');
    expect(bench.charon.connections.size).toBe(0);
  });

  it('ends a tunnel that stands where its traffic is to go another way, and leaves one that does not', async () => {
    const bench = await makeIpsecBench();
    const { charon } = bench;
    await bench.run(bench.add('bob', ...lan));
    charon.establish('bob');
    await bench.run(bench.add('bob', 'description', 'Bob', ...lan));
    expect(charon.associations).toHaveLength(1);
    await bench.run(bench.add('bob', ...lanTo('10.3.0.0/24')));
    expect(charon.associations).toHaveLength(0);
    expect(charon.connections.size).toBe(1);
  });

  it.each<[string, readonly string[], string]>([
    ['a certificate nobody asked for', ['certificate', 'alcie'], 'Did you mean "alice"?'],
    ['a CA that is not there', ['ca', 'rotB'], 'Did you mean "rootB"?'],
    [
      'a CA that is not self-signed',
      ['ca', 'issuingB'],
      'Name the root above it as ca: "CN=Root B"',
    ],
  ])('refuses %s', async (_, [word = '', value = ''], hint) => {
    const bench = await makeIpsecBench();
    const argv = bench.add('bob');
    const refused = await bench.run(argv.with(argv.indexOf(word) + 1, value));
    expect(refused.code).toBeGreaterThan(1);
    expect(refused.err).toContain(hint);
    expect((await bench.run(['show', 'ipsec', 'peer'])).out).toContain('No IPsec peer is set up');
  });

  it('refuses what could never work, says why, and stores nothing', async () => {
    const bench = await makeIpsecBench();
    const rows: readonly (readonly [string, readonly string[]])[] = [
      ['there is no policy "gw"', ['policy', 'gw']],
      ['there is no OCSP object "hq"', ['ocsp-cert-validator', '/Common/hq']],
      ['there is no CRL "b"', ['ca-crl', 'list', 'ca-crl-name', 'b']],
      ['it has "CN=alice,O=A", dns:alice.example', ['local-id', 'bob.example']],
      ['at least are 60 s', ['reauth-time', '5s']],
      ['both child "b" and child "lan" would take', [...lan, 'child', 'b', ...lan.slice(2)]],
      ['"lan" has no remote-ts', lan.slice(0, 4)],
    ];
    for (const [why, more] of rows) {
      const refused = await bench.run(bench.add('bob', ...more));
      expect([why, refused.code]).toStrictEqual([why, 3]);
      expect(refused.err).toContain(why);
    }
    expect((await bench.run(['show', 'ipsec', 'peer'])).out).toContain('No IPsec peer is set up');
  });

  it('refuses traffic that another peer of the same charon takes', async () => {
    const bench = await makeIpsecBench();
    await bench.run(bench.add('bob', ...lan));
    const refused = await bench.run(bench.add('carol', ...lanTo('10.2.0.128/25')));
    expect(refused).toMatchObject({ code: 3 });
    expect(refused.err).toContain('both child "lan" and child "lan" of "bob" would take');
    expect(await bench.run(bench.add('carol', ...lanTo('10.3.0.0/24')))).toMatchObject({
      code: 0,
    });
    expect(await bench.run(bench.add('bob', ...lan))).toMatchObject({ code: 0 });
  });

  it('refuses an OCSP object until the agent answers, and another one for the same CA', async () => {
    const bench = await makeIpsecBench();
    await withObject(bench);
    const bound = bench.add('bob', 'ocsp-cert-validator', '/Common/hq');
    const refused = await bench.run(bound);
    expect(refused).toMatchObject({ code: 3 });
    expect(refused.err).toContain('the agent answers nobody');
    expect(refused.err).toContain('certkeeper staple responder listen 127.0.0.1:8889');
    const listen = ['staple', 'responder', 'listen', '127.0.0.1:8889'];
    await bench.run(listen);
    expect(await bench.run(bound)).toMatchObject({ code: 0, err: '' });
    const other = await bench.run(bench.add('carol', 'ocsp-cert-validator', 'other'));
    expect(other.err).toContain('peer "bob" has "hq" for the same CA "CN=Root B"');
    expect((await bench.run(['no', 'staple', 'responder'])).err).toContain(
      'IPsec peer "bob" needs it',
    );
    await bench.run(['ipsec', 'peer', 'remove', 'bob']);
    await bench.run([...listen, 'for-ca', 'rootB', 'ocsp-object', 'other']);
    expect((await bench.run(bound)).err).toContain('certificates of "rootB" by "other"');
  });

  it('is told to charon anew when the agent answers elsewhere, and keeps what it is answered by', async () => {
    const bench = await makeIpsecBench();
    await withObject(bench);
    const listen = ['staple', 'responder', 'listen'];
    await bench.run([...listen, '127.0.0.1:8889']);
    await bench.run(bench.add('bob', 'ocsp-cert-validator', 'hq'));
    for (const [argv, why] of [
      [
        [...listen, '127.0.0.1:8889', 'for-ca', 'rootB', 'ocsp-object', 'other'],
        'has "hq" for them',
      ],
      [
        ['ocsp', 'verify-object', 'hq', ...object.slice(2)],
        'without url: IPsec peer "bob" needs it',
      ],
    ] as const) {
      const { code, err } = await bench.run(argv);
      expect([why, code]).toStrictEqual([why, 3]);
      expect(err).toContain(why);
    }
    await bench.run([...listen, '127.0.0.1:8890', 'for-ca', 'rootB', 'ocsp-object', 'hq']);
    const shown = await bench.run(['show', 'cert', 'alice']);
    expect(shown.out).toContain('strongswan: deploy pending');
    await bench.run(['cmp', 'poll', 'current-cert', 'alice']);
    const [authority = []] = bench.charon.authorities.values();
    expect(JSON.stringify(textsIn(authority, 'ocsp_uris'))).toContain('127.0.0.1:8890');
  });

  it('refuses a chain that peers would refuse', async () => {
    const bench = await makeIpsecBench();
    const cas = [bench.root];
    for (const n of [1, 2, 3, 4]) {
      cas.unshift(issue({ subject: `CN=CA ${n}`, isCa: true, ...(cas[0] && { issuer: cas[0] }) }));
    }
    const [issuer = bench.root] = cas;
    await bench.keep('deep', issue({ subject: 'CN=deep', issuer }), ...cas);
    const argv = bench.add('bob');
    const refused = await bench.run(argv.with(argv.indexOf('alice'), 'deep'));
    expect(refused.err).toContain(
      '"deep" has 5 certificates below its anchor, itself among them, allowed are 4',
    );
  });
});

describe('what an IPsec peer names', () => {
  it('cannot be removed', async () => {
    const bench = await makeIpsecBench();
    await bench.run(bench.add('bob'));
    const { err: ofCa } = await bench.run(['cert', 'remove', 'rootB', '--yes']);
    expect(ofCa).toContain('IPsec peer "bob" needs it');
    await withObject(bench);
    await bench.run(['staple', 'responder', 'listen', '127.0.0.1:8889']);
    await bench.run(['ca-crl', 'name', 'b', 'der', 'url', 'http://127.0.0.1:9/b.crl']);
    await bench.run(['crypto', 'map', 'gw', 'ikev2-ipv4', 'ca', 'rootB']);
    const words = [
      'policy',
      'gw',
      'ocsp-cert-validator',
      'hq',
      'ca-crl',
      'list',
      'ca-crl-name',
      'b',
    ];
    expect(await bench.run(bench.add('bob', ...words))).toMatchObject({ code: 0 });
    for (const argv of [
      ['cert', 'remove', 'alice', '--yes'],
      ['no', 'ocsp', 'verify-object', 'hq'],
      ['no', 'ca-crl', 'name', 'b'],
      ['no', 'crypto', 'map', 'gw'],
    ]) {
      const { code, err } = await bench.run(argv);
      expect([argv.join(' '), code]).toStrictEqual([argv.join(' '), 3]);
      expect(err).toContain('IPsec peer "bob" needs it');
    }
  });
});

describe('ipsec peer remove', () => {
  it('ends the tunnel, and leaves neither connection nor key in charon', async () => {
    const bench = await makeIpsecBench();
    const { charon } = bench;
    await bench.run(bench.add('bob', ...lan));
    charon.establish('bob');
    expect(await bench.run(['ipsec', 'peer', 'remove', 'bob', '--dry-run'])).toMatchObject({
      code: 0,
    });
    expect(charon.connections.size).toBe(1);
    const removed = await bench.run(['no', 'ipsec', 'peer', 'bob']);
    expect(removed).toMatchObject({ code: 0, out: 'IPsec peer "bob" is removed\n' });
    expect([
      charon.connections.size,
      charon.associations.length,
      charon.loadedKeys.size,
    ]).toStrictEqual([0, 0, 0]);
    expect((await bench.run(['show', 'ipsec', 'peer'])).out).toContain('No IPsec peer is set up');
    expect((await bench.run(['cert', 'remove', 'alice', '--yes'])).code).toBe(0);
  });

  it('takes out where charon is to ask about its CAs, once no other peer is judged by them', async () => {
    const bench = await makeIpsecBench();
    await withObject(bench);
    await bench.run(['staple', 'responder', 'listen', '127.0.0.1:8889']);
    for (const name of ['bob', 'carol'])
      await bench.run(bench.add(name, 'ocsp-cert-validator', 'hq'));
    const { authorities } = bench.charon;
    const theirs = [...authorities.keys()];
    expect(theirs).not.toStrictEqual([]);
    authorities.set('theirs', []);
    await bench.run(['ipsec', 'peer', 'remove', 'bob']);
    expect([...authorities.keys()]).toStrictEqual([...theirs, 'theirs']);
    await bench.run(['ipsec', 'peer', 'remove', 'carol']);
    expect([...authorities.keys()]).toStrictEqual(['theirs']);
  });

  it('leaves what other peers of the certificate need', async () => {
    const bench = await makeIpsecBench();
    await bench.run(bench.add('bob'));
    await bench.run(bench.add('carol'));
    await bench.run(['ipsec', 'peer', 'remove', 'bob']);
    expect([...bench.charon.connections.keys()]).toStrictEqual(['carol']);
    expect(bench.charon.loadedKeys.size).toBe(1);
  });

  it('stays where charon cannot be told, unless it is forced', async () => {
    const bench = await makeIpsecBench();
    await bench.run(bench.add('bob'));
    await bench.charon.stop();
    expect(existsSync(bench.charon.socket)).toBe(false);
    const refused = await bench.run(['ipsec', 'peer', 'remove', 'bob']);
    expect(refused).toMatchObject({ code: 10 });
    expect(refused.err).toContain('add force to forget it all the same');
    expect((await bench.run(['show', 'ipsec', 'peer'])).out).toContain('bob');
    const forced = await bench.run(['ipsec', 'peer', 'remove', 'bob', 'force']);
    expect(forced).toMatchObject({ code: 0 });
    expect(forced.err).toContain('warning');
  });

  it('says when there is none, and which may be meant', async () => {
    const bench = await makeIpsecBench();
    await bench.run(bench.add('bob'));
    const { code, err } = await bench.run(['ipsec', 'peer', 'remove', 'bbo']);
    expect(code).toBe(3);
    expect(err).toContain('Did you mean "bob"?');
  });
});
