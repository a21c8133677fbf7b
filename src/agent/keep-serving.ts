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

/** The operating system has said no: it is taken, not allowed, or of no address here. */
function isOfPort({ cause }: Error): boolean {
  return cause instanceof Error && 'syscall' in cause && cause.syscall === 'listen';
}

/** How soon a renewed certificate is shown; the one before is valid for days. */
const everyMs = 60_000;

/**
 * Serve other agents, and try again each minute while that does not work: a certificate that is yet to come, or that has
 * expired, keeps nobody from renewing.
 *
 * @throws {CertError} CONFIG_INVALID when the port cannot be had: somebody starts it, and is there to choose another one
 */
export async function keepServing(context: ServingContext, place: ServingPlace): Promise<Serving> {
  const { log } = context;
  let server: NameServer | undefined;
  let complaint: string | undefined;
  let isClosed = false;
  let isFirst = true;
  const look = async (): Promise<void> => {
    try {
      if (server === undefined) server = await serveNames(context, place);
      else await server.refresh();
      complaint = undefined;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (isFirst && isOfPort(error)) throw error;
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
  isFirst = false;
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
