import type { Database } from './database.ts';
import type { IpsecPeers } from './ipsec-contract.ts';

/** What IPsec peers need of a store; its code is loaded at the first call. */
export function lateIpsecPeers(database: Database): IpsecPeers {
  const table = async () => (await import('./ipsec-peers.ts')).sqliteIpsecPeers(database);
  return {
    list: async () => (await table()).list(),
    get: async (...args) => (await table()).get(...args),
    ofCertificate: async (...args) => (await table()).ofCertificate(...args),
    put: async (...args) => (await table()).put(...args),
    remove: async (...args) => (await table()).remove(...args),
  };
}
