import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { probeStaple } from '../../src/deploy/staple-probe.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { decodeBasicOcspResponse, decodeOcspResponse } from '../../src/x509/ocsp-response.ts';
import { scaled } from '../harness/effort.ts';
import { requireFeature, requirePeer } from '../harness/require.ts';
import type { Daemon } from './proxies/daemon.ts';
import { openStapleScene, type StapleScene } from './staple-scene.ts';
import { sites, staplingServers, type Site } from './staple-servers.ts';

const names = ['haproxy', 'nginx', 'lighttpd', 'proftpd'] as const;
const absent = { response: 'none' };
const good = (serial: string): object => ({ response: 'successful', status: 'good', serial });

/** What is said of a server that does not run yet; `nginx -t` makes an empty pid file. */
const beforeStart: Readonly<Record<(typeof names)[number], RegExp>> = {
  haproxy: /Cannot talk to the HAProxy/,
  nginx: /Cannot (?:read|use) pid file/,
  lighttpd: /Cannot read pid file/,
  proftpd: /"isChanged":true/,
};

describe.each(names)('a staple at %s', (which) => {
  const server = staplingServers[which];
  beforeEach((context) => {
    requirePeer(context, 'openssl');
    requirePeer(context, server.debian);
    if (which !== 'haproxy') requireFeature(context, 'accounts');
  });

  it('is seen by openssl from the first connection on, until it is withdrawn, and after a restart', async () => {
    const scene = await openStapleScene(which);
    const { authority, certificates } = scene;
    const own: readonly Site[] = server.isSingle ? ['a'] : sites;
    const first = { a: authority.respond(certificates.a), b: authority.respond(certificates.b) };
    for (const site of own) {
      // Nobody to be told runs yet, which is said; the files are there for the start.
      const told = await scene.publish(site, first[site]).then(JSON.stringify, String);
      expect(told).toMatch(beforeStart[which]);
    }
    const daemon = await scene.start();
    for (const site of own) {
      expect(await scene.seen(site)).toEqual(good(certificates[site].serial));
      expect(await scene.seen(site, 'tls1_2')).toEqual(good(certificates[site].serial));
      expect(await scene.different(site, first[site])).toBeUndefined();
    }

    const second = authority.respond(certificates.a, { minutes: 90 });
    expect(await scene.publish('a', second)).toEqual({ isChanged: true });
    expect(await scene.different('a', second)).toBeUndefined();
    const before = reloadsIn(daemon);
    expect(await scene.publish('a', second)).toEqual({ isChanged: false });
    expect(reloadsIn(daemon)).toBe(before);

    await daemon.stop();
    const again = await scene.start();
    expect(await scene.seen('a')).toEqual(good(certificates.a.serial));
    expect(await scene.different('a', second)).toBeUndefined();

    expect(await scene.publish('a')).toEqual({ isChanged: true });
    expect(await scene.different('a')).toBeUndefined();
    expect(await scene.seen('a')).toEqual(absent);
    for (const site of own.slice(1))
      expect(await scene.different(site, first[site])).toBeUndefined();

    await again.stop();
    await scene.start();
    expect(await scene.seen('a')).toEqual(absent);
    expect(await scene.publish('a', second)).toEqual({ isChanged: true });
    expect(await scene.different('a', second)).toBeUndefined();
    expect(await scene.seen('a')).toEqual(good(certificates.a.serial));
  });

  const patience = { timeout: 60_000 + scaled(20) * 1000 };
  it(
    'changes with its certificate: of many handshakes none sees the old one with the new one',
    patience,
    async () => {
      const scene = await openStapleScene(which);
      const { authority, certificates } = scene;
      const old = authority.respond(certificates.a);
      await scene.publish('a', old).catch(() => {});
      await scene.start();
      const renewed = authority.issue('a');
      const fresh = authority.respond(renewed);
      // ProFTPD starts a process for each.
      const count = which === 'proftpd' ? scaled(100) : 1000;
      const pairs = await pairsDuring(scene, count, () => scene.renew(renewed, fresh));
      process.stdout.write(`${which}, shown and stapled: ${JSON.stringify([...pairs])}\n`);
      const [before, after] = [certificates.a.serial, renewed.serial].map(
        (each) => `${each} ${each}`,
      );
      expect([...pairs.keys()].toSorted()).toEqual([before, after]);
      expect([...pairs.values()].reduce((sum, each) => sum + each)).toBe(count);
      expect(await scene.different('a', fresh)).toBeUndefined();
      expect(await scene.seen('a')).toEqual(good(renewed.serial));
    },
  );
});

function reloadsIn(daemon: Daemon): number {
  return daemon.log().match(/reconfiguring|graceful shutdown|forked/g)?.length ?? 0;
}

