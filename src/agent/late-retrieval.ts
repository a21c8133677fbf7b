import { CertError } from '../base/errors.ts';
import type { Credentials, RetrievalLimits, RetrievalRequest } from '../retrieval/retriever.ts';
import type { Store } from '../store/store.ts';
import type { PinReader } from './late-tokens.ts';

/** What goes with a URL. */
export interface FetchOptions extends Pick<RetrievalRequest, 'held' | 'noteVersion' | 'choose'> {
  readonly limits?: Partial<RetrievalLimits>;
  readonly signal?: AbortSignal;
  /** Who is asking, in place of what is set for the server. */
  readonly credentials?: Credentials;
  /** Ask in the name of this user, with what is set for it, or a password that is asked for. */
  readonly username?: string;
}

/**
 * Fetch a file by its URL, as whoever and from whomever the settings of its server say. Retrievers and settings are
 * loaded when this is called first.
 *
 * @param secret absent where there is nobody and nothing to ask
 * @throws {CertError} as in `Retriever`, and SECRET_UNAVAILABLE
 */
export async function fetchUrl(
  store: Store,
  url: string,
  options: FetchOptions = {},
  secret: PinReader = noSecret,
): Promise<Uint8Array> {
  const [{ retrieve }, { accessOf }] = await Promise.all([
    import('../retrieval/retrieve.ts'),
    import('../lifecycle/retrieval-servers.ts'),
  ]);
  const { credentials, username, ...asked } = options;
  const who = { ...(credentials && { credentials }), ...(username !== undefined && { username }) };
  const access = await accessOf(store, url, who, secret);
  return await retrieve(url, { ...asked, ...access });
}

async function noSecret(_source: string, what: string): Promise<never> {
  throw new CertError('SECRET_UNAVAILABLE', `Cannot get the ${what}: nobody can be asked here`);
}
