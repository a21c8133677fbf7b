import { describe, expect, it } from 'vitest';
import { section, value } from '../../src/deploy/vici-message.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue } from '../harness/certificates.ts';
import { named } from '../lifecycle/site.ts';
import { issuingB, rootB, tunnelScene } from './tunnel-scene.ts';

const bob = issue({ subject: 'CN=bob', issuer: issuingB });
/** Of a CA that is believed, and refused: charon would let in none of another CA. */
const ended = { issuer: issuingB, notAfter: new Date('2026-06-01T00:00:00Z') };
const mallory = issue({ subject: 'CN=bob', ...ended });
const eve = issue({ subject: 'CN=eve', ...ended });

describe('keepTunnels()', () => {
  it('has all of it deployed again to a charon that was started anew, and nothing else', async () => {
    const { put, deploy, tunnels, charon, woken, lines, site } = await tunnelScene();
    const { store } = site;
    const path = `${site.certs}/gw1.pem`;
    await store.deployments.put(named('gw1'), {
      label: named('web'),
      files: [{ kind: 'cert', path }],
    });
    await put();
    await deploy();
    await tunnels.refresh();
    expect(woken()).toBe(0);
    await charon.startAnew();
    await tunnels.refresh();
    expect(woken()).toBe(1);
    expect(lines).toStrictEqual([
      `charon at "${charon.socket}" has lost connection "bob": "gw1" is deployed to it again`,
    ]);
    const states = await store.deployments.list('gw1');
    expect(states.map(({ label, status }) => [label, status?.state])).toStrictEqual([
      ['strongswan', undefined],
      ['web', 'deployed'],
    ]);
    await deploy();
    expect([...charon.connections.keys()]).toStrictEqual(['bob']);
    await tunnels.refresh();
    expect(woken()).toBe(1);
  });

  it('has a certificate deployed again to a charon that was started anew, where it is for no peer of ours', async () => {
    const { deploy, tunnels, charon, woken, lines, site } = await tunnelScene();
    const target = { type: 'strongswan', socket: charon.socket } as const;
    const deployment = { label: named('ipsec'), files: [], target };
    await site.store.deployments.put(named('gw1'), deployment);
    await deploy();
    await tunnels.refresh();
    expect(woken()).toBe(0);
    await charon.startAnew();
    await tunnels.refresh();
    expect(woken()).toBe(1);
    expect(lines).toStrictEqual([
      `charon at "${charon.socket}" has lost the key of "gw1": "gw1" is deployed to it again`,
    ]);
    await deploy();
    expect(charon.loadedKeys.size).toBe(1);
    await site.store.deployments.remove('gw1', 'ipsec');
    await tunnels.refresh();
    expect(tunnels.state()).toStrictEqual([]);
  });

  it('begins again what a try put off that was under way when charon came back', async () => {
    const { put, deploy, tunnels, charon, woken, site } = await tunnelScene();
    const { schedule } = site.store;
    await put();
    await deploy();
    await tunnels.refresh();
    await charon.startAnew();
    await tunnels.refresh();
    expect(woken()).toBe(1);
    const failure = { kind: 'failing', code: 'DELIVERY_FAILED', text: 'nobody' } as const;
    await schedule.failed(named('gw1'), { job: 'deploy', ...failure, at: site.clock.now() });
    await tunnels.refresh();
    expect(woken()).toBe(2);
    expect(await schedule.failing('gw1')).toStrictEqual([]);
    // While it is under way, or due, it is left alone.
    await tunnels.refresh();
    expect(woken()).toBe(2);
  });

  it('has a key deployed again that is gone, but not more than three times a minute', async () => {
    const { put, deploy, tunnels, charon, woken, site } = await tunnelScene();
    await put();
    await deploy();
    await tunnels.refresh();
    for (const round of [1, 2, 3, 3, 4]) {
      if (round === 4) await site.clock.advance(61);
      charon.loadedKeys.clear();
      await tunnels.refresh();
      expect(woken()).toBe(round);
      await deploy();
    }
  });

  it('leaves alone what is pending anyway, and tries again what failed while charon was away', async () => {
    const { put, deploy, tunnels, charon, woken, lines } = await tunnelScene();
    await put();
    await tunnels.refresh();
    expect(woken()).toBe(0);
    await charon.stop();
    await deploy();
    for (const _ of [1, 2]) await tunnels.refresh();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^Cannot talk to the charon at .*; /);
    expect(tunnels.state()).toMatchObject([{ trouble: expect.stringMatching(/charon/) }]);
    await charon.restart();
    await tunnels.refresh();
    expect(woken()).toBe(1);
    expect(tunnels.state()).toStrictEqual([{ socket: charon.socket, established: 0, refused: [] }]);
  });

  it('leaves an IKE_SA whose peer is accepted, and asks nobody for that again', async () => {
    const { put, deploy, tunnels, charon, letIn, standing, lines } = await tunnelScene();
    await put();
    await deploy();
    const id = letIn('bob', bob, issuingB);
    await tunnels.refresh();
    const asked = charon.commands.filter((command) => command === 'list-certs').length;
    await tunnels.refresh();
    expect(standing()).toStrictEqual([id]);
    expect(tunnels.state()).toMatchObject([{ established: 1 }]);
    expect(charon.commands.filter((command) => command === 'list-certs')).toHaveLength(asked);
    expect(lines).toStrictEqual([]);
  });

  it('ends the IKE_SA of whoever is refused as soon as charon says that it stands, and tells of it', async () => {
    const { put, deploy, tunnels, charon, letIn, standing, lines, alarms, told } =
      await tunnelScene();
    await put();
    await deploy();
    await tunnels.refresh();
    expect(told()).toBe(0);
    const begun = charon.commands.length;
    letIn('bob', mallory, issuingB);
    charon.raise('ike-updown', [value('up', 'yes'), section('bob', [value('uniqueid', '1')])]);
    await expect.poll(standing).toStrictEqual([]);
    await expect.poll(alarms).toStrictEqual(['ipsec peer bob peer-refused']);
    await expect.poll(told).toBeGreaterThan(0);
    expect(lines).toStrictEqual([
      expect.stringMatching(
        /^IPsec peer "bob" at 192\.0\.2\.2 is refused: \S+: .*; its IKE_SA is ended, and it is kept out for 30 s$/,
      ),
    ]);
    expect(charon.commands.slice(begun).filter((one) => one === 'flush-certs')).toHaveLength(2);
  });

  it('keeps whoever is refused out, for longer each time, until it is accepted', async () => {
    const { put, deploy, tunnels, charon, letIn, alarms, woken, site } = await tunnelScene();
    await put();
    await deploy();
    let rounds = 0;
    for (const seconds of [30, 60, 120]) {
      letIn('bob', mallory, issuingB);
      await tunnels.refresh();
      expect([...charon.connections.keys()]).toStrictEqual([]);
      expect(tunnels.state()).toMatchObject([{ refused: ['bob'] }]);
      await site.clock.advance(seconds - 1);
      await tunnels.refresh();
      expect(woken()).toBe(rounds);
      await site.clock.advance(62);
      await tunnels.refresh();
      expect(woken()).toBe(++rounds);
      await deploy();
      expect([...charon.connections.keys()]).toStrictEqual(['bob']);
    }
    letIn('bob', bob, issuingB);
    await tunnels.refresh();
    expect(await alarms()).toStrictEqual([]);
    letIn('bob', eve);
    await tunnels.refresh();
    expect(await alarms()).toStrictEqual(['ipsec peer bob peer-refused']);
    await site.store.ipsecPeers.remove('bob');
    await tunnels.refresh();
    expect(await alarms()).toStrictEqual([]);
  });

  it('leaves a connection that anybody may use for the others', async () => {
    const { put, deploy, tunnels, charon, letIn, standing } = await tunnelScene();
    await put({ remoteAddresses: [] });
    await deploy();
    const good = letIn('bob', bob, issuingB);
    await tunnels.refresh();
    letIn('bob', eve);
    await tunnels.refresh();
    expect(standing()).toStrictEqual([good]);
    expect([...charon.connections.keys()]).toStrictEqual(['bob']);
  });

  it('refuses a chain of five where four is the limit, whatever charon thinks of it', async () => {
    const { put, deploy, tunnels, letIn, standing } = await tunnelScene();
    await put();
    await deploy();
    const second = issue({ subject: 'CN=Second', issuer: issuingB, isCa: true });
    const third = issue({ subject: 'CN=Third', issuer: second, isCa: true });
    const fourth = issue({ subject: 'CN=Fourth', issuer: third, isCa: true });
    const four = issue({ subject: 'CN=four', issuer: third });
    const five = issue({ subject: 'CN=five', issuer: fourth });
    const kept = letIn('bob', four, third, second, issuingB, rootB);
    letIn('bob', five, fourth, third, second, issuingB, rootB);
    await tunnels.refresh();
    expect(standing()).toStrictEqual([kept]);
  });

  it('has a peer authenticate itself anew whose certificate charon does not show, and refuses it in the end', async () => {
    const { put, deploy, tunnels, charon, standing, lines, alarms } = await tunnelScene();
    await put({ revocation: 'strict' });
    await deploy();
    for (const _ of [1, 2, 3]) {
      charon.establish('bob', 'CN=nobody');
      await tunnels.refresh();
      expect(standing()).toStrictEqual([]);
    }
    const anew =
      'IPsec peer "bob" has to authenticate itself anew: charon does not show with which certificate it did';
    expect(lines).toStrictEqual([
      anew,
      anew,
      expect.stringMatching(/"bob" at .* is refused: no-certificate: .*; its IKE_SA is ended/),
    ]);
    expect(await alarms()).toStrictEqual(['ipsec peer bob peer-refused']);
  });

  it('has a peer authenticate itself anew of which charon shows one that is accepted, and a newer one that is not', async () => {
    const { put, deploy, tunnels, charon, letIn, standing } = await tunnelScene();
    await put();
    await deploy();
    const notBefore = new Date('2026-06-01T00:00:00Z');
    const twice = extension('subjectAltName', [{ type: 'dNSName', value: 'bob.example' }]);
    const extensions = [twice, twice];
    const newer = issue({ subject: 'CN=bob', issuer: issuingB, notBefore, extensions });
    letIn('bob', bob, issuingB);
    await tunnels.refresh();
    expect(standing()).toHaveLength(1);
    letIn('bob', newer);
    await tunnels.refresh();
    // What was let in before the newer one was there is known for what it is.
    expect(standing()).toStrictEqual(['1']);
    expect([...charon.certificates.values()]).not.toContain('received');
    letIn('bob', newer);
    await tunnels.refresh();
    expect(standing()).toStrictEqual(['1']);
    expect([...charon.connections.keys()]).toStrictEqual([]);
  });

  it('keeps such a peer in the end that is let in without a word, too, and says so once', async () => {
    const { put, deploy, tunnels, charon, standing, lines } = await tunnelScene();
    await put();
    await deploy();
    for (const _ of [1, 2, 3]) {
      charon.establish('bob', 'CN=nobody');
      await tunnels.refresh();
    }
    await tunnels.refresh();
    expect(standing()).toHaveLength(1);
    expect(lines.slice(2)).toStrictEqual([
      'IPsec peer "bob" is not judged: charon has no certificate of "CN=nobody"',
    ]);
  });

  it('leaves one alone that was there before, whose certificate charon has forgotten, also when it gets new keys', async () => {
    const { put, deploy, tunnels, charon, standing, lines, site } = await tunnelScene();
    await put({ revocation: 'strict' });
    await deploy();
    const former = charon.establish('bob', 'CN=nobody');
    former.age = 3600;
    await tunnels.refresh();
    // It is looked at again by then.
    await site.clock.advance(301);
    await tunnels.refresh();
    expect(standing()).toStrictEqual([former.id]);
    charon.associations.length = 0;
    const { id } = charon.establish('bob', 'CN=nobody');
    const ids = { old: former.id, new: id };
    charon.raise('ike-rekey', [
      section(
        'bob',
        Object.entries(ids).map(([name, each]) => section(name, [value('uniqueid', each)])),
      ),
    ]);
    await tunnels.refresh();
    expect(standing()).toStrictEqual([id]);
    expect(lines).toStrictEqual([
      'IPsec peer "bob" is not judged: charon has no certificate of "CN=nobody"',
    ]);
  });

  it('has an initiator begin again that has been without an IKE_SA for a while', async () => {
    const { put, deploy, tunnels, charon, site } = await tunnelScene();
    await put({ isInitiator: true });
    await deploy();
    charon.associations.length = 0;
    await tunnels.refresh();
    expect(charon.associations).toHaveLength(0);
    await site.clock.advance(10);
    await tunnels.refresh();
    expect(charon.associations).toMatchObject([{ connection: 'bob' }]);
  });

  it('looks at nothing that is no more, nor once it is closed', async () => {
    const { put, deploy, tunnels, charon, site } = await tunnelScene();
    await put();
    await deploy();
    await tunnels.refresh();
    await site.store.ipsecPeers.remove('bob');
    await tunnels.refresh();
    const { length } = charon.commands;
    await tunnels.refresh();
    expect(charon.commands).toHaveLength(length);
    await put();
    await tunnels.close();
    await tunnels.refresh();
    expect(charon.commands).toHaveLength(length);
  });
});
