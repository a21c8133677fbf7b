/**
 * Build and verify signed ir messages for a while, and print how many a second of a core. Both halves in one
 * process, as two parties that know each other's keys: what they read is decoded anew each time, keys are
 * imported once.
 *
 * usage: message-loop.ts DIRECTORY_OF_PKI CLIENT EE WARM_UP_MS MEASURED_MS
 */
import { join } from 'node:path';
import { systemRandom } from '../src/agent/system-random.ts';
import { rawOf } from '../src/asn1/codec.ts';
import { decodeMessage } from '../src/cmp/message/pki-message.ts';
import type { SignatureCredential } from '../src/cmp/protection/credential.ts';
import { protect } from '../src/cmp/protection/protect.ts';
import { receivedProtectedPart } from '../src/cmp/protection/protected-part.ts';
import { verifySignature } from '../src/crypto/signature.ts';
import type { GeneralName } from '../src/x509/general-name.ts';
import { readCertificate, readKey, requestsFor } from './signed-request.ts';

const [directory = '.', client = '', ee = '', warmUpMs = '1000', measuredMs = '1000'] =
  process.argv.slice(2);
const credential: SignatureCredential = {
  type: 'signature',
  key: readKey(directory, client),
  certificate: readCertificate(join(directory, `${client}.crt`)),
  chain: [],
};
const recipient: GeneralName = {
  type: 'directoryName',
  value: credential.certificate.tbsCertificate.issuer,
};
const nextRequest = requestsFor(readKey(directory, ee));
const policy = { allowLegacy: false };

async function build(): Promise<Uint8Array> {
  const header = {
    pvno: 2,
    recipient,
    messageTime: new Date(),
    transactionID: systemRandom.bytes(16),
    senderNonce: systemRandom.bytes(16),
  };
  return protect(header, await nextRequest(credential), credential);
}

function verify(der: Uint8Array): void {
  const message = decodeMessage(der);
  const { header, body, protection, extraCerts } = message;
  const signer = extraCerts?.[0]?.tbsCertificate.subjectPublicKeyInfo;
  const request = body.type === 'ir' ? body.value[0] : undefined;
  const publicKey = request?.certReq.certTemplate.publicKey;
  if (!header.protectionAlg || !protection || !signer || !publicKey) throw new Error('not signed');
  if (request?.popo?.type !== 'signature') throw new Error('no proof of possession');
  const { algorithmIdentifier, signature } = request.popo.value;
  const isGood =
    verifySignature({
      spki: signer,
      algorithm: header.protectionAlg,
      data: receivedProtectedPart(message),
      signature: protection,
      policy,
    }) &&
    verifySignature({
      spki: publicKey,
      algorithm: algorithmIdentifier,
      data: rawOf(request.certReq),
      signature,
      policy,
    });
  if (!isGood) throw new Error('a signature does not fit');
}

/** `openssl speed` counts the time a core works, not the time that passes, so that is counted here too. */
async function run(ms: number): Promise<number> {
  const start = process.cpuUsage();
  let pairs = 0;
  let usedMs = 0;
  while (usedMs < ms) {
    for (let i = 0; i < 20; i++, pairs++) verify(await build());
    const { user, system } = process.cpuUsage(start);
    usedMs = (user + system) / 1000;
  }
  return (pairs * 1000) / usedMs;
}

await run(Number(warmUpMs));
console.log(JSON.stringify({ perSecond: await run(Number(measuredMs)) }));
