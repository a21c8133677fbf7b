import type { Place } from './place.ts';

/** Somebody who takes connections, and says nothing on them. */
export interface Listener {
  /** Of its place, with the port. */
  readonly host: string;
  /** How often somebody came. */
  count(): number;
  stop(): Promise<void>;
}

const script = `
  const [address, port] = process.argv.slice(1);
  const server = require('node:net').createServer((socket) => {
    console.log('somebody came');
    socket.destroy();
  });
  server.listen(Number(port), address, () => console.log('listens'));
`;

/** Listen in a place. */
export async function listenIn(place: Place, port: number): Promise<Listener> {
  const listener = place.start(process.execPath, ['-e', script, place.address, String(port)]);
  await listener.says(/listens/);
  return {
    host: `${place.address}:${port}`,
    count: () => [...listener.log().matchAll(/somebody came/g)].length,
    async stop() {
      await listener.stop();
    },
  };
}
