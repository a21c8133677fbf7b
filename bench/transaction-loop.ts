/**
 * Run transactions from ir to pkiConf, one after the other, and print what they took. What is measured is
 * the client: a new MAC, connection and state machine for each, and the certificate judged; no store.
 *
 * usage: transaction-loop.ts DIRECTORY_OF_PKI URL WARM_UP_COUNT MEASURED_COUNT
 */
import { systemClock } from '../src/agent/system-clock.ts';
import { systemRandom } from '../src/agent/system-random.ts';
import { utf8 } from '../src/base/bytes.ts';
import { beginTransaction, follow } from '../src/cmp/client/client.ts';
import type { Conversation } from '../src/cmp/client/conversation.ts';
import { openHttpTransport } from '../src/cmp/transport/http.ts';
import { judgeCertificate } from '../src/lifecycle/judge-certificate.ts';
import { newMacAlgorithm } from '../src/lifecycle/credential.ts';
import { parseName } from '../src/x509/name-text.ts';
import { reference, secret } from '../test/interop/openssl/mock-server.ts';
import { readCertificate, readKey, requestsFor } from './signed-request.ts';

const [directory = '.', url = '', warmUpCount = '0', measuredCount = '1'] = process.argv.slice(2);
const root = readCertificate(directory, 'ca');
const nextRequest = requestsFor(readKey(directory, 'ee'));
const timeToleranceSeconds = 300;

/** The parameters OpenSSL's client uses, and the server too. */
const pbm = { owf: 'sha256', iterationCount: 500, mac: 'hmac-sha1' } as const;

async function transaction(): Promise<void> {
  const transport = openHttpTransport({ url, connectTimeoutMs: 5000, responseTimeoutMs: 10_000 });
  const conversation: Conversation = {
    name: 'bench',
    ca: 'mock',
    transport,
    credential: {
      type: 'mac',
      reference,
      secret: utf8(secret),
      protectionAlg: newMacAlgorithm({ protection: 'pbm', pbm }, systemRandom),
    },
    trust: { anchors: [root], anchorsAreDedicated: false, intermediates: [], allowLegacy: false },
    clock: systemClock,
    random: systemRandom,
    recipient: { type: 'directoryName', value: parseName('CN=x') },
    askImplicitConfirm: false,
    timeToleranceSeconds,
    minPollSeconds: 1,
    pending: [],
    judge: (issued, asked) =>
      judgeCertificate(issued, asked, {
        roots: [root],
        intermediates: [],
        trustCapubs: false,
        allowLegacy: false,
        at: systemClock.now(),
        timeToleranceSeconds,
        mayRename: true,
      }),
    save: () => Promise.resolve(),
  };
  try {
    const deadline = new Date(systemClock.now().getTime() + 60_000);
    const first = await beginTransaction(conversation, 'ir', await nextRequest(), deadline);
    const { type } = await follow(conversation, first, deadline);
    if (type !== 'granted') throw new Error(`the transaction ended as ${type}`);
  } finally {
    await transport.close();
  }
}

for (let i = 0; i < Number(warmUpCount); i++) await transaction();
const startMs = performance.now();
const startCpu = process.cpuUsage();
for (let i = 0; i < Number(measuredCount); i++) await transaction();
const wallMs = performance.now() - startMs;
const { user, system } = process.cpuUsage(startCpu);
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }));
