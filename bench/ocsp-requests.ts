/**
 * Send OCSP requests by GET over connections that stay, some at a time, and print how many were answered, and how many a second. What is
 * sent is made once; of each answer the length is looked at.
 *
 * usage: ocsp-requests.ts PORT SECONDS AT_A_TIME PATH OCTETS
 */
import { connect } from 'node:net';

const [port = '0', seconds = '1', atATime = '8', path = '/', octets = '0'] = process.argv.slice(2);
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);

/** Ask again and again over one connection. @returns how often it was answered */
function ask(until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let done = 0;
    let held = Buffer.alloc(0);
    const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
    socket.on('error', reject);
    socket.on('connect', () => socket.write(request));
    socket.on('data', (chunk) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const end = held.indexOf('\r\n\r\n');
      if (end < 0 || held.length < end + 4 + Number(octets)) return;
      if (!held.subarray(0, 12).equals(Buffer.from('HTTP/1.1 200')) || held[end + 4] !== 0x30) {
        reject(new Error(`It was answered with ${held.subarray(0, 200).toString('latin1')}`));
        return;
      }
      held = Buffer.alloc(0);
      done++;
      if (performance.now() < until) socket.write(request);
      else {
        socket.destroy();
        resolve(done);
      }
    });
  });
}

async function run(forMs: number): Promise<{ readonly done: number; readonly perSecond: number }> {
  const begun = performance.now();
  const counts = await Promise.all(
    Array.from({ length: Number(atATime) }, () => ask(begun + forMs)),
  );
  const done = counts.reduce((sum, count) => sum + count);
  return { done, perSecond: (done * 1000) / (performance.now() - begun) };
}

console.log(JSON.stringify(await run(Number(seconds) * 1000)));
