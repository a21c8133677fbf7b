import type { HttpRoute } from '../http/route.ts';
import type { HostKeys } from './host-keys.ts';
import {
  usualLimits,
  type RetrievalLimits,
  type RetrievalRequest,
  type Retriever,
} from './retriever.ts';
import { schemeOf, type Scheme } from './url.ts';

/** The way to servers and whom to believe there, as far as a scheme has it. */
export interface RetrievalSettings {
  /** Of http and https; its `tls` of ldaps, too. */
  readonly route?: HttpRoute;
  /** Of sftp, which does nothing without. */
  readonly hostKeys?: HostKeys;
}

/** What goes with a URL. */
export type RetrieveOptions = RetrievalSettings &
  Pick<RetrievalRequest, 'credentials' | 'signal' | 'held' | 'noteVersion' | 'choose'> & {
    /** `usualLimits` for what is left out. */
    readonly limits?: Partial<RetrievalLimits>;
  };

/**
 * Fetch a file by its URL: file (or an absolute path), http, https, ftp, sftp, tftp, ldap, ldaps.
 *
 * @throws {CertError} as in `Retriever`
 */
export async function retrieve(url: string, options: RetrieveOptions = {}): Promise<Uint8Array> {
  const { limits, route, hostKeys, ...asked } = options;
  const settings = { ...(route && { route }), ...(hostKeys && { hostKeys }) };
  const request = { ...asked, url, limits: { ...usualLimits, ...limits } };
  return await makeRetriever(settings).retrieve(request);
}

/** Make what fetches files of every scheme. What a scheme needs is loaded when one of its URLs comes. */
export function makeRetriever(settings: RetrievalSettings = {}): Retriever {
  return {
    retrieve: async (request) => {
      const retriever = await retrieverOf(schemeOf(request.url), settings);
      return await retriever.retrieve(request);
    },
  };
}

async function retrieverOf(scheme: Scheme, settings: RetrievalSettings): Promise<Retriever> {
  switch (scheme) {
    case 'file':
      return (await import('./file.ts')).fileRetriever;
    case 'http':
    case 'https':
      return (await import('./http.ts')).httpRetriever(settings.route);
    case 'ftp':
      return (await import('./ftp.ts')).ftpRetriever;
    case 'sftp':
      return (await import('./sftp.ts')).sftpRetriever(settings.hostKeys);
    case 'tftp':
      return (await import('./tftp.ts')).tftpRetriever();
    case 'ldap':
    case 'ldaps':
      return (await import('./ldap.ts')).ldapRetriever(settings.route?.tls);
  }
}
