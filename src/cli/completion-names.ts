import type { Services } from '../agent/compose.ts';
import type { LiveValues } from './completion.ts';
import type { Globals } from './global-options.ts';
import type { Io } from './io.ts';
import type { NameKind } from './parameter.ts';
import { readStored } from './stored.ts';

/**
 * Take names from the store, opened for each question and closed again. Where there is no store, or none
 * that can be opened, there are no names: completion never complains.
 */
export function liveValues(
  globals: Globals,
  io: Io,
  openServices: () => Promise<Services>,
): LiveValues {
  return {
    env: io.env,
    async names(kind) {
      let services: Services | undefined;
      try {
        const open = async (): Promise<Services> => (services = await openServices());
        const names = await readStored({ globals, io, services: open }, namesOf[kind]);
        return [...new Set(names)].toSorted();
      } catch {
        return [];
      } finally {
        await services?.close();
      }
    },
  };
}

const namesOf: Readonly<Record<NameKind, (services: Services) => Promise<readonly string[]>>> = {
  ca: async ({ store }) => (await store.authorities.list()).map(({ label }) => label),
  certificate: async ({ store }) => [
    ...(await store.certificates.names()),
    ...(await store.transactions.overview()).map(({ name }) => name),
  ],
  trusted: async ({ store }) => await trustedLabels(store),
  signer: async ({ store }) => [
    ...(await trustedLabels(store)),
    ...(await store.certificates.names()),
  ],
  crl: async ({ store }) => namesIn(await store.validationObjects.list('crl')),
  ocsp: async ({ store }) => namesIn(await store.validationObjects.list('ocsp')),
  policy: async ({ store }) => namesIn(await store.validationObjects.list('policy')),
  'ipsec-peer': async ({ store }) => namesIn(await store.ipsecPeers.list()),
};

async function trustedLabels({ authorities, caCertificates }: Services['store']) {
  const all = [...(await caCertificates.list()), ...(await authorities.list())];
  return all.map(({ label }) => label);
}

function namesIn(objects: readonly { readonly name: string }[]): readonly string[] {
  return objects.map(({ name }) => name);
}
