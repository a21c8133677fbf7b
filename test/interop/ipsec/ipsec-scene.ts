import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasPeer, requireFeature, requirePeer, type Skippable } from '../../harness/require.ts';
import { features } from '../../features.ts';
import { charonIn, type Charon, type CharonOptions } from './charon.ts';
import { openNetwork, type Network } from './network.ts';
import { makeRoot, type SceneCa } from './scene-ca.ts';
import { openStatusHost, type StatusHost } from './status-host.ts';

/** A root with CAs below it. */
export interface Hierarchy {
  /** From the root to the one that issues to the gateway. */
  readonly cas: readonly SceneCa[];
  readonly root: SceneCa;
  readonly issuing: SceneCa;
}

/**
 * Two gateways, each with a charon and a hierarchy of its own, which meet nowhere: Root-A and Issuing-A for alice,
 * Root-B and Issuing-B for bob. The CRLs of the CAs, and their responders, are on a third machine.
 */
export interface IpsecScene {
  readonly network: Network;
  readonly directory: string;
  readonly host: StatusHost;
  readonly alice: Charon;
  readonly bob: Charon;
  readonly a: Hierarchy;
  readonly b: Hierarchy;
  close(): Promise<void>;
}

/** What differs between scenes. */
export interface IpsecSceneOptions extends CharonOptions {
  /** Of charon of one side, beside those of both. */
  readonly alice?: CharonOptions;
  readonly bob?: CharonOptions;
  /** CAs below each root: the chain of a gateway has one certificate more. 1 when absent. */
  readonly intermediates?: number;
}

/** Skip a test where there is nothing to make the scene of. Call it in `beforeEach`. */
export function requireIpsec(context: Skippable, esp: CharonOptions['esp'] = 'none'): void {
  for (const peer of ipsecPeers) requirePeer(context, peer);
  requireFeature(context, 'bridges');
  if (esp === 'libipsec') requireFeature(context, 'tun');
}

/** Tell in a `beforeAll`, which cannot skip, whether the scene can be made. */
export function hasIpsec(esp: CharonOptions['esp'] = 'none'): boolean {
  const hasTun = esp === 'none' || features.tun.isThere();
  return ipsecPeers.every(hasPeer) && features.bridges.isThere() && hasTun;
}

const ipsecPeers = [
  'iproute2',
  'util-linux',
  'charon-systemd',
  'strongswan-swanctl',
  'libcharon-extra-plugins',
  'libstrongswan-extra-plugins',
  'iputils-ping',
] as const;

/** Make it, with both charons running and nothing loaded; whoever made it closes it. */
export async function openIpsecScene(options: IpsecSceneOptions = {}): Promise<IpsecScene> {
  const { alice: ofAlice, bob: ofBob, intermediates = 1, ...ofBoth } = options;
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-ipsec-'));
  const undo: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const each of undo.splice(0).toReversed()) await each();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const network = await openNetwork();
    undo.push(() => network.close());
    const host = await openStatusHost(network.pki);
    undo.push(() => host.close());
    const a = await hierarchy('A', intermediates, host);
    const b = await hierarchy('B', intermediates, host);
    const alice = charonIn(network.alice, directory, { ...ofBoth, ...ofAlice });
    const bob = charonIn(network.bob, directory, { ...ofBoth, ...ofBob });
    for (const charon of [alice, bob]) undo.push(() => charon.stop());
    await Promise.all([alice.start(), bob.start()]);
    if (ofBoth.esp === 'libipsec') await addSubnets(network);
    return { network, directory, host, alice, bob, a, b, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function hierarchy(letter: string, below: number, host: StatusHost): Promise<Hierarchy> {
  const root = await makeRoot(`root-${letter.toLowerCase()}`, `Root-${letter}`);
  const cas = [root];
  let issuing = root;
  for (let i = 1; i <= below; i += 1) {
    const [name, commonName] =
      i === below
        ? [`issuing-${letter.toLowerCase()}`, `Issuing-${letter}`]
        : [`sub-${letter.toLowerCase()}${i}`, `Sub-${letter}${i}`];
    // The CRL of the CA above is what strict wants of a CA; its OCSP responder is for gateways.
    issuing = await issuing.issueCa(name, commonName, { crl: host.urlsOf(issuing.name).crl });
    cas.push(issuing);
  }
  for (const ca of cas) host.add(ca);
  return { cas, root, issuing };
}

/** What is behind the gateways: a gateway's own address is no selector that charon takes. */
export const subnets = {
  alice: { selector: '10.1.0.0/24', address: '10.1.0.1' },
  bob: { selector: '10.2.0.0/24', address: '10.2.0.1' },
} as const;

async function addSubnets({ alice, bob }: Network): Promise<void> {
  await alice.done('ip', 'address', 'add', `${subnets.alice.address}/24`, 'dev', 'lo');
  await bob.done('ip', 'address', 'add', `${subnets.bob.address}/24`, 'dev', 'lo');
}
