/**
 * Run transactions from ir to pkiConf, one after the other, and print what they took. What is measured is
 * the client: a new MAC, connection and state machine for each, and the certificate judged; no store.
 *
 * usage: transaction-loop.ts URL ROOT INTERMEDIATE DIRECTORY_OF_PKI EE MAC WARM_UP_COUNT MEASURED_COUNT
 */
import { systemClock } from '../src/agent/system-clock.ts';
import { systemRandom } from '../src/agent/system-random.ts';
import { utf8 } from '../src/base/bytes.ts';
import { beginTransaction, follow } from '../src/cmp/client/client.ts';
import type { Conversation } from '../src/cmp/client/conversation.ts';
import { pbmAlgorithm } from '../src/cmp/protection/pbm.ts';
import { pbmac1Algorithm } from '../src/cmp/protection/pbmac1.ts';
import { strict } from '../src/cmp/protection/trust.ts';
import { askedIn } from '../src/cmp/transaction/request.ts';
import { openHttpTransport } from '../src/cmp/transport/http.ts';
import { digestAlgorithm } from '../src/crypto/digest.ts';
import { softwareKeys } from '../src/crypto/keys.ts';
import { macAlgorithm } from '../src/crypto/mac.ts';
import { judgeCertificate } from '../src/lifecycle/judge-certificate.ts';
import type { AlgorithmIdentifier } from '../src/x509/algorithm-identifier.ts';
import { parseName } from '../src/x509/name-text.ts';
import { reference, secret } from '../test/interop/openssl/mock-server.ts';
import { readCertificate, readKey, requestsFor } from './signed-request.ts';

const [url = '', rootFile = '', intermediateFile = '', directory = '', ee = '', mac, ...counts] =
  process.argv.slice(2);
const [warmUpCount = 0, measuredCount = 1] = counts.map(Number);
const root = readCertificate(rootFile);
const intermediates = [readCertificate(intermediateFile)];
const nextRequest = requestsFor(readKey(directory, ee));
const timeToleranceSeconds = 300;

/** PBM with the parameters OpenSSL's client uses, and its server too; PBMAC1 with as many iterations. */
const ITERATIONS = 500;

function newMac(): AlgorithmIdentifier {
  const salt = systemRandom.bytes(16);
  if (mac === 'pbmac1') return pbmac1Algorithm(salt, ITERATIONS);
  return pbmAlgorithm({
    salt,
    owf: digestAlgorithm('sha256'),
    iterationCount: ITERATIONS,
    mac: macAlgorithm('hmac-sha1'),
  });
}

async function transaction(): Promise<void> {
  const transport = openHttpTransport({ url, connectTimeoutMs: 5000, responseTimeoutMs: 10_000 });
  const credential = {
    type: 'mac',
    reference,
    secret: utf8(secret),
    protectionAlg: newMac(),
  } as const;
  const conversation: Conversation = {
    name: 'bench',
    ca: 'bench',
    transport,
    credential,
    trust: { anchors: [root], anchorsAreDedicated: false, intermediates, allowLegacy: false },
    clock: systemClock,
    random: systemRandom,
    recipient: { type: 'directoryName', value: parseName('CN=x') },
    askImplicitConfirm: false,
    timeToleranceSeconds,
    tolerance: strict,
    minPollSeconds: 1,
    pending: [],
    remark() {},
    keys: {
      own: () => Promise.reject(new Error('no key')),
      provider: () => Promise.resolve(softwareKeys),
    },
    judge: (issued, { request }) =>
      judgeCertificate(issued, askedIn(request), {
        roots: [root],
        intermediates,
        trustCapubs: false,
        firstUse: false,
        renewal: { which: { name: 'x', version: 1 } },
        allowLegacy: false,
        at: systemClock.now(),
        timeToleranceSeconds,
        mayRename: true,
      }),
    save: () => Promise.resolve(),
  };
  try {
    const deadline = new Date(systemClock.now().getTime() + 60_000);
    const request = await nextRequest(credential);
    const first = await beginTransaction(conversation, { request, pvno: 2, deadline });
    const { type } = await follow(conversation, first, deadline);
    if (type !== 'granted') throw new Error(`the transaction ended as ${type}`);
  } finally {
    await transport.close();
  }
}

for (let i = 0; i < warmUpCount; i++) await transaction();
const startMs = performance.now();
const startCpu = process.cpuUsage();
for (let i = 0; i < measuredCount; i++) await transaction();
const wallMs = performance.now() - startMs;
const { user, system } = process.cpuUsage(startCpu);
console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }));
