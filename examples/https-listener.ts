/**
 * An HTTPS server with a fresh OCSP response in its first handshake, which takes up renewed certificates without being
 * restarted. The agent keeps both in the state directory:
 *
 *   certkeeper staple add NAME target listener
 *   certkeeper agent run &
 *   node examples/https-listener.ts STATE-DIRECTORY PORT NAME [MORE NAMES]
 *   openssl s_client -connect 127.0.0.1:PORT -status
 */
import { createServer } from 'node:https';
import { attachStapling, openStapling, staplingServerOptions } from 'certkeeper/stapling';

const [stateDirectory, port, name, ...more] = process.argv.slice(2);
if (stateDirectory === undefined || name === undefined) {
  console.error('usage: https-listener.ts STATE-DIRECTORY PORT NAME [MORE NAMES]');
  process.exit(2);
}

// The first name is shown to clients that ask for none (SNI); the others by the names in their certificates.
const stapling = await openStapling({ stateDirectory, names: [name, ...more] });
const server = createServer(staplingServerOptions(stapling), (_request, response) => {
  response.end('It works.\n');
});
attachStapling(server, stapling);

server.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
server.listen(Number(port), '127.0.0.1', () => {
  const bound = server.address();
  console.log(`listens on port ${typeof bound === 'object' && bound ? bound.port : port}`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void stapling.close();
});
