import { CertError } from '../base/errors.ts';
import type { ServingContext } from '../lifecycle/serve-certificate.ts';
import { serveNames, type NameServer, type ServingPlace } from './name-server.ts';

/** That other agents are served, as long as this one works. */
export interface Serving {
  /** What it listens on; undefined while it cannot. */
  port(): number | undefined;
  /** Look again at the certificate and the roots, or try again to listen. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** How soon a renewed certificate is shown; the one before is valid for days. */
const everyMs = 60_000;

/**
 * Serve other agents, and try again each minute while that does not work: a certificate that is yet to come, or a port
 * that is taken, keeps nobody from renewing.
 */
export async function keepServing(context: ServingContext, place: ServingPlace): Promise<Serving> {
  const { log } = context;
  let server: NameServer | undefined;
  let complaint: string | undefined;
  let isClosed = false;
  const look = async (): Promise<void> => {
    try {
      if (server === undefined) server = await serveNames(context, place);
      else await server.refresh();
      complaint = undefined;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const hint = error instanceof CertError ? error.hint : undefined;
      const text = hint === undefined ? error.message : `${error.message}; ${hint}`;
      // Once is enough, until something else is wrong.
      if (text !== complaint) log.warn(text);
      complaint = text;
    }
  };
  let looking = Promise.resolve();
  const refresh = (): Promise<void> => {
    looking = looking.then(() => (isClosed ? undefined : look()));
    return looking;
  };
  await refresh();
  const interval = setInterval(() => void refresh(), everyMs).unref();
  return {
    port: () => server?.port,
    refresh,
    async close() {
      isClosed = true;
      clearInterval(interval);
      await looking;
      await server?.close();
    },
  };
}
