import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { CertError } from '../base/errors.ts';
import { hostPortText } from '../base/host-port.ts';
import { Connection } from '../http/connection.ts';
import { request, type HttpResponse } from '../http/request.ts';
import { endpointOf, type HttpProxy, type HttpRoute } from '../http/route.ts';
import { parseHttpUrl } from '../http/url.ts';
import type { OcspHttpRequest } from '../revocation/ocsp-query.ts';
import type { OcspQueryRules } from './contract.ts';
import { isNearOrigin } from './redirect-place.ts';

/** From one place to another: a responder that moved needs one, and who needs more goes in a circle. */
const MAX_REDIRECTS = 3;

/** Not counted apart: the signal ends all of it together. */
const NO_LIMIT_MS = 2 ** 31 - 1;

/** What a responder answered. */
export interface OcspAnswered {
  /** `unchanged`: it has nothing but what it gave before, and there is no body. */
  readonly type: 'response' | 'unchanged';
  readonly body: Uint8Array;
  /** It said that this is an OCSP response (RFC 6960 appendix A.2). */
  readonly isCalledOcsp: boolean;
  readonly headers: HttpResponse['headers'];
}

/**
 * Send a query and read the answer, over a connection of its own for each place.
 *
 * @param etag of the answer that was given before
 * @throws {CertError} as `request`, and HTTP_STATUS
 * @throws the reason of `signal`, when that is aborted
 */
export async function sendOcspQuery(
  query: OcspHttpRequest,
  rules: OcspQueryRules,
  maxBytes: number,
  signal: AbortSignal,
  etag?: string,
): Promise<OcspAnswered> {
  const conditions = etag === undefined ? {} : { headers: { 'if-none-match': etag } };
  const sending = { rules, maxBytes, signal, ...conditions };
  const { status, headers, body } = await exchangeOcsp(query, sending);
  if (status === 200) {
    const type = headers['content-type'] ?? '';
    const isCalledOcsp = /^application\/ocsp-response\s*(?:;|$)/i.test(type);
    return { type: 'response', body, isCalledOcsp, headers };
  }
  if (status === 304 && etag !== undefined) {
    return { type: 'unchanged', body, isCalledOcsp: true, headers };
  }
  throw refused(query.url, `HTTP status ${status}`);
}

/** How a query is sent. */
export interface OcspSending {
  readonly rules: Pick<OcspQueryRules, 'tunnel' | 'resolvers' | 'hostHeader'>;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Beside those a query has anyhow. */
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of what the rules say of proxy and name servers. */
  readonly proxy?: HttpProxy;
}

/**
 * Send a query, follow where the responder sends us, and give what came in the end, whatever its status.
 *
 * @throws {CertError} as `request`, and HTTP_STATUS for a redirect that is not followed
 * @throws the reason of `signal`, when that is aborted
 */
export async function exchangeOcsp(
  query: OcspHttpRequest,
  sending: OcspSending,
): Promise<HttpResponse> {
  const { origin } = parseHttpUrl(query.url);
  let at: OcspHttpRequest = query;
  for (let redirects = 0; ; redirects++) {
    // The name of a host is that of the responder, not of where it sends us.
    const host = parseHttpUrl(at.url).origin === origin ? sending.rules.hostHeader : undefined;
    const response = await once(at, { ...sending, host });
    const next = isRedirect(response.status) ? response.headers['location'] : undefined;
    if (next === undefined) return response;
    if (redirects === MAX_REDIRECTS) throw refused(query.url, 'it redirects again and again');
    at = { ...at, url: redirectedTo(next, at.url, query.url) };
  }
}

type Sending = OcspSending & { readonly host: string | undefined };

async function once(
  query: OcspHttpRequest,
  { rules, maxBytes, signal, host, headers, proxy }: Sending,
): Promise<HttpResponse> {
  const { url, method } = query;
  const { origin } = parseHttpUrl(url);
  const route = proxy ? { proxy } : await routeTo(origin, rules, signal);
  const connection = new Connection(origin, route);
  try {
    return await request({
      url,
      method,
      headers: {
        accept: 'application/ocsp-response',
        ...headers,
        ...(host !== undefined && { host }),
        ...(method === 'POST' && { 'content-type': 'application/ocsp-request' }),
      },
      ...(query.method === 'POST' && { body: query.body }),
      connection,
      limits: { connectTimeoutMs: NO_LIMIT_MS, responseTimeoutMs: NO_LIMIT_MS, maxBytes },
      signal,
    });
  } finally {
    await connection.close();
  }
}

/** A proxy finds the responder by its name; where there is none, the name servers of the settings are asked. */
async function routeTo(
  origin: string,
  { tunnel, resolvers }: Pick<OcspQueryRules, 'tunnel' | 'resolvers'>,
  signal: AbortSignal,
): Promise<HttpRoute> {
  if (tunnel) {
    const { address, port, username, password = new Uint8Array() } = tunnel;
    const proxy: HttpProxy = {
      url: `http://${hostPortText({ host: address, port })}`,
      connectsAlways: true,
      ...(username !== undefined && { credentials: { username, password } }),
    };
    return { proxy };
  }
  const { host } = endpointOf(origin);
  if (resolvers.length === 0 || isIP(host) !== 0) return {};
  return { address: await resolveBy(resolvers, host, signal) };
}

async function resolveBy(
  servers: readonly string[],
  host: string,
  signal: AbortSignal,
): Promise<string> {
  const resolver = new Resolver();
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    resolver.setServers(servers);
    // One after the other: most responders have an address of IPv4.
    const found = await resolver.resolve4(host).catch(() => resolver.resolve6(host));
    const [address] = found;
    if (address !== undefined) return address;
    throw Object.assign(new Error('no address'), { code: 'ENODATA' });
  } catch (cause) {
    signal.throwIfAborted();
    throw new CertError(
      'NETWORK_UNREACHABLE',
      `Cannot resolve "${host}" by ${servers.join(', ')}`,
      {
        cause: Object.assign(new Error('not resolved', { cause }), { code: 'ENOTFOUND' }),
        hint: 'Check dns-resolver, and the name of the responder',
      },
    );
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** 303 says that the answer is to be got elsewhere: that is no way to send a query. */
function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 307 || status === 308;
}

function redirectedTo(location: string, from: string, asked: string): string {
  const { protocol, href } = URL.parse(location, from) ?? { protocol: '', href: '' };
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw refused(asked, 'it redirects to what is not http or https');
  }
  const parsed = usedUrl(href);
  // One with a password in it, or a fragment.
  if (parsed === undefined) throw refused(asked, 'it redirects to a URL that is not used');
  // Whoever stands between, since there is no TLS, would have services here do as a URL says.
  if (isNearOrigin(parsed.origin) && !isNearOrigin(parseHttpUrl(asked).origin)) {
    throw refused(asked, 'it redirects to this machine or its link');
  }
  return parsed.href;
}

function usedUrl(href: string): ReturnType<typeof parseHttpUrl> | undefined {
  try {
    return parseHttpUrl(href);
  } catch {
    return undefined;
  }
}

function refused(url: string, why: string): CertError {
  return new CertError('HTTP_STATUS', `Cannot ask "${parseHttpUrl(url).origin}": ${why}`, {
    hint: 'See the log of the responder',
  });
}
