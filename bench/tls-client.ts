/**
 * Make TLS handshakes with two servers in turn, for a quarter of a second each, some at a time, each on a connection of its
 * own and without resumption, and print how many there were a second, and at all. Each asks for an OCSP response: the first server
 * is to give one, the second is to give none.
 *
 * usage: tls-client.ts STAPLED_PORT BARE_PORT SECONDS_OF_EACH AT_A_TIME
 */
import { connect } from 'node:tls';

const [stapled = 0, bare = 0, seconds = 1, atATime = 4] = process.argv.slice(2).map(Number);

/** So short that both find the machine the same. */
const SLICE_MS = 250;

function handshake(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let octets = 0;
    const socket = connect({
      host: '127.0.0.1',
      port,
      minVersion: 'TLSv1.3',
      requestOCSP: true,
      rejectUnauthorized: false,
    });
    socket.on('OCSPResponse', (der: Buffer | null) => (octets = der?.length ?? 0));
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      socket.destroy();
      if (octets > 0 === (port === stapled)) resolve();
      else reject(new Error(`There was a response of ${octets} octets on port ${port}`));
    });
  });
}

interface Count {
  done: number;
  ms: number;
}

async function slice(port: number, count: Count): Promise<void> {
  const begun = performance.now();
  const client = async (): Promise<void> => {
    while (performance.now() - begun < SLICE_MS) {
      await handshake(port);
      count.done++;
    }
  };
  await Promise.all(Array.from({ length: atATime }, client));
  count.ms += performance.now() - begun;
}

const counts = { stapled: { done: 0, ms: 0 }, bare: { done: 0, ms: 0 } };
for (let i = 0; i * SLICE_MS < seconds * 1000; i++) {
  // Neither is always the one that comes after the other.
  const isTurned = i % 2 === 1;
  if (isTurned) await slice(bare, counts.bare);
  await slice(stapled, counts.stapled);
  if (!isTurned) await slice(bare, counts.bare);
}
const perSecond = ({ done, ms }: Count): number => (done * 1000) / ms;
console.log(
  JSON.stringify({
    stapled: perSecond(counts.stapled),
    bare: perSecond(counts.bare),
    stapledDone: counts.stapled.done,
    bareDone: counts.bare.done,
  }),
);