/** Serial numbers of certificate and staple, and how often they were seen together, while something is done. */
async function pairsDuring(
  scene: StapleScene,
  count: number,
  act: () => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  const pairs = new Map<string, number>();
  const acted = Promise.withResolvers<void>();
  let begun = 0;
  const client = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      if (begun === Math.round(count * 0.3)) acted.resolve(act());
      // The last ones see what stands in the end.
      if (begun === Math.round(count * 0.9)) await acted.promise;
      const pair = await pairOf(scene);
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
  };
  await Promise.all([client(), client(), client(), client()]);
  await acted.promise;
  return pairs;
}

async function pairOf(scene: StapleScene): Promise<string> {
  const served = await probeStaple(scene.probe('a'));
  if (served.type === 'failed') return served.text;
  const { certificate, staple } = served;
  const { serialNumber } = decodeCertificate(certificate).tbsCertificate;
  const response = staple && decodeOcspResponse(staple).responseBytes?.response;
  const [single] = response ? decodeBasicOcspResponse(response).tbsResponseData.responses : [];
  return `${inHex(serialNumber)} ${single ? inHex(single.certID.serialNumber) : 'none'}`;
}

function inHex(serialNumber: bigint): string {
  return serialNumber.toString(16).toUpperCase();
}

describe('a staple at haproxy', () => {
  beforeEach((context) => {
    requirePeer(context, 'openssl');
    requirePeer(context, 'haproxy');
  });

  it('is served without a restart where the certificate was loaded without one', async () => {
    const scene = await openStapleScene('haproxy');
    const { authority, certificates } = scene;
    const daemon = await scene.start();
    expect(await scene.seen('a')).toEqual(absent);
    const staple = authority.respond(certificates.a);
    expect(await scene.publish('a', staple)).toEqual({ isChanged: true });
    expect(await scene.seen('a')).toEqual(good(certificates.a.serial));
    expect(await scene.seen('b')).toEqual(absent);
    expect(daemon.log().match(/forked/g)).toHaveLength(1);
  });

  it('stays the old one when haproxy takes no other', async () => {
    const scene = await openStapleScene('haproxy');
    const { authority, certificates, place } = scene;
    await scene.start();
    const staple = authority.respond(certificates.a);
    await scene.publish('a', staple);
    const others = [
      authority.respond(certificates.a, { digest: 'sha256' }),
      new TextEncoder().encode('nonsense'),
    ];
    for (const other of others) {
      await expect(scene.publish('a', other)).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
      expect(await scene.different('a', staple)).toBeUndefined();
      const onDisk = readFileSync(join(place.directory, 'tls/a.pem.ocsp'));
      expect(toHex(onDisk)).toBe(toHex(staple));
    }
  });
});

describe.each(['nginx', 'haproxy', 'lighttpd'] as const)(
  'a certificate that must have a staple, at %s',
  (which) => {
    beforeEach((context) => {
      requirePeer(context, 'openssl');
      requirePeer(context, 'gnutls-bin');
      requirePeer(context, staplingServers[which].debian);
      if (which !== 'haproxy') requireFeature(context, 'accounts');
    });

    it('is accepted by GnuTLS from the first connection on, and refused once that is withdrawn', async () => {
      const scene = await openStapleScene(which, 'must-staple');
      const { authority, certificates } = scene;
      await scene.publish('a', authority.respond(certificates.a)).catch(() => {});
      await scene.start();
      expect(await scene.judged('a')).toMatchObject({
        accepts: true,
        text: expect.stringContaining('The certificate is trusted'),
      });
      await scene.publish('a');
      expect(await scene.different('a')).toBeUndefined();
      expect(await scene.judged('a')).toMatchObject({
        accepts: false,
        text: expect.stringContaining('OCSP status is missing'),
      });
      // Renewed with its staple by one step, it is accepted again at once.
      const renewed = authority.issue('a', 'must-staple');
      const staple = authority.respond(renewed);
      await scene.renew(renewed, staple);
      expect(await scene.different('a', staple)).toBeUndefined();
      expect(await scene.judged('a')).toMatchObject({ accepts: true });
    });
  },
);

describe('a staple at nginx', () => {
  beforeEach((context) => {
    requirePeer(context, 'openssl');
    requirePeer(context, 'nginx-light');
    requireFeature(context, 'accounts');
  });

  it('stays the old one when nginx cannot use its configuration, or its directory is gone', async () => {
    const scene = await openStapleScene('nginx');
    const { authority, certificates, place } = scene;
    const staple = authority.respond(certificates.a);
    for (const site of sites) await scene.publish(site).catch(() => {});
    await scene.start();
    await scene.publish('a', staple);
    expect(await scene.different('a', staple)).toBeUndefined();
    await expect(scene.publish('a', new TextEncoder().encode('nonsense'))).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('Cannot use the configuration of nginx'),
    });
    expect(await scene.different('a', staple)).toBeUndefined();
    rmSync(join(place.directory, 'staple'), { recursive: true });
    await expect(scene.publish('a', authority.respond(certificates.a))).rejects.toMatchObject({
      message: expect.stringContaining('there is no directory'),
    });
    expect(await scene.different('a', staple)).toBeUndefined();
  });
});
