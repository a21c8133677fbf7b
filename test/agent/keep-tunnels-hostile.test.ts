import { describe, expect, it } from 'vitest';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { issuingB, rootB, tunnelScene } from './tunnel-scene.ts';

const bob = issue({ subject: 'CN=bob', issuer: rootB });
const eve = issue({ subject: 'CN=eve', issuer: issuingB });
const strange = '\u001b[2J\r\n\u009b31m\u202e\0';

/** Longer than a line with an identity in it can become. */
const MAX_LINE = 10_000;

describe('keepTunnels(), beside what is hostile', () => {
  it('judges a peer among thousands of certificates, most of which are none', async () => {
    const { put, deploy, tunnels, charon, letIn, standing } = await tunnelScene();
    await put();
    await deploy();
    const first = Buffer.from(certificateDer(eve.certificate));
    for (let n = 0; n < 3000; n++) {
      const junk = Buffer.concat([first.subarray(0, n % first.length), Buffer.from([n >> 8, n])]);
      charon.certificates.set(junk.toString('hex'), 'received');
    }
    const id = letIn('bob', bob);
    await tunnels.refresh();
    expect(standing()).toStrictEqual([id]);
    expect(tunnels.state()).toMatchObject([{ established: 1, refused: [] }]);
  });

  it('ends what has a strange identity, and writes no line that is endless', async () => {
    const { put, deploy, tunnels, charon, lines, standing } = await tunnelScene();
    await put({ revocation: 'strict' });
    await deploy();
    for (let n = 0; n < 50; n++) charon.establish('bob', `CN=${strange}${'x'.repeat(60_000)}`);
    for (let n = 0; n < 4; n++) await tunnels.refresh();
    expect(standing()).toStrictEqual([]);
    for (const line of lines) expect(line.length).toBeLessThan(MAX_LINE);
    expect(lines.length).toBeLessThan(200);
  });

  it('goes on where an IKE_SA has another number each time, and some are nobody’s', async () => {
    const { put, deploy, tunnels, charon, letIn, lines } = await tunnelScene();
    await put();
    await deploy();
    const id = letIn('bob', bob);
    let last = 0;
    const unsteady = { connection: 'bob', state: 'ESTABLISHED', certificate: '', children: [] };
    for (const remoteId of ['CN=bob', 'CN=nobody']) {
      charon.associations.push({
        ...unsteady,
        remoteId,
        localId: strange,
        get id() {
          return String((last += 1) + 1000);
        },
      });
    }
    for (let n = 0; n < 1000; n++) {
      const other = { ...unsteady, connection: `theirs-${n}`, localId: '', remoteId: strange };
      charon.associations.push({ ...other, id: `9${n}` });
    }
    for (let n = 0; n < 5; n++) await tunnels.refresh();
    expect(charon.associations.map((each) => each.id)).toContain(id);
    expect(charon.associations.filter(({ connection }) => connection !== 'bob')).toHaveLength(1000);
    expect(lines.length).toBeLessThan(30);
    expect(tunnels.state()[0]?.trouble).toBeUndefined();
  });

  it('leaves a tunnel alone whose peer a stranger names himself after, by certificates of his own CA', async () => {
    const { put, deploy, tunnels, letIn, standing, alarms } = await tunnelScene();
    await put({ revocation: 'relaxed' });
    await deploy();
    const id = letIn('bob', bob, ...strangers('CN=bob', 20));
    await tunnels.refresh();
    expect(standing()).toStrictEqual([id]);
    expect(await alarms()).toStrictEqual([]);
  });

  it('ends an IKE_SA that its peer keeps too busy to be listed', async () => {
    const { put, deploy, tunnels, charon, letIn, standing } = await tunnelScene();
    await put();
    await deploy();
    await tunnels.refresh();
    const notAfter = new Date('2026-06-01T00:00:00Z');
    letIn('bob', issue({ subject: 'CN=bob', issuer: rootB, notAfter }));
    for (const each of charon.associations) {
      each.isBusy = true;
      charon.announce(each, true);
    }
    await expect.poll(standing).toStrictEqual([]);
  });

  it('tells once a minute of whoever comes back all the time where anybody may, and ends that when he stays away', async () => {
    const { put, deploy, tunnels, charon, letIn, standing, lines, alarms, site } =
      await tunnelScene();
    await put({ remoteAddresses: [] });
    await deploy();
    const good = letIn('bob', bob);
    await tunnels.refresh();
    const notAfter = new Date('2026-06-01T00:00:00Z');
    const mallory = issue({ subject: 'CN=mallory', issuer: rootB, notAfter });
    for (let n = 0; n < 5; n++) {
      letIn('bob', mallory);
      await tunnels.refresh();
      expect(standing()).toStrictEqual([good]);
      await tunnels.refresh();
      expect(await alarms()).toStrictEqual(['ipsec peer bob peer-refused']);
    }
    expect(lines.filter((line) => line.includes('is refused'))).toHaveLength(1);
    expect(charon.commands.filter((command) => command === 'flush-certs')).toHaveLength(2);
    await site.clock.advance(61);
    await tunnels.refresh();
    expect(await alarms()).toStrictEqual([]);
  });

  it('refuses in the end, in every mode, whoever only shows certificates of strangers', async () => {
    const { put, deploy, tunnels, letIn, standing, lines, alarms } = await tunnelScene();
    await put({ revocation: 'relaxed' });
    await deploy();
    for (const _ of [1, 2, 3]) {
      letIn('bob', ...strangers('CN=bob', 1));
      await tunnels.refresh();
      expect(standing()).toStrictEqual([]);
    }
    expect(lines.at(-1)).toMatch(/"bob" at .* is refused: untrusted: .*; its IKE_SA is ended/);
    expect(await alarms()).toStrictEqual(['ipsec peer bob peer-refused']);
  });
});

function strangers(subject: string, count: number): readonly Issued[] {
  const issuer = issue({ subject: 'CN=Root B', isCa: true });
  return [...Array.from({ length: count }, () => issue({ subject, issuer })), issuer];
}
