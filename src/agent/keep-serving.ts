import type { ServingContext } from '../lifecycle/serve-certificate.ts';
import { keepLooking } from './keep-looking.ts';
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
  const { refresh, close } = await keepLooking(
    async () => {
      if (server === undefined) server = await serveNames(context, place);
      else await server.refresh();
    },
    { log, everyMs, isForStarter: isOfPort },
  );
  return {
    port: () => server?.port,
    refresh,
    async close() {
      await close();
      await server?.close();
    },
  };
}
