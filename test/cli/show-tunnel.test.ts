import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { tunnelText } from '../../src/cli/show-tunnel.ts';
import type { Tunnel } from '../../src/lifecycle/ipsec-tunnels.ts';
import { makeIpsecBench } from './ipsec-bench.ts';
import { makeBench } from './run-cli.ts';

const tunnel: Tunnel = {
  peer: {
    name: parseLabel('bob', 'name'),
    socket: '/run/charon.vici',
    localAddresses: [],
    remoteAddresses: [],
    certificate: parseLabel('alice', 'name'),
    ca: ['rootB'],
    isInitiator: false,
    crls: [],
    crlUris: [],
    reauthenticates: false,
    proposals: [],
    children: [],
  },
  status: 'established',
  associations: [
    {
      connection: 'bob',
      id: '7',
      state: 'ESTABLISHED',
      localHost: '192.0.2.1',
      remoteHost: '192.0.2.2',
      localId: 'O=A, CN=alice',
      remoteId: 'O=B, CN=bob',
      age: 2 * 86_400 + 3661,
      reauthIn: 59,
      algorithms: ['AES_GCM_16-128', 'PRF_HMAC_SHA2_256', 'ECP_256'],
      children: [
        {
          name: 'lan',
          id: '9',
          state: 'INSTALLED',
          localSelectors: ['10.1.0.0/24'],
          remoteSelectors: ['10.2.0.0/24'],
          bytesIn: 840,
          bytesOut: 0,
          age: 60,
        },
      ],
    },
  ],
};

describe('show tunnel ipsec', () => {
  it('lists every tunnel with what charon says of it', async () => {
    const bench = await makeIpsecBench();
    const { charon } = bench;
    for (const name of ['bob', 'carol', 'dave', 'eve']) {
      await bench.run(bench.add(name, 'description', `To ${name}`));
    }
    charon.establish('bob');
    charon.answersPeers = false;
    charon.establish('carol').state = 'CONNECTING';
    charon.connections.delete('eve');
    const { out } = await bench.run(['show', 'tunnel', 'ipsec']);
    expect(out).toBe(
      [
        'ID     DESCRIPTION  STATUS           TIME',
        'bob    To bob       established  00:00:07',
        'carol  To carol     connecting',
        'dave   To dave      down',
        'eve    To eve       not loaded',
        '',
      ].join('\n'),
    );
    const { tunnels } = JSON.parse(
      (await bench.run(['show', 'tunnel', 'ipsec', 'bob', '--json'])).out,
    );
    expect(tunnels).toMatchObject([
      {
        name: 'bob',
        status: 'established',
        seconds: 7,
        associations: [{ remoteHost: '192.0.2.2' }],
      },
    ]);
  });

  it('says of each that it is not known when charon does not answer, and why once', async () => {
    const bench = await makeIpsecBench();
    for (const name of ['bob', 'carol']) await bench.run(bench.add(name));
    await bench.charon.stop();
    const { out, code } = await bench.run(['show', 'tunnel', 'ipsec']);
    expect(code).toBe(0);
    expect(out.match(/unknown/g)).toHaveLength(3);
    expect(out).toMatch(/\nunknown: Cannot .*charon\.vici/);
  });

  it('says of one that is not loaded what the deployment failed for, or what it waits for', async () => {
    const bench = await makeIpsecBench();
    await bench.run(bench.add('bob'));
    await bench.charon.stop();
    expect(await bench.run(bench.add('carol'))).toMatchObject({ code: 10 });
    await bench.charon.restart();
    const { out } = await bench.run(['show', 'tunnel', 'ipsec', 'carol']);
    expect(out).toMatch(/status +not loaded\n +Cannot .*charon\.vici/);
  });

  it('says of one that is only stored what will load it', async () => {
    const bench = await makeIpsecBench();
    await bench.run(bench.add('bob', 'later'));
    const { out } = await bench.run(['show', 'tunnel', 'ipsec', 'bob']);
    expect(out).toMatch(/not loaded\n +it is still .*"certkeeper cert deploy cert-name alice"/);
  });

  it('tells everything of one', () => {
    expect(tunnelText(tunnel)).toBe(
      [
        'tunnel       bob',
        'status       established',
        'certificate  alice',
        'socket       /run/charon.vici',
        'IKE_SA          7, ESTABLISHED',
        '  local         192.0.2.1, O=A, CN=alice',
        '  remote        192.0.2.2, O=B, CN=bob',
        '  algorithms    AES_GCM_16-128 PRF_HMAC_SHA2_256 ECP_256',
        '  stands for    2d 01:01:01',
        '  reauth in     00:00:59',
        '  child         lan, INSTALLED',
        '    local-ts    10.1.0.0/24',
        '    remote-ts   10.2.0.0/24',
        '    octets      840 in, 0 out',
        '    stands for  00:01:00',
        '',
      ].join('\n'),
    );
  });

  it('says when nothing is set up, and when there is no peer of a name', async () => {
    const bench = makeBench();
    const none = await bench.run(['show', 'tunnel', 'ipsec']);
    expect(none).toMatchObject({
      code: 0,
      out: expect.stringContaining('No IPsec peer is set up'),
    });
    const { code, err } = await bench.run(['show', 'tunnel', 'ipsec', 'bob']);
    expect(code).toBe(3);
    expect(err).toContain('there is none');
  });
});
