import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { Name } from '../../src/x509/name.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { named } from '../lifecycle/site.ts';
import { makeCrl } from '../revocation/crl-made.ts';
import { crlServer, pointAt, type CrlServer } from '../validation/crl-kept.ts';
import { rootB, tunnelScene, type TunnelScene } from './tunnel-scene.ts';

/** Nobody waits for what is fetched: a busy machine has its time. */
const waiting = { timeout: 10_000 };

interface AheadScene extends TunnelScene {
  readonly server: CrlServer;
  /** Issue with the place of the CRL. */
  pointing(subject: string, issuer?: Issued, isCa?: boolean): Issued;
  /** Publish a CRL of the root that is good for an hour. @returns it, in hex */
  publish(number: bigint): string;
  /** Set the peer, and deploy. */
  begin(): Promise<void>;
}

async function scene(): Promise<AheadScene> {
  const made = await tunnelScene();
  const { site } = made;
  const server = await crlServer(500);
  return {
    ...made,
    server,
    pointing: (subject, issuer = rootB, isCa = false) =>
      issue({
        subject,
        issuer,
        isCa,
        extensions: [extension('cRLDistributionPoints', [pointAt(server.url)])],
      }),
    publish(number) {
      const thisUpdate = site.clock.now();
      const nextUpdate = new Date(thisUpdate.getTime() + 3_600_000);
      const der = makeCrl(rootB, { number, thisUpdate, nextUpdate });
      server.serve(der);
      return Buffer.from(der).toString('hex');
    },
    async begin() {
      await made.put({ revocation: 'strict' });
      await made.deploy();
      await made.tunnels.refresh();
    },
  };
}

async function keep({ site }: TunnelScene, label: string, ca: Issued): Promise<void> {
  const record = {
    label: named(label),
    der: certificateDer(ca.certificate),
    subject: toDer(Name, ca.subject),
    createdAt: site.clock.now(),
  };
  await site.store.caCertificates.put(record, false);
}

describe('keepTunnels(), of CRLs ahead', () => {
  it('loads what a certificate names that charon was shown, and did not let in', async () => {
    const made = await scene();
    const { charon, publish, begin, pointing, tunnels } = made;
    charon.certificates.set(
      Buffer.from(certificateDer(pointing('CN=bob').certificate)).toString('hex'),
      'received',
    );
    const crl = publish(1n);
    await begin();
    await expect.poll(() => [...charon.crls], waiting).toStrictEqual([crl]);
    await tunnels.refresh();
    expect(made.server.requests).toHaveLength(1);
  });

  it('goes nowhere for a certificate that somebody else has signed', async () => {
    const { charon, publish, begin, pointing, tunnels, server } = await scene();
    const stranger = issue({ subject: 'CN=Root B', isCa: true });
    charon.certificates.set(
      Buffer.from(certificateDer(pointing('CN=bob', stranger).certificate)).toString('hex'),
      'received',
    );
    publish(1n);
    await begin();
    for (const _ of [1, 2]) await tunnels.refresh();
    expect(server.requests).toStrictEqual([]);
  });

  it('says once what cannot be had, and loads it when it can', async () => {
    const made = await scene();
    const { charon, publish, begin, pointing, tunnels, site, lines } = made;
    await keep(made, 'sub', pointing('CN=Sub', rootB, true));
    await begin();
    const missing = [
      expect.stringMatching(/^Cannot get the CRL of "CN=Root B" for IPsec peer "bob": http/),
    ];
    await expect.poll(() => lines, waiting).toStrictEqual(missing);
    await site.clock.advance(61);
    await tunnels.refresh();
    const crl = publish(1n);
    await site.clock.advance(180);
    await tunnels.refresh();
    await expect.poll(() => [...charon.crls], waiting).toStrictEqual([crl]);
    expect(lines).toStrictEqual(missing);
  });

  it('loads the next one before the one that charon has ends', async () => {
    const made = await scene();
    const { charon, publish, begin, pointing, tunnels, site } = made;
    await keep(made, 'sub', pointing('CN=Sub', rootB, true));
    const first = publish(1n);
    await begin();
    await expect.poll(() => [...charon.crls], waiting).toStrictEqual([first]);
    await site.clock.advance(3000);
    const second = publish(2n);
    await tunnels.refresh();
    await expect.poll(() => [...charon.crls], waiting).toStrictEqual([first, second]);
  });
});
