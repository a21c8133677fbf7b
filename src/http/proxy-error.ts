import { CertError } from '../base/errors.ts';
import { cut, printable } from '../base/printable.ts';
import type { HttpProxy } from './route.ts';

/** How much of the schemes a proxy names is repeated. */
const MAX_SCHEMES_CHARACTERS = 80;

/**
 * Say what a proxy wants that answered 407 (or 401, as tinyproxy does to a wrong password), in words of the CA
 * profile.
 *
 * @param authenticate its Proxy-Authenticate
 */
export function proxyDemand(
  url: string,
  proxy: HttpProxy,
  status: 401 | 407,
  authenticate: string | readonly string[] | undefined,
): CertError {
  const { credentials } = proxy;
  const challenges = typeof authenticate === 'string' ? authenticate : authenticate?.join(', ');
  if (challenges !== undefined && !/\bbasic\b/i.test(challenges)) {
    const schemes = printable(cut(challenges, MAX_SCHEMES_CHARACTERS));
    return refusal(
      url,
      proxy,
      `it wants ${schemes}, where only Basic is spoken (HTTP ${status})`,
      'Have the proxy take Basic, or let this host through without a password',
    );
  }
  if (credentials === undefined) {
    return refusal(
      url,
      proxy,
      `it wants a user name and a password (HTTP ${status})`,
      'Give them with proxy-user U and proxy-password SECRET',
    );
  }
  return refusal(
    url,
    proxy,
    `it does not take user ${JSON.stringify(credentials.username)} with this password (HTTP ${status})`,
    'Check proxy-user and proxy-password',
  );
}

/** Say that a proxy does not connect through: it may not, or cannot. */
export function proxyRefused(
  url: string,
  proxy: HttpProxy,
  status: number,
  authority: string,
): CertError {
  if (status >= 500) {
    return new CertError(
      'NETWORK_UNREACHABLE',
      `${whatFails(url, proxy)}: it does not reach ${authority} (HTTP ${status})`,
      { hint: 'Check host and port of the URL, and the log of the proxy' },
    );
  }
  return refusal(
    url,
    proxy,
    `it does not connect to ${authority} (HTTP ${status})`,
    'Have the proxy allow CONNECT to this host and port, or leave proxy out of the CA profile',
  );
}

function refusal(url: string, proxy: HttpProxy, why: string, hint: string): CertError {
  return new CertError('PROXY_REFUSED', `${whatFails(url, proxy)}: ${why}`, { hint });
}

function whatFails(url: string, proxy: HttpProxy): string {
  return `Cannot connect to "${url}" through proxy "${proxy.url}"`;
}
