import { openIpsecScene, type IpsecScene } from './ipsec-scene.ts';
import { listMatrixRows, matrixModes, type MatrixRow, type MatrixSource } from './matrix-rows.ts';
import { makeRoot, type SceneCa, type SceneLeaf } from './scene-ca.ts';
import { filesOf, type WrittenConnection } from './swanctl-files.ts';

/** A peer of the matrix: a certificate for each mode, all of one CA of its own. */
export interface MatrixPeer {
  readonly name: string;
  readonly row: MatrixRow;
  readonly issuing: SceneCa;
  /** In the order of the modes. */
  readonly leaves: readonly SceneLeaf[];
}

/**
 * The scene of a matrix. Each row has its own issuing CA, so that all of them can be there at the same time and nothing
 * that is kept of one counts for another; bob has the certificates of all peers, and alice judges.
 */
export interface MatrixScene extends IpsecScene {
  readonly peers: readonly MatrixPeer[];
  /** Above the rows with an OCSP object, which is asked for all that is below an anchor. */
  readonly objectRoot: SceneCa;
  /** Where that object asks. */
  readonly objectUrl: string;
  readonly ofAlice: SceneLeaf;
}

/** The connection of a peer in a mode. */
export function nameOf(peer: MatrixPeer, mode: string): string {
  return `${peer.name}-${mode}`;
}

/** Make it. */
export async function openMatrixScene(): Promise<MatrixScene> {
  // All peers come from one address, which looks like an attack.
  const scene = await openIpsecScene({ settings: ['dos_protection = no'] });
  try {
    const { host, a, b } = scene;
    const objectRoot = await makeRoot('root-c', 'Root-C');
    host.add(objectRoot);
    const peers: MatrixPeer[] = [];
    for (const [name, row] of listMatrixRows()) {
      peers.push(await peerOf(scene, name, row, row.ocsp ? objectRoot : b.root));
    }
    const asked = '/object';
    // Charon asks about the CAs below the root, too.
    host.addShared(asked, [objectRoot, ...peers.map(({ issuing }) => issuing)]);
    for (const { issuing, row } of peers) {
      const source = row.object ?? row.ocsp;
      if (source) await spoil(scene, `${asked}#${issuing.name}`, source, issuing);
    }
    const ofAlice = await a.issuing.issue('alice');
    await loadBob(scene, peers, [b.root, objectRoot]);
    return { ...scene, peers, objectRoot, objectUrl: `${host.url}${asked}`, ofAlice };
  } catch (error) {
    await scene.close();
    throw error;
  }
}

async function peerOf(
  scene: IpsecScene,
  name: string,
  row: MatrixRow,
  root: SceneCa,
): Promise<MatrixPeer> {
  const { host } = scene;
  const issuing = await root.issueCa(name, `Issuing ${name}`, { crl: host.urlsOf(root.name).crl });
  host.add(issuing);
  const { crl, ocsp } = host.urlsOf(name);
  const names = { ...(row.crl && { crl }), ...(row.ocsp && { ocsp }) };
  const leaves = await Promise.all(
    matrixModes.map((mode) => issuing.issue(`${name}-${mode}`, { names })),
  );
  if (row.isRevoked === true) for (const leaf of leaves) issuing.revoke(leaf);
  if (row.crl) await spoil(scene, `/${name}.crl`, row.crl, issuing);
  if (row.ocsp) await spoil(scene, `/ocsp/${name}`, row.ocsp, issuing);
  return { name, row, issuing, leaves };
}

async function spoil(
  { host }: IpsecScene,
  path: string,
  source: MatrixSource,
  issuing: SceneCa,
): Promise<void> {
  switch (source.type) {
    case 'down':
      return host.spoil(path, { type: 'reset' });
    case 'tryLater':
      return host.spoil(path, { type: 'tryLater' });
    case 'made':
      return host.spoil(path, { type: 'of', making: source.making });
    case 'foreign': {
      const foreign = await makeRoot(
        'foreign',
        source.hasSameName ? issuing.commonName : 'Foreign',
      );
      return host.spoil(path, { type: 'octets', body: await foreign.crl() });
    }
  }
}

async function loadBob(
  { alice, bob, a }: IpsecScene,
  peers: readonly MatrixPeer[],
  roots: readonly SceneCa[],
): Promise<void> {
  const leaves = peers.flatMap((peer) => peer.leaves);
  const connections = leaves.map((leaf): WrittenConnection => ({
    name: leaf.name,
    localAddress: bob.place.address,
    remoteAddress: alice.place.address,
    leaf,
    localId: `CN=${leaf.name}`,
    remoteId: 'CN=alice',
    anchors: [a.root],
    revocation: 'relaxed',
    // Alice comes as many peers at the same time.
    lines: ['unique = never'],
  }));
  const cas = [...roots, ...peers.map(({ issuing }) => issuing), a.root];
  await bob.load(filesOf({ connections, leaves, cas }));
}

/** Have alice's charon judge all peers by itself, as its operator has written it. */
export async function loadAlone(scene: MatrixScene): Promise<void> {
  const { alice, bob, a, b, ofAlice, objectRoot, peers } = scene;
  const connections = peers.flatMap((peer) =>
    matrixModes.map((mode): WrittenConnection => ({
      name: nameOf(peer, mode),
      localAddress: alice.place.address,
      remoteAddress: bob.place.address,
      leaf: ofAlice,
      localId: 'CN=alice',
      remoteId: `CN=${nameOf(peer, mode)}`,
      anchors: [peer.row.ocsp ? objectRoot : b.root],
      revocation: mode,
    })),
  );
  const cas = [...a.cas, b.root, objectRoot];
  await alice.load(filesOf({ connections, leaves: [ofAlice], cas }));
}
