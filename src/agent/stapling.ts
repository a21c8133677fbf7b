import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SecureContextOptions, Server } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { parseLabel } from '../base/label.ts';
import { silentLog, type Log } from '../base/log.ts';
import { listenerCertificate } from '../lifecycle/listener-certificate.ts';
import {
  stapledListener,
  type ListenerCertificate,
  type StapledListener,
  type StaplingServerOptions,
} from '../ocsp-staple/listener.ts';
import type { StoreKeySource } from '../store/store-key.ts';
import { compose } from './compose.ts';

/** What is served, and from where. */
export interface StaplingOptions {
  /** Absolute; an agent keeps the certificates and their OCSP responses in it. */
  readonly stateDirectory: string;
  /** Names of certificates; the first is that of clients that ask for no name, or for nobody's. */
  readonly names: readonly [string, ...string[]];
  /** `store.key` in the state directory when absent. */
  readonly storeKey?: StoreKeySource;
  /** Other options of TLS, such as `minVersion` and `ciphers`. */
  readonly tls?: SecureContextOptions;
  /** Told what cannot be read or used; the certificates that are served stay. */
  readonly log?: Log;
  readonly clock?: Clock;
}

/** Certificates of a state directory with their staples, for TLS servers of this process. */
export interface Stapling {
  /** @internal what serves them */
  readonly listener: StapledListener;
  /** Look now whether something was renewed or refreshed; done every five seconds by itself. */
  refresh(): Promise<void>;
  /** Look no more, and close the store. What is served stays until the servers are closed. */
  close(): Promise<void>;
}

/** How soon what the agent has renewed or refreshed is served. */
const LOOK_MS = 5000;

/**
 * Open a state directory for TLS servers.
 *
 * @throws {CertError} CONFIG_INVALID when there is no store; CERT_UNKNOWN, KEY_UNUSABLE for a name that cannot be served; whatever keeps a store from being opened
 */
export async function openStapling(options: StaplingOptions): Promise<Stapling> {
  const { stateDirectory, storeKey, tls, clock: given, log = silentLog } = options;
  // Opening a store makes one, and of a mistyped directory nobody would notice.
  if (!existsSync(join(stateDirectory, 'store.db'))) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot serve from "${stateDirectory}": there is no store`,
      {
        hint: 'Give the state directory that the agent works in',
      },
    );
  }
  const services = await compose({
    stateDirectory,
    log,
    ...(storeKey && { storeKey }),
    ...(given && { clock: given }),
  });
  try {
    const { clock } = services;
    const [firstName, ...otherNames] = options.names.map((name) => parseLabel(name, 'name'));
    if (firstName === undefined) throw new CertError('INTERNAL', 'Cannot serve no name');
    const read = (name: typeof firstName, before?: ListenerCertificate) =>
      listenerCertificate(services, name, before);
    const first = await read(firstName);
    const others: ListenerCertificate[] = [];
    for (const name of otherNames) others.push(await read(name));
    const listener = stapledListener([first, ...others], () => clock.now(), tls);
    let served: readonly ListenerCertificate[] = [first, ...others];
    let complaint: string | undefined;

    const look = async (): Promise<void> => {
      const names = [firstName, ...otherNames];
      const next: ListenerCertificate[] = [];
      for (const [at, name] of names.entries()) next.push(await read(name, served[at]));
      listener.serve(next);
      served = next;
      complaint = undefined;
    };
    let looking: Promise<void> | undefined;
    const refresh = async (): Promise<void> => {
      looking ??= look()
        .catch((error: unknown) => {
          const text = error instanceof Error ? error.message : String(error);
          // Once is enough, until something else is wrong.
          if (text !== complaint) log.warn(text);
          complaint = text;
        })
        .finally(() => {
          looking = undefined;
        });
      await looking;
    };
    const interval = setInterval(() => void refresh(), LOOK_MS).unref();
    return {
      listener,
      refresh,
      async close() {
        clearInterval(interval);
        await looking;
        await services.close();
      },
    };
  } catch (error) {
    await services.close();
    throw error;
  }
}

/** Options for `tls.createServer` and `https.createServer`; see `attachStapling`. */
export function staplingServerOptions({ listener }: Stapling): StaplingServerOptions {
  return listener.options();
}

/**
 * Have a TLS server made with `staplingServerOptions` staple, and serve renewed certificates without being restarted.
 * Connections that are there stay as they are.
 *
 * @returns what ends that
 */
export function attachStapling(server: Server, { listener }: Stapling): () => void {
  return listener.attach(server);
}
