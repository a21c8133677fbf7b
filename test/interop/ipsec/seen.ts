import { bytesEqual } from '../../../src/base/bytes.ts';
import { openIkeDaemon } from '../../../src/deploy/strongswan-daemon.ts';
import type { Charon } from './charon.ts';
import type { SceneLeaf } from './scene-ca.ts';

/** Tell whether a charon has a certificate, which it was shown by a peer if it was not loaded. */
export async function isSeenBy(
  { socket }: Charon,
  { der }: Pick<SceneLeaf, 'der'>,
): Promise<boolean> {
  const daemon = await openIkeDaemon(socket);
  try {
    return (await daemon.certificates()).some((each) => bytesEqual(each.der, der));
  } finally {
    daemon.close();
  }
}
