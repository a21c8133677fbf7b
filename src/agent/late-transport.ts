import type { Transport } from '../cmp/transport/transport.ts';
import { parseHttpUrl } from '../http/url.ts';
import type { CaProfile } from '../settings/ca-profile.ts';

/** The part of a CA profile that a transport needs. */
export type TransportTimeouts = Pick<CaProfile, 'connectTimeoutSeconds' | 'responseTimeoutSeconds'>;

/**
 * Make an HTTP transport that loads its client, which takes longer to load than everything else together,
 * when the first message leaves. The URL is checked at once.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export function lateTransport(url: string, timeouts: TransportTimeouts): Transport {
  parseHttpUrl(url);
  let opened: Promise<Transport> | undefined;
  return {
    async exchange(der, signal) {
      opened ??= open(url, timeouts);
      return await (await opened).exchange(der, signal);
    },
    async close() {
      await (await opened)?.close();
    },
  };
}

async function open(url: string, timeouts: TransportTimeouts): Promise<Transport> {
  const { openHttpTransport } = await import('../cmp/transport/http.ts');
  return openHttpTransport({
    url,
    connectTimeoutMs: timeouts.connectTimeoutSeconds * 1000,
    responseTimeoutMs: timeouts.responseTimeoutSeconds * 1000,
  });
}
