import type { Charon } from './charon.ts';
import { subnets, type Hierarchy, type IpsecScene } from './ipsec-scene.ts';
import type { SceneLeaf } from './scene-ca.ts';
import { filesOf, type WrittenAuthority, type WrittenConnection } from './swanctl-files.ts';

/** What one gateway adds to the plain connection. */
export interface OwnSide {
  readonly leaf: SceneLeaf;
  readonly revocation?: WrittenConnection['revocation'];
  readonly lines?: readonly string[];
  /** It needs the certificate of the CA, which is loaded. */
  readonly authorities?: readonly WrittenAuthority[];
  /** DER of CRLs that are loaded, and not fetched. */
  readonly crls?: readonly Uint8Array[];
}

/** The connection that is written on both sides, and the traffic of it. */
export const connectionName = 'ipsec1';
export const childName = 'tunnel1';

/**
 * Load one connection between the two gateways by swanctl, as an operator does who has nothing but that; nobody
 * initiates it yet. Each side knows its own chain and the root of the other.
 */
export async function loadBothWays(
  scene: IpsecScene,
  sides: { readonly alice: OwnSide; readonly bob: OwnSide; readonly hasTraffic?: boolean },
): Promise<void> {
  const { hasTraffic = false } = sides;
  const load = (
    [charon, own, side, subnet]: readonly [Charon, Hierarchy, OwnSide, { selector: string }],
    [otherCharon, other, otherSide, otherSubnet]: readonly [
      Charon,
      Hierarchy,
      OwnSide,
      { selector: string },
    ],
  ): Promise<void> => {
    const { leaf, authorities = [], crls = [], ...more } = side;
    const connection: WrittenConnection = {
      name: connectionName,
      localAddress: charon.place.address,
      remoteAddress: otherCharon.place.address,
      leaf,
      localId: `CN=${leaf.name}`,
      remoteId: `CN=${otherSide.leaf.name}`,
      anchors: [other.root],
      revocation: more.revocation ?? 'strict',
      lines: more.lines ?? [],
      ...(hasTraffic && {
        child: { name: childName, local: subnet.selector, remote: otherSubnet.selector },
      }),
    };
    const cas = new Set([...own.cas, other.root, ...authorities.map(({ ca }) => ca)]);
    return charon.load(
      filesOf({ connections: [connection], leaves: [leaf], cas: [...cas], authorities, crls }),
    );
  };
  const ofAlice = [scene.alice, scene.a, sides.alice, subnets.alice] as const;
  const ofBob = [scene.bob, scene.b, sides.bob, subnets.bob] as const;
  await Promise.all([load(ofAlice, ofBob), load(ofBob, ofAlice)]);
}
