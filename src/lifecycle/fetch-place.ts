import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { GeneratedKey } from '../crypto/keys.ts';
import { readCredentialFile } from '../pkcs/credential-file.ts';
import { schemeOf, splitUserinfo } from '../retrieval/url.ts';
import { wayOf } from '../retrieval/way.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { TrackReader } from './track-source.ts';

/** What another node's store has for a name. */
export interface FetchedSet {
  readonly certificates: readonly Certificate[];
  readonly key: GeneratedKey;
}

/** Tell whether a place is another agent, as in `agent://node1.example:8443`; others are folders. */
export function isAgentPlace(place: string): boolean {
  return /^agent:/i.test(place);
}

/** How a file of a place is fetched. */
export type FetchReader = TrackReader;

/**
 * Read what another node has put into its cert-store location, which is on storage of both, or on a server.
 *
 * @param place an absolute path or a URL of the folder
 * @throws {CertError} CONFIG_INVALID for a place that a key would come from in clear, FILE_UNREADABLE, KEY_UNUSABLE,
 *   PEM_MALFORMED, and what `retrieve` throws
 */
export async function readFetchPlace(
  place: string,
  name: Label,
  { retrieve, signal }: FetchReader,
): Promise<FetchedSet> {
  const { url, username } = splitUserinfo(place);
  assertKeyMayCome(url, name);
  const options = { ...(username !== undefined && { username }), ...(signal && { signal }) };
  const read = async (part: string) => {
    const path = `${url.replace(/\/+$/, '')}/${name}.${part}.pem`;
    const octets = await retrieve(path, options);
    // A chain is empty where the root itself has issued.
    return octets.length === 0 ? { certificates: [] } : readCredentialFile(octets, { path });
  };
  const { key } = await read('key');
  if (key === undefined) {
    throw new CertError('KEY_UNUSABLE', `Cannot fetch "${name}" from "${url}": there is no key`, {
      hint: 'The place is the cert-store location of the node that renews it',
    });
  }
  const { certificates } = await read('cert');
  const { certificates: issuers } = await read('chain');
  return { certificates: [...certificates, ...issuers], key };
}

/**
 * Refuse a place from which a key would come in clear.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export function assertKeyMayCome(url: string, name: Label): void {
  if (wayOf(schemeOf(url)) !== 'open') return;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot fetch "${name}" from "${url}": its key would cross the network in clear`,
    { hint: 'Use a folder, sftp: or https:' },
  );
}
