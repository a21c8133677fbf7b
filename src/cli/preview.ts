import type { Services } from '../agent/compose.ts';
import { readOnly } from '../store/read-only.ts';

/** Ends a command where it would begin to change something. */
export class PreviewEnd extends Error {
  override readonly name = 'PreviewEnd';
}

/** Stop a command that is only tried. */
export function stopHere(): never {
  throw new PreviewEnd('This is a dry run');
}

/** What a command that is only tried stands on: everything can be read, and the first change ends it. */
export function previewServices(services: Services): Services {
  const refused = async (): Promise<never> => stopHere();
  return {
    ...services,
    store: readOnly(services.store, stopHere),
    deliver: refused,
    ike: { open: refused },
    peerValidation: refused,
    staples: { ask: refused, publish: refused, look: refused },
    connect: (url, settings) => {
      // Checks the URL, and connects to nothing.
      const { close } = services.connect(url, settings);
      return { exchange: refused, close };
    },
    // A key made in a token would stay there.
    tokens: async () => ({ ...(await services.tokens()), generate: refused }),
  };
}
