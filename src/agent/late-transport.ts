import type { Transport } from '../cmp/transport/transport.ts';
import { parseProxyUrl } from '../http/route.ts';
import { parseHttpUrl } from '../http/url.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { Store } from '../store/store.ts';
import type { RouteSettings } from './route.ts';

/** The part of a CA profile that a transport needs. */
export type TransportSettings = RouteSettings &
  Pick<CaProfile, 'connectTimeoutSeconds' | 'responseTimeoutSeconds'>;

/**
 * Make an HTTP transport that loads its client, which takes longer to load than everything else together,
 * and reads key and password of the way to the CA, when the first message leaves. URLs are checked at once.
 * What variables like HTTP_PROXY say is not looked at: what the agent does must not hang on who started it.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export function lateTransport(store: Store, url: string, settings: TransportSettings): Transport {
  parseHttpUrl(url);
  if (settings.proxy) parseProxyUrl(settings.proxy.url);
  let opened: Promise<Transport> | undefined;
  return {
    async exchange(der, signal) {
      opened ??= open(store, url, settings);
      return await (await opened).exchange(der, signal);
    },
    async close() {
      // One that could not be opened was told to whoever wanted to send.
      const transport = await opened?.catch(() => undefined);
      await transport?.close();
    },
  };
}

async function open(store: Store, url: string, settings: TransportSettings): Promise<Transport> {
  const { openHttpTransport } = await import('../cmp/transport/http.ts');
  const { routeOf } = await import('./route.ts');
  const isSecure = parseHttpUrl(url).origin.startsWith('https:');
  return openHttpTransport({
    url,
    route: await routeOf(store, settings, isSecure),
    connectTimeoutMs: settings.connectTimeoutSeconds * 1000,
    responseTimeoutMs: settings.responseTimeoutSeconds * 1000,
  });
}
