import { CertError } from '../../base/errors.ts';
import { suggest } from '../../base/suggest.ts';
import { removeIpsecPeer } from '../../lifecycle/ipsec-peers.ts';
import type { Body } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import { noSuchPeer } from '../ipsec-peer-view.ts';
import type { ipsecPeerRemoveParameters } from '../parameters-ipsec.ts';

/** End a tunnel, and forget it. */
export const run: Body<typeof ipsecPeerRemoveParameters> = async ({ name, force }, context) => {
  const services = await context.services();
  const removed = await interruptible(context, name, (signal) =>
    removeIpsecPeer({ ...services, signal }, name, { isForced: force }).catch((error: unknown) => {
      if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
      const hint = `${error.hint === undefined ? '' : `${error.hint}; `}add force to forget it all the same`;
      throw new CertError(error.code, error.message, { cause: error, hint });
    }),
  );
  if (!removed) {
    const known = (await services.store.ipsecPeers.list()).map((peer) => peer.name);
    throw noSuchPeer('remove', name, suggest(name, known));
  }
  context.print.done({ removed: name }, `IPsec peer "${name}" is removed`);
  return 0;
};
