import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { makeSite } from '../revocation/site.ts';
import { keeperAt } from './certkeeper.ts';
import type { Called } from './charon.ts';
import { matrixModes, type MatrixMode } from './matrix-rows.ts';
import { nameOf, type MatrixPeer, type MatrixScene } from './matrix-scene.ts';
import type { PlacedProcess } from './place.ts';

/** Our program beside alice's charon: it has set up all connections, and its agent judges. */
export interface Together {
  readonly agent: PlacedProcess;
  close(): Promise<void>;
}

const patience = { timeout: 30_000, interval: 100 } as const;

/** Start it, with a charon that has nothing but what the agent gives it. */
export async function startTogether(scene: MatrixScene): Promise<Together> {
  const { alice, host, peers, a, b, objectRoot, objectUrl, ofAlice } = scene;
  await alice.load({ 'swanctl.conf': '' });
  await alice.restart();
  const site = makeSite();
  const held = peers.filter(({ row }) => row.by === 'ca-crl');
  const path = (name: string): string => join(site.state, name);
  const file = (name: string, text: string): string => {
    writeFileSync(path(name), text);
    return path(name);
  };
  const importCa = ({ name, pem }: { name: string; pem: string }): string =>
    `cert import cert-name ${name} file ${file(`${name}.pem`, pem)} ca`;
  const chain = file('chain.pem', a.cas.map(({ pem }) => pem).join(''));
  await site.say(
    `cert import cert-name alice file ${file('alice.pem', ofAlice.pem)} key-file ${file('alice.key', ofAlice.keyPem)} chain-file ${chain}`,
    ...[b.root, objectRoot, ...peers.map(({ issuing }) => issuing)].map(importCa),
    'staple responder listen 127.0.0.1:8889',
    `ocsp verify-object hq url ${objectUrl} verify-others off ca-chain root-c nonce off timeout 1000`,
    'crypto map fallback ikev2-ipv4 ca root-c ocsp-cert-validator hq crl-fallback on',
    ...held.flatMap(({ name }) => [
      `ca-crl name ${name} der url ${host.urlsOf(name).crl}`,
      `crypto map ${name} ikev2-ipv4 ca root-b ca-crl list ca-crl-name ${name}`,
    ]),
  );
  await site.say(...peers.flatMap((peer) => matrixModes.map((mode) => peerAdd(scene, peer, mode))));
  const keeper = keeperAt(alice.place, site.state);
  // Or the agent would have the CRLs a look later than the connections.
  for (const { name, leaves } of held) {
    const [leaf] = leaves;
    if (leaf) await keeper.run('verify', file(`${name}.leaf.pem`, leaf.pem), 'policy', name);
  }
  const agent = await keeper.startAgent();
  await vi.waitFor(async () => {
    const { out } = await alice.swanctl('--list-conns');
    expect(out.match(/^\S+: IKEv2/gm) ?? [], agent.log()).toHaveLength(
      peers.length * matrixModes.length,
    );
    const { out: crls } = await alice.swanctl('--list-certs', '--type', 'x509_crl');
    for (const { issuing } of held) expect(crls, agent.log()).toContain(`CN=${issuing.commonName}`);
  }, patience);
  return {
    agent,
    async close() {
      await agent.stop();
      site.close();
    },
  };
}

function peerAdd({ alice, bob }: MatrixScene, peer: MatrixPeer, mode: MatrixMode): string {
  const { row, name } = peer;
  const hasObject = row.by === 'object' || row.by === 'object-or-crl';
  return [
    `ipsec peer add ${nameOf(peer, mode)} socket ${alice.socket}`,
    `local-address ${alice.place.address} peer ${bob.place.address}`,
    `local-id CN=alice remote-id CN=${nameOf(peer, mode)} certificate alice`,
    `ca ${hasObject ? 'root-c' : 'root-b'} revocation ${mode}`,
    ...(row.by === 'object-or-crl' ? ['policy fallback'] : []),
    ...(hasObject ? ['ocsp-cert-validator hq'] : []),
    ...(row.by === 'ca-crl' ? [`ca-crl list ca-crl-name ${name}`] : []),
    'proposal aes128-sha256-ecp256 later',
  ].join(' ');
}

/** Our own judgement refuses it, and charon does not. */
const endsForSure = 'later-good-strict';

/**
 * Wait until the agent has judged all that was set up. Charon shows the certificates of those alone that came last: the
 * agent ends an IKE_SA whose certificate it never saw, and these are called again.
 *
 * @returns the connections that stand
 */
export async function standingAtLast(
  { alice, bob }: MatrixScene,
  { agent }: Together,
  became: ReadonlyMap<string, Called>,
): Promise<ReadonlySet<string>> {
  const established = [...became].flatMap(([name, { isEstablished }]) =>
    isEstablished ? [name] : [],
  );
  const standing = async (): Promise<ReadonlySet<string>> =>
    new Set((await alice.sas()).map(({ connection }) => connection));
  return vi.waitFor(async () => {
    const there = await standing();
    const log = agent.log();
    // All IKE_SAs are judged at once: when this one is gone, so are the others that are refused.
    expect([...there], log).not.toContain(endsForSure);
    const isRefused = (name: string): boolean =>
      log.includes(`"${name}" at ${bob.place.address} is refused`);
    for (const name of established) {
      if (there.has(name) || isRefused(name)) continue;
      await alice.call(name);
      throw new Error(`"${name}" has to be judged: ${log}`);
    }
    return there;
  }, patience);
}
