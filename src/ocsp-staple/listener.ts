import { AsyncLocalStorage } from 'node:async_hooks';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TlsOptions,
} from 'node:tls';
import { asBuffer, toHex } from '../base/bytes.ts';
import { digest } from '../crypto/digest.ts';
import { hostIdentity } from '../revocation/peer-identity-text.ts';
import { checkIdentity } from '../revocation/peer-identity.ts';
import type { HeldStaple } from '../store/staples-contract.ts';
import type { Certificate } from '../x509/certificate.ts';

/** A certificate with its key and its staple, as a listener serves it. */
export interface ListenerCertificate {
  /** Of the certificate; unique among those of a listener. */
  readonly name: string;
  /** SHA-256 of its DER, in lower-case hexadecimal. */
  readonly id: string;
  readonly certificate: Certificate;
  /** PEM of it and of the CA certificates above it, without the root. */
  readonly chain: string;
  /** PEM. */
  readonly key: string;
  readonly staple?: Pick<HeldStaple, 'der' | 'until'>;
}

/** What `tls.createServer` and `https.createServer` are given. */
export interface StaplingServerOptions {
  readonly key: string;
  readonly cert: string;
  /** Absent where there is one certificate for all names. */
  readonly SNICallback?: NonNullable<TlsOptions['SNICallback']>;
}

/** Serves certificates with their staples in TLS servers of this process. */
export interface StapledListener {
  /** Of the first certificate, and the choice of another by the name a client asks for. */
  options(): StaplingServerOptions;
  /**
   * Have a server staple, and serve the first certificate as it is from time to time. A plain socket becomes one of its
   * connections by `server.emit('connection', socket)`, as FTP does at AUTH TLS: a TLSSocket made otherwise never staples.
   *
   * @returns what ends that
   */
  attach(server: Server): () => void;
  /** Serve these from now on, in place of what was served; connections that are there stay as they are. */
  serve(certificates: readonly ListenerCertificate[]): void;
}

/** What is known of a connection from its first octet on. */
interface Connection {
  /** Certificate that the server had without a choice when it came. */
  readonly first: Ready;
  /** By the name the client asked for. */
  chosen?: Ready;
}

interface Ready {
  readonly served: ListenerCertificate;
  readonly context: SecureContext;
}

/** Names of servers that clients ask for, each looked for once: more than a listener has. */
const MAX_NAMES = 256;

/**
 * Make it.
 *
 * @param initial the first one is that of clients that ask for no name, or for one that is nobody's
 * @param more other options of contexts, such as `minVersion` and `ciphers`
 * @throws what OpenSSL says of a key that is not of its certificate
 */
export function stapledListener(
  initial: readonly [ListenerCertificate, ...ListenerCertificate[]],
  now: () => Date,
  more: SecureContextOptions = {},
): StapledListener {
  const connections = new AsyncLocalStorage<Connection>();
  const servers = new Set<Server>();
  let ready: readonly Ready[] = initial.map((served) => readyOf(served, more));
  let first = readyOf(initial[0], more, ready);

  const named = new Map<string, Ready>();

  const chosenBy = (servername: string): Ready => {
    const before = named.get(servername);
    if (before) return before;
    const chosen = ready.find(({ served }) => isNamed(served.certificate, servername)) ?? first;
    // Whoever asks for more names than there are has each of them looked for.
    if (named.size < MAX_NAMES) named.set(servername, chosen);
    return chosen;
  };
  const choose: StaplingServerOptions['SNICallback'] = (servername, answer) => {
    const chosen = chosenBy(servername);
    const connection = connections.getStore();
    if (connection) connection.chosen = chosen;
    answer(null, chosen.context);
  };

  /**
   * Node says which certificate it believes to show, and is mistaken for a connection that began before the last change: the
   * response of the new certificate would go with the old one. So each connection remembers what it began with.
   */
  const onRequest = (
    shown: Buffer,
    _issuer: Buffer,
    answer: (error: Error | null, response: Buffer | null) => void,
  ): void => {
    const connection = connections.getStore();
    const known = connection?.chosen ?? connection?.first;
    const id = known?.served.id ?? toHex(digest('sha256', shown));
    const served = ready.find((each) => each.served.id === id) ?? known;
    const staple = served?.served.staple;
    const isShown = staple !== undefined && now() < staple.until;
    answer(null, isShown ? asBuffer(staple.der) : null);
  };
  const onConnection = (): void => connections.enterWith({ first });

  return {
    options: () => ({
      ...more,
      key: first.served.key,
      cert: first.served.chain,
      ...(initial.length > 1 && { SNICallback: choose }),
    }),
    attach(server) {
      servers.add(server);
      // Before the listener of the server itself, which makes the TLS of the connection.
      server.prependListener('connection', onConnection);
      server.on('OCSPRequest', onRequest);
      server.setSecureContext({ ...more, key: first.served.key, cert: first.served.chain });
      return () => {
        servers.delete(server);
        server.off('connection', onConnection);
        server.off('OCSPRequest', onRequest);
      };
    },
    serve(certificates) {
      const [head] = certificates;
      if (head === undefined) return;
      const before = first.served.id;
      ready = certificates.map((served) => readyOf(served, more, ready));
      named.clear();
      first = readyOf(head, more, ready);
      if (head.id === before) return;
      for (const server of servers)
        server.setSecureContext({ ...more, key: head.key, cert: head.chain });
    },
  };
}

/** A context is made once for a version of a certificate. */
function readyOf(
  served: ListenerCertificate,
  more: SecureContextOptions,
  known: readonly Ready[] = [],
): Ready {
  const before = known.find((each) => each.served.id === served.id);
  const context =
    before?.context ?? createSecureContext({ ...more, key: served.key, cert: served.chain });
  return { served, context };
}

function isNamed(certificate: Certificate, servername: string): boolean {
  return checkIdentity(certificate, hostIdentity(servername), 'wildcards') === undefined;
}
