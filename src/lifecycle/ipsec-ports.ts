import type { IkeDaemon, IkeDaemonOptions } from '../deploy/ike-daemon.ts';
import type { LifecycleContext } from './context.ts';

/** How IKE daemons are reached. */
export interface IkePorts {
  /** Reach a charon by its VICI socket. @throws {CertError} DELIVERY_FAILED when nobody answers there, or somebody else */
  open(socket: string, options: IkeDaemonOptions): Promise<IkeDaemon>;
  /** How long a peer may take to authenticate us anew; left out, as long as a slow responder takes. */
  readonly patienceMs?: number;
}

/** VICI; loaded when it is used first. */
export const realIkePorts: IkePorts = {
  async open(socket, options) {
    const { openIkeDaemon } = await import('../deploy/strongswan-daemon.ts');
    return await openIkeDaemon(socket, options);
  },
};

/**
 * Speak to a charon, and let it go then, whatever comes of it.
 *
 * @throws {CertError} DELIVERY_FAILED when nobody answers there; whatever `work` throws
 */
export async function withDaemon<T>(
  { ike = realIkePorts, signal }: Pick<LifecycleContext, 'ike' | 'signal'>,
  socket: string,
  work: (daemon: IkeDaemon) => Promise<T>,
  limits: Omit<IkeDaemonOptions, 'signal'> = {},
): Promise<T> {
  const daemon = await ike.open(socket, { ...limits, signal });
  try {
    return await work(daemon);
  } finally {
    daemon.close();
  }
}
