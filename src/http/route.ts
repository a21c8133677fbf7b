import { CertError } from '../base/errors.ts';
import { parseHttpUrl } from './url.ts';

/** The way to a server: what TLS believes and shows, and the proxy between. Plain data, made once per server. */
export interface HttpRoute {
  /** Of https only. */
  readonly tls?: TlsSettings;
  readonly proxy?: HttpProxy;
  /** IP address to connect to, where the name of the server was resolved already; a proxy resolves it by itself. */
  readonly address?: string;
}

/** What the TLS client believes and shows. The name of the server is always checked. */
export interface TlsSettings {
  /**
   * DER of the certificates to trust: only these, roots or not, a server's own among them. Those of the system
   * when absent or empty.
   */
  readonly anchors?: readonly Uint8Array[];
  /** What they are called in messages; `a certificate in tls-root` when absent. */
  readonly anchorsAre?: string;
  readonly clientCertificate?: TlsClientCertificate;
  /**
   * Judge what the server has shown, once TLS has verified it and before anything is sent.
   *
   * @param shown DER of its certificate, then of those above it as far as they are known
   * @throws {CertError} what whoever asks is told in place of an answer
   */
  readonly judge?: (shown: readonly Uint8Array[]) => Promise<void>;
  /** Name asked for (SNI) and looked for in the certificate, in place of the URL's host. */
  readonly serverName?: string;
}

/** The certificate a server asks clients for. */
export interface TlsClientCertificate {
  /** DER of PKCS#8 PrivateKeyInfo, in clear. */
  readonly pkcs8: Uint8Array;
  /** DER of the certificate, then of those that lead to its root. */
  readonly chain: readonly Uint8Array[];
}

/** An HTTP proxy (RFC 9110 section 7.3.2): https goes through CONNECT, plain http as absolute-form. */
export interface HttpProxy {
  /** "http://proxy.example:3128" */
  readonly url: string;
  readonly credentials?: {
    readonly username: string;
    /** UTF-8. */
    readonly password: Uint8Array;
  };
  /** Have it connect through for plain http as well. */
  readonly connectsAlways?: true;
}

/** A TCP endpoint; an IPv6 address without its brackets. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Find where to connect to for an origin. */
export function endpointOf(origin: string): Endpoint {
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(port || (protocol === 'https:' ? 443 : 80)) };
}

/**
 * Check the address of a proxy.
 *
 * @returns its origin
 * @throws {CertError} CONFIG_INVALID: not plain http, a path, or credentials in it
 */
export function parseProxyUrl(text: string): string {
  const { origin, path } = parseHttpUrl(text);
  if (!origin.startsWith('http:') || path !== '/') {
    throw new CertError('CONFIG_INVALID', `Cannot use ${JSON.stringify(text)} as proxy`, {
      hint: 'Write it like "http://proxy.example:3128"; proxies are spoken to in plain http, and have no path',
    });
  }
  return origin;
}

/**
 * Make the Proxy-Authorization that RFC 7617 calls Basic, or nothing without credentials.
 *
 * @throws {CertError} CONFIG_INVALID when the user name has a colon, which would end it, or control characters
 */
export function proxyAuthorization({
  credentials,
}: HttpProxy): Readonly<Record<string, string>> | undefined {
  if (credentials === undefined) return undefined;
  const { username, password } = credentials;
  // oxlint-disable-next-line no-control-regex -- RFC 7617 section 2 forbids just these
  if (/[:\u0000-\u001f\u007f]/.test(username)) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot use ${JSON.stringify(username)} as user of a proxy: it has a colon or control characters`,
      { hint: 'Set another name with proxy-user' },
    );
  }
  const both = Buffer.concat([Buffer.from(`${username}:`, 'utf8'), password]);
  return { 'proxy-authorization': `Basic ${both.toString('base64')}` };
}
