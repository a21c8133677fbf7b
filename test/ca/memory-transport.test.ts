import { memoryTransport } from '../../src/ca/memory-transport.ts';
import { transportContract } from '../cmp/transport/transport-contract.ts';

transportContract('the memory transport', async (peer) => ({
  transport: memoryTransport(async (der) => (await peer(der)) ?? new Promise<never>(() => {})),
  close: async () => {},
}));
