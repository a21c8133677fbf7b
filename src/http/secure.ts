import { isIP, type Socket } from 'node:net';
import type { DetailedPeerCertificate, SecureContext, TLSSocket } from 'node:tls';
import { encodePem } from '../asn1/pem.ts';
import { CertError } from '../base/errors.ts';
import { endpointOf, type TlsSettings } from './route.ts';
import { tlsError } from './tls-error.ts';

/** TLS to one server. */
export interface TlsClient {
  /**
   * Begin TLS on a socket that is connected through.
   *
   * @returns the socket that takes its place, and what becomes of it
   * @throws {CertError} CONFIG_INVALID when certificates or key of the settings are unusable; TLS_UNTRUSTED,
   *   TLS_REFUSED and NETWORK_UNREACHABLE through `ready`
   */
  wrap(tcp: Socket, url: string): { readonly socket: Socket; readonly ready: Promise<Socket> };
}

/**
 * Make TLS to the server of an origin. What a variable of the environment or an option of Node.js says of
 * verification or versions changes nothing here.
 */
export function makeTlsClient(origin: string, settings: TlsSettings = {}): TlsClient {
  // Loaded here, because most CMP is plain http and TLS takes longer to load than all of http.
  const tls = process.getBuiltinModule('node:tls');
  const name = settings.serverName ?? endpointOf(origin).host;
  let context: SecureContext | undefined;
  return {
    wrap(tcp, url) {
      context ??= makeContext(settings);
      const socket = tls.connect({
        socket: tcp,
        secureContext: context,
        // Written out: NODE_TLS_REJECT_UNAUTHORIZED would change the default.
        // T7: by our own trust settings.
        rejectUnauthorized: true,
        // An address is no SNI (RFC 6066 section 3), and is compared with the certificate all the same.
        servername: isIP(name) === 0 ? name : '',
        checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(name, certificate),
        ALPNProtocols: ['http/1.1'],
      });
      socket.on('error', () => {});
      return { socket, ready: completed(socket, url, name, settings) };
    },
  };
}

async function completed(
  socket: TLSSocket,
  url: string,
  name: string,
  settings: TlsSettings,
): Promise<Socket> {
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
    });
  } catch (error) {
    // That the server is authentic says nothing of a message yet; that it is not, ends it.
    const isUntrusted = Boolean(socket.authorizationError);
    throw tlsError(error, { url, name, settings, isUntrusted });
  }
  try {
    await settings.judge?.(shownBy(socket));
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

/** The certificate that a server has shown, and those above it. */
function shownBy(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (at?.raw !== undefined) {
    chain.push(Uint8Array.from(at.raw));
    // A root is its own issuer. How long a chain may be TLS has decided.
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate;
  }
  return chain;
}

function makeContext({ anchors = [], clientCertificate }: TlsSettings): SecureContext {
  const tls = process.getBuiltinModule('node:tls');
  const own = anchors.map((der) => encodePem('CERTIFICATE', der));
  const ca = own.length > 0 ? own : systemAnchors();
  try {
    return tls.createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca.length > 0 && { ca: [...ca] }),
      // RFC 5280 section 6.1.1 (d): what is trusted need not be self-signed.
      allowPartialTrustChain: own.length > 0,
      ...(clientCertificate && {
        key: encodePem('PRIVATE KEY', clientCertificate.pkcs8),
        cert: clientCertificate.chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
      }),
    });
  } catch (error) {
    const reason = error instanceof Error && 'reason' in error ? `: ${String(error.reason)}` : '';
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot use the certificates configured for TLS${reason}`,
      {
        cause: error,
        hint: 'Check tls-root and tls-client-cert, and that the latter has its private key here',
      },
    );
  }
}

/** The trust store of the system, where an operator's own CAs are; without one, what Node.js brings along. */
function systemAnchors(): readonly string[] {
  const tls = process.getBuiltinModule('node:tls');
  // Debian has each under two names.
  return [...new Set(tls.getCACertificates('system'))];
}
