import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeIpsecBench, type IpsecBench } from './ipsec-bench.ts';
import type { Outcome } from './run-cli.ts';

function apply(bench: IpsecBench, text: string): Promise<Outcome> {
  const file = join(bench.directory, 'gw.yaml');
  writeFileSync(file, text);
  return bench.run(['config', 'apply', file, '--yes']);
}

function peers({ charon }: IpsecBench, remote = '10.2.0.0/24'): string {
  return `
crypto-policy:
  gw: { kind: ikev2-ipv4, ca: rootB }
ipsec-peer:
  bob:
    socket: ${charon.socket}
    peer: [192.0.2.2, bob.example]
    certificate: alice
    policy: gw
    initiator: yes
    reauth-time: 90m
    child:
      lan: { local-ts: [10.1.0.0/24], remote-ts: '${remote}' }
      web: { local-ts: '10.9.0.0/24[tcp/443]', remote-ts: [10.8.0.0/24] }
  carol:
    socket: ${charon.socket}
    peer: any
    certificate: alice
    ca: rootB
`;
}

describe('config apply of IPsec peers', () => {
  it('sets them up with what they name, loads them, and is shown as it was', async () => {
    const bench = await makeIpsecBench();
    expect(await apply(bench, peers(bench))).toMatchObject({ code: 0, err: '' });
    expect([...bench.charon.connections.keys()].toSorted()).toStrictEqual(['bob', 'carol']);
    const { out } = await bench.run(['config', 'show', '--json']);
    const { config } = JSON.parse(out);
    expect(config['ipsec-peer'].bob).toMatchObject({
      peer: ['192.0.2.2', 'bob.example'],
      initiator: true,
      'reauth-time': '90m',
      child: { web: { 'local-ts': ['10.9.0.0/24[tcp/443]'] } },
    });
    // Its deployment is theirs.
    expect(config.certificates).toStrictEqual({});
    const shown = await bench.run(['config', 'show']);
    expect((await apply(bench, shown.out)).out).toContain('Nothing was changed');
    expect((await apply(bench, peers(bench))).out).toContain('Nothing was changed');
  });

  it('changes one whose child is another, and takes away what the file does not name', async () => {
    const bench = await makeIpsecBench();
    await apply(bench, peers(bench));
    const changed = await apply(bench, peers(bench, '10.3.0.0/24'));
    expect(changed.out).toBe('1 change made: ipsec-peer.bob changed\n');
    expect((await bench.run(['show', 'ipsec', 'peer', 'bob'])).out).toContain('10.3.0.0/24');
    expect(await apply(bench, 'ipsec-peer: {}')).toMatchObject({ code: 0, err: '' });
    expect(bench.charon.connections.size).toBe(0);
    expect((await bench.run(['show', 'ipsec', 'peer'])).out).toContain('No IPsec peer is set up');
  });

  it('names every fault with its line, and changes nothing', async () => {
    const bench = await makeIpsecBench();
    const { code, err } = await apply(
      bench,
      `ipsec-peer:
  bob:
    peer: 192.0.2.2
    certificate: alcie
    ca: [rootX]
    policy: gw
    ca-crl: b
  carol:
    peer: 192.0.2.0/24
    certificate: alice
`,
    );
    expect(code).toBe(3);
    expect(err).toContain('there is no certificate "alcie"');
    expect(err).toContain('Did you mean "alice"?');
    expect(err).toContain('"rootX"');
    expect(err).toContain('there is no policy "gw"');
    expect(err).toContain('there is no CRL "b"');
    expect(err).toContain('peer "192.0.2.0/24" is neither an address nor a host name');
    expect((await bench.run(['show', 'ipsec', 'peer'])).out).toContain('No IPsec peer is set up');
  });

  it('leaves out nothing that a peer names which stays', async () => {
    const bench = await makeIpsecBench();
    await apply(bench, peers(bench));
    const { code, err } = await apply(bench, 'crypto-policy: {}');
    expect(code).toBe(3);
    expect(err).toContain('IPsec peer "bob" needs "gw", which is not in it');
    expect(await apply(bench, 'crypto-policy: {}\nipsec-peer: {}')).toMatchObject({ code: 0 });
  });
});
