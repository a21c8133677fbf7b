import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { makeSite } from '../revocation/site.ts';
import { keeperAt } from './certkeeper.ts';
import type { Called, Charon } from './charon.ts';
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

/** What became of all peers. */
export interface Outcome {
  /** Of the first attempt at each. */
  readonly became: ReadonlyMap<string, Called>;
  /** The connections that stand when all is judged, and those that the agent refused. */
  readonly standing: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
}

/**
 * Have alice call all peers, and wait until the agent has judged all that charon set up. It judges all IKE_SAs at once:
 * when one that has to end is refused, those that were there before it have been judged, too. Charon shows the certificates
 * of those alone that came last; the agent ends an IKE_SA whose certificate it never saw, and such are called again.
 */
export async function judgedByAgent(scene: MatrixScene, { agent }: Together): Promise<Outcome> {
  const { alice, bob, peers } = scene;
  const verdicts = peers.flatMap((peer) =>
    matrixModes.map((mode, i) => {
      const { alone, together = alone } = peer.row;
      return { name: nameOf(peer, mode), verdict: together[i] };
    }),
  );
  const namesOf = (ends: boolean): readonly string[] =>
    verdicts.flatMap(({ name, verdict }) => ((verdict === 'ends') === ends ? [name] : []));
  const standing = async (): Promise<ReadonlySet<string>> =>
    new Set((await alice.sas()).map(({ connection }) => connection));
  const isRefused = (name: string): boolean =>
    agent.log().includes(`"${name}" at ${bob.place.address} is refused`);

  const became = new Map(await callAll(alice, namesOf(false)));
  const established = [...became].flatMap(([name, { isEstablished }]) =>
    isEstablished ? [name] : [],
  );
  const callGone = async (): Promise<void> => {
    const there = await standing();
    const gone = established.filter((name) => !there.has(name) && !isRefused(name));
    await callAll(alice, gone);
  };
  /** @returns whether the agent has refused it; one that it never saw the certificate of it does not judge */
  const isRefusedSoon = async (name: string): Promise<boolean> => {
    const isOver = async (): Promise<void> => {
      const isThere = (await standing()).has(name);
      if (isThere && !isRefused(name)) throw new Error(`"${name}" stands`);
    };
    await vi.waitFor(isOver, { timeout: 8000, interval: 100 }).catch(() => alice.terminate(name));
    return isRefused(name);
  };
  for (const name of namesOf(true)) {
    await callGone();
    for (let tries = 0; tries < 6; tries += 1) {
      const called = await alice.call(name);
      if (tries === 0) became.set(name, called);
      if (!called.isEstablished || (await isRefusedSoon(name))) break;
    }
  }
  await callGone();
  const refused = new Set([...became.keys()].filter(isRefused));
  return { became, standing: await standing(), refused };
}

/** Have a charon call peers, some at a time. @returns what became of each */
export async function callAll(
  charon: Charon,
  names: readonly string[],
): Promise<ReadonlyMap<string, Called>> {
  const became = new Map<string, Called>();
  const next = names.values();
  const caller = async (): Promise<void> => {
    for (const name of next) became.set(name, await charon.call(name));
  };
  await Promise.all(Array.from({ length: 6 }, caller));
  return became;
}
