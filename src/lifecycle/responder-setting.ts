import type { Settings } from '../store/settings-contract.ts';
import type { ResponderPlace } from './responder-place.ts';

/** How the agent answers OCSP requests of servers. */
export interface ResponderSetting extends ResponderPlace {
  /** Labels of CAs whose certificates are asked about for others. */
  readonly forCa: readonly string[];
  /** OCSP object by which that is done; there is one when there are CAs. */
  readonly object?: string;
  /** A question with a nonce goes on to the responder of the CA, and its answer back. */
  readonly passesNonces: boolean;
}

/** Setting: how the agent answers OCSP requests of servers, as JSON; without it, it does not. */
export const responderKey = 'staple-responder';

/** Read it; undefined when the agent answers nobody. What is no such setting counts as none. */
export async function readResponder(
  settings: Pick<Settings, 'get'>,
): Promise<ResponderSetting | undefined> {
  const stored = await settings.get(responderKey);
  if (stored === undefined) return undefined;
  const value: unknown = JSON.parse(stored);
  if (typeof value !== 'object' || value === null) return undefined;
  const words: Readonly<Record<string, unknown>> = { ...value };
  const { address, port, isOpen, forCa, object, passesNonces } = words;
  if (typeof address !== 'string' || typeof port !== 'number') return undefined;
  return {
    address,
    port,
    isOpen: isOpen === true,
    forCa: Array.isArray(forCa) ? forCa.filter((each) => typeof each === 'string') : [],
    ...(typeof object === 'string' && { object }),
    passesNonces: passesNonces === true,
  };
}
