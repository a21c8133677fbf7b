import { parseLabel, type Label } from '../base/label.ts';
import { endpointOf, wordsOfEndpoint } from '../deploy/staple-words.ts';
import {
  addEndpoint,
  checkStaple,
  putStapleSettings,
  removeEndpoint,
} from '../lifecycle/staple-settings.ts';
import type { StapleEndpoint } from '../store/staples-contract.ts';
import type { Store } from '../store/store.ts';
import type { CarryContext, ConfigContext, Entry, WantedEntry, Words } from './entry.ts';
import { absolute, faultOf } from './places.ts';
import type { CertificateWords, StapleFileWords } from './words-certificate.ts';

/** The endpoints of a name as the file would have them. */
export async function storedEndpoints(store: Store, name: string): Promise<readonly Entry[]> {
  return (await store.staples.endpoints(name)).map((endpoint) => ({
    path: [name, 'staple', endpoint.label],
    words: wordsOfEndpoint(endpoint),
  }));
}

/** What holds for all staples of a name, in the words of the file. */
export function stapleSettingsIn(settings: ReadonlyMap<string, string>): Words {
  return {
    'staple-ocsp': settings.get('staple-ocsp'),
    'staple-when-revoked': settings.get('staple-revoked'),
    'staple-endless': settings.get('staple-endless'),
  };
}

/** Set what holds for all staples of a name; what is left out is taken away. */
export async function setStapleSettings(
  store: Store,
  name: Label,
  words: Pick<CertificateWords, 'staple-ocsp' | 'staple-when-revoked' | 'staple-endless'>,
): Promise<void> {
  await putStapleSettings(store, name, {
    ocsp: words['staple-ocsp'] ?? 'none',
    whenRevoked: words['staple-when-revoked'] ?? 'alarm',
    endless: words['staple-endless'] ?? 'refuse',
  });
}

/** Make an endpoint of the words of the file. */
export function wantedEndpoint(
  context: ConfigContext,
  name: Label,
  label: string,
  words: StapleFileWords,
): WantedEntry {
  const endpoint = endpointIn(context, label, words);
  const path = ['certificates', name, 'staple', label];
  return {
    path: [name, 'staple', label],
    words: wordsOfEndpoint(endpoint),
    check: async () => faultOf(context, path, () => checkStaple(context.store, name, endpoint, {})),
    put: (carry) => putEndpoint(carry, name, endpoint),
  };
}

/** The agent tells it, where there is one to do so. */
async function putEndpoint(
  carry: CarryContext,
  name: Label,
  endpoint: StapleEndpoint,
): Promise<void> {
  if (carry.isLater) await carry.store.staples.putEndpoint(name, endpoint);
  else await addEndpoint(carry, name, endpoint, {});
}

/** Withdraw what is there, and forget it; where the service cannot be told, it is forgotten all the same. */
export async function dropEndpoint(carry: CarryContext, name: Label, label: string): Promise<void> {
  await removeEndpoint(carry, name, label, { isForced: true });
}

function endpointIn(context: ConfigContext, label: string, words: StapleFileWords): StapleEndpoint {
  const at = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : absolute(path, context);
  return endpointOf({
    to: parseLabel(label, 'staple'),
    target: words.target,
    socket: at(words.socket),
    file: at(words.file),
    entry: words.entry,
    directory: at(words.directory),
    pidFile: at(words['pid-file']),
    config: at(words.config),
    program: at(words.program),
    unit: words.unit,
    owner: words.owner,
    group: words.group,
    mode: words.mode,
    probe: words.probe,
    probeName: words['probe-name'],
    probeStarttls: words['probe-starttls'],
  });
}
