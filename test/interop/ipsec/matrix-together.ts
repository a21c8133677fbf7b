import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { parseLabel } from '../../../src/base/label.ts';
import { putIpsecPeer } from '../../../src/lifecycle/ipsec-peers.ts';
import type { IpsecPeer } from '../../../src/store/ipsec-contract.ts';
import { makeSite } from '../revocation/site.ts';
import { keeperAt } from './certkeeper.ts';
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
    ...peers
      .filter(({ row }) => row.by === 'ca-crl')
      .map(({ name }) => `ca-crl name ${name} der url ${host.urlsOf(name).crl}`),
  );
  await site.within(async (services) => {
    for (const peer of peers)
      for (const mode of matrixModes)
        await putIpsecPeer(services, ipsecPeer(scene, peer, mode), true);
  });
  const agent = await keeperAt(alice.place, site.state).startAgent();
  await vi.waitFor(async () => {
    const { out } = await alice.swanctl('--list-conns');
    expect(out.match(/^\S+: IKEv2/gm) ?? [], agent.log()).toHaveLength(
      peers.length * matrixModes.length,
    );
    const { out: crls } = await alice.swanctl('--list-certs', '--type', 'x509_crl');
    for (const { issuing, row } of peers) {
      if (row.by === 'ca-crl') expect(crls, agent.log()).toContain(`CN=${issuing.commonName}`);
    }
  }, patience);
  return {
    agent,
    async close() {
      await agent.stop();
      site.close();
    },
  };
}

function ipsecPeer({ alice, bob }: MatrixScene, peer: MatrixPeer, mode: MatrixMode): IpsecPeer {
  const { row, name } = peer;
  const hasObject = row.by === 'object' || row.by === 'object-or-crl';
  return {
    name: parseLabel(nameOf(peer, mode), 'peer'),
    socket: alice.socket,
    localAddresses: [alice.place.address],
    remoteAddresses: [bob.place.address],
    localId: 'CN=alice',
    remoteId: `CN=${nameOf(peer, mode)}`,
    certificate: parseLabel('alice', 'certificate'),
    ca: [hasObject ? 'root-c' : 'root-b'],
    ...(row.by === 'object-or-crl' && { policy: 'fallback' }),
    isInitiator: false,
    revocation: mode,
    ...(hasObject && { ocspObject: 'hq' }),
    crls: row.by === 'ca-crl' ? [name] : [],
    crlUris: [],
    reauthenticates: false,
    proposals: ['aes128-sha256-ecp256'],
    children: [],
  };
}

/**
 * Wait until the agent has judged all that was set up: it looks at all IKE_SAs at once, and ends one that came last.
 */
export async function waitUntilJudged(
  { alice }: MatrixScene,
  { agent }: Together,
  last: string,
): Promise<void> {
  await vi.waitFor(async () => {
    const connections = (await alice.sas()).map(({ connection }) => connection);
    expect(connections, agent.log()).not.toContain(last);
  }, patience);
}
