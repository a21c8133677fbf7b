import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { putConfiguredCrl } from '../../src/lifecycle/configured-crls.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { Name } from '../../src/x509/name.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { named } from '../lifecycle/site.ts';
import { entry, makeCrl } from '../revocation/crl-made.ts';
import { crlServer, pointAt } from '../validation/crl-kept.ts';
import { rootB, tunnelScene, type TunnelScene } from './tunnel-scene.ts';

const bob = issue({ subject: 'CN=bob', issuer: rootB });
const eve = issue({ subject: 'CN=eve', issuer: rootB });

interface CrlScene extends TunnelScene {
  /** Publish a CRL that lists these, good for an hour, and have it fetched. @returns it, in hex */
  publish(...revoked: readonly Issued[]): Promise<string>;
  /** Serve none from now on. */
  goDown(): void;
}

/** Bob is judged by a CRL that is set up, and by nothing else. */
async function scene(): Promise<CrlScene> {
  const made = await tunnelScene();
  const { site } = made;
  const server = await crlServer(500);
  await putConfiguredCrl(site.context, { name: 'c', words: { url: server.url, format: 'der' } });
  let number = 0n;
  const publish = async (...revoked: readonly Issued[]): Promise<string> => {
    const thisUpdate = site.clock.now();
    const nextUpdate = new Date(thisUpdate.getTime() + 3_600_000);
    const entries = revoked.map((each) => entry(each, 'keyCompromise'));
    const der = makeCrl(rootB, { number: ++number, thisUpdate, nextUpdate, entries });
    server.serve(der);
    await putConfiguredCrl(site.context, { name: 'c', words: { url: server.url, format: 'der' } });
    await made.fetchCrls();
    return Buffer.from(der).toString('hex');
  };
  await made.put({ revocation: 'strict', crls: ['c'] });
  return { ...made, publish, goDown: () => server.serve(500) };
}

describe('keepTunnels(), of CRLs', () => {
  it('loads each new one once, and has charon forget what it fetched before', async () => {
    const { deploy, tunnels, charon, publish } = await scene();
    await deploy();
    await tunnels.refresh();
    expect([...charon.crls]).toStrictEqual([]);
    const first = await publish();
    const flushed = (): number => charon.commands.filter((one) => one === 'flush-certs').length;
    for (const _ of [1, 2]) await tunnels.refresh();
    expect([...charon.crls]).toStrictEqual([first]);
    expect(flushed()).toBe(2);
    const second = await publish(eve);
    for (const _ of [1, 2]) await tunnels.refresh();
    expect([...charon.crls]).toStrictEqual([first, second]);
    expect(flushed()).toBe(4);
  });

  it('loads them anew into a charon that was started anew', async () => {
    const { deploy, tunnels, charon, publish } = await scene();
    await deploy();
    const crl = await publish();
    await tunnels.refresh();
    await charon.startAnew();
    await tunnels.refresh();
    expect([...charon.crls]).toStrictEqual([crl]);
  });

  it('ends a tunnel whose peer one lists, as soon as that is here', async () => {
    const { deploy, tunnels, publish, letIn, standing, alarms, lines } = await scene();
    await deploy();
    await publish();
    const id = letIn('bob', bob);
    await tunnels.refresh();
    expect(standing()).toStrictEqual([id]);
    await publish(bob);
    await tunnels.refresh();
    expect(standing()).toStrictEqual([]);
    expect(await alarms()).toStrictEqual(['ipsec peer bob peer-refused']);
    expect(lines).toStrictEqual([expect.stringMatching(/"bob" at .* is refused: revoked: /)]);
  });

  it('ends a tunnel of a peer whose newest certificate is revoked, whatever the one before is, and goes by what it shows next', async () => {
    const { deploy, tunnels, publish, letIn, standing, charon, site } = await scene();
    await deploy();
    const notBefore = new Date(site.clock.now().getTime() - 60_000);
    const renewed = issue({ subject: 'CN=bob', issuer: rootB, notBefore });
    for (const each of [bob, renewed]) {
      charon.associations.length = 0;
      letIn('bob', each);
      await publish();
      await tunnels.refresh();
      expect(standing()).toHaveLength(1);
    }
    await publish(renewed);
    await tunnels.refresh();
    expect(standing()).toStrictEqual([]);
    const again = letIn('bob', bob);
    await tunnels.refresh();
    expect(standing()).toStrictEqual([again]);
  });

  it('keeps a tunnel that was let in when there was one, and lets nobody in while there is none', async () => {
    const { deploy, tunnels, publish, letIn, standing, lines, goDown, site } = await scene();
    await deploy();
    await publish();
    const kept = letIn('bob', bob);
    await tunnels.refresh();
    goDown();
    await site.clock.advance(7200);
    for (const _ of [1, 2]) await tunnels.refresh();
    expect(standing()).toStrictEqual([kept]);
    expect(lines).toStrictEqual([
      expect.stringMatching(/"bob" cannot be judged anew, and keeps its IKE_SA: /),
    ]);
    letIn('bob', eve);
    await tunnels.refresh();
    expect(standing()).toStrictEqual([kept]);
  });

  it('holds what charon fetched by itself, and tells of the peer that charon keeps out by that', async () => {
    const { deploy, tunnels, publish, letIn, alarms, lines, charon, site } = await scene();
    await deploy();
    await publish();
    letIn('bob', bob);
    await tunnels.refresh();
    const thisUpdate = site.clock.now();
    const parts = { number: 9n, thisUpdate, nextUpdate: new Date(thisUpdate.getTime() + 60_000) };
    const entries = [entry(bob, 'keyCompromise')];
    charon.crls.add(Buffer.from(makeCrl(rootB, { ...parts, entries })).toString('hex'));
    // One that no CA of a peer has signed is nothing to anybody here.
    const other = issue({ subject: 'CN=Other', isCa: true });
    charon.crls.add(Buffer.from(makeCrl(other, parts)).toString('hex'));
    charon.associations.length = 0;
    await tunnels.refresh();
    expect(await alarms()).toStrictEqual(['ipsec peer bob peer-refused']);
    expect(lines).toStrictEqual([
      expect.stringMatching(/"bob" has no IKE_SA, and would be refused: revoked: /),
    ]);
    expect((await site.store.heldCrls.list()).map(({ crlNumber }) => crlNumber)).toStrictEqual([
      9n,
    ]);
    await tunnels.refresh();
    expect(lines).toHaveLength(1);
  });

  it('fetches what is said of the CAs of a peer before there is anybody to be judged', async () => {
    const { deploy, put, tunnels, charon, site } = await tunnelScene();
    const thisUpdate = site.clock.now();
    const nextUpdate = new Date(thisUpdate.getTime() + 3_600_000);
    const der = makeCrl(rootB, { number: 1n, thisUpdate, nextUpdate });
    const server = await crlServer(der);
    const cdp = extension('cRLDistributionPoints', [pointAt(server.url)]);
    const sub = issue({ subject: 'CN=Sub', issuer: rootB, isCa: true, extensions: [cdp] });
    await site.store.caCertificates.put(
      {
        label: named('sub'),
        der: certificateDer(sub.certificate),
        subject: toDer(Name, sub.subject),
        createdAt: thisUpdate,
      },
      false,
    );
    await put();
    await deploy();
    await tunnels.refresh();
    await expect.poll(() => [...charon.crls]).toStrictEqual([Buffer.from(der).toString('hex')]);
  });
});
