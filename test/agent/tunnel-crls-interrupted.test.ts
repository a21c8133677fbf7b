import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { crlIdentity } from '../../src/revocation/crl.ts';
import { certificateListDer } from '../../src/x509/certificate-list.ts';
import { Name } from '../../src/x509/name.ts';
import { crl as crlBy } from '../revocation/crl-made.ts';
import { rootB, tunnelScene, type TunnelScene } from './tunnel-scene.ts';

/** A peer is set up and deployed, and there is a CRL of its CA. @returns it, in hex */
async function withCrl({ put, deploy, site }: TunnelScene): Promise<string> {
  await put();
  await deploy();
  const crl = crlBy(rootB);
  const der = certificateListDer(crl.list);
  await site.store.heldCrls.put({
    der,
    identity: crlIdentity(crl, rootB.certificate),
    issuer: toDer(Name, rootB.subject),
    thisUpdate: crl.thisUpdate,
    fetchedAt: site.clock.now(),
  });
  return Buffer.from(der).toString('hex');
}

function flushed({ charon }: TunnelScene): number {
  return charon.commands.filter((one) => one === 'flush-certs').length;
}

describe('keepTunnels(), interrupted while it loads CRLs', () => {
  it.each(['list-certs', 'load-cert'])(
    'loads one again when charon ended at %s',
    async (command) => {
      const scene = await tunnelScene();
      const { charon, tunnels } = scene;
      const crl = await withCrl(scene);
      await tunnels.refresh();
      charon.crls.clear();
      await charon.restart();
      charon.failNext(command, 'die', 2);
      for (const _ of [1, 2, 3]) await tunnels.refresh();
      expect([...charon.crls]).toStrictEqual([crl]);
    },
  );

  it('has charon forget what it fetched before, when it could not the first time', async () => {
    const scene = await tunnelScene();
    await withCrl(scene);
    scene.charon.failNext('flush-certs', 'die');
    for (const _ of [1, 2]) await scene.tunnels.refresh();
    expect(flushed(scene)).toBe(3);
    await scene.tunnels.refresh();
    expect(flushed(scene)).toBe(3);
  });

  it('has charon forget what it fetched before, when whoever loaded it came to no more', async () => {
    const scene = await tunnelScene();
    scene.charon.crls.add(await withCrl(scene));
    await scene.tunnels.refresh();
    expect(flushed(scene)).toBe(2);
  });

  it('does not try again what charon refuses', async () => {
    const scene = await tunnelScene();
    const { charon, tunnels, lines } = scene;
    await withCrl(scene);
    charon.failNext('load-cert', { errmsg: 'parsing X509_CRL failed' }, 9);
    for (const _ of [1, 2]) await tunnels.refresh();
    expect(lines.filter((line) => line.includes('refuses load-cert'))).toHaveLength(1);
  });
});
