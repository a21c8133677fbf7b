/**
 * Make a store with a number of certificates through its own interface: each with a name, a serial number and a
 * signature of its own, and its issuer above it; every tenth with a key here. One ends every five minutes, the first
 * tomorrow.
 *
 * usage: fill-store.ts STATE COUNT
 */
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { systemRandom } from '../src/agent/system-random.ts';
import { systemClock } from '../src/agent/system-clock.ts';
import { fromDer, toDer } from '../src/asn1/codec.ts';
import { oids } from '../src/asn1/oids.ts';
import { parseLabel } from '../src/base/label.ts';
import { caProfile } from '../src/settings/ca-profile-defaults.ts';
import { openStore } from '../src/store/open.ts';
import { algorithmIdentifier } from '../src/x509/algorithm-identifier.ts';
import { Certificate, TBSCertificate } from '../src/x509/certificate.ts';
import { extension } from '../src/x509/extension-values.ts';
import type { Extension } from '../src/x509/extension.ts';
import { parseName } from '../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../src/x509/subject-public-key-info.ts';
import { timeOf } from '../src/x509/time.ts';

const [directory = '', count = '0'] = process.argv.slice(2);

const start = new Date();
const DAY = 86_400_000;
const LIFETIME = 398 * DAY;
const INTERVAL = 300_000;

/** Ten thousand keys in a store of a hundred thousand certificates. */
const CERTIFICATES_PER_KEY = 10;

interface Pair {
  readonly spki: Uint8Array;
  readonly pkcs8: Uint8Array;
}

function makePair(): Pair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  return { spki: new Uint8Array(publicKey), pkcs8: new Uint8Array(privateKey) };
}

interface Wanted {
  readonly subject: string;
  readonly serialNumber: bigint;
  readonly notBefore: Date;
  readonly spki: Uint8Array;
  readonly extensions: readonly Extension[];
}

const ca = makePair();
const caKey = createPrivateKey({ key: Buffer.from(ca.pkcs8), format: 'der', type: 'pkcs8' });
const caName = 'CN=Fleet CA,O=Test';
const signatureAlgorithm = algorithmIdentifier('ecdsaWithSHA256');

function issue({ subject, serialNumber, notBefore, spki, extensions }: Wanted): Uint8Array {
  const tbsCertificate: TBSCertificate = {
    version: 2,
    serialNumber,
    signature: signatureAlgorithm,
    issuer: parseName(caName),
    validity: {
      notBefore: timeOf(notBefore),
      notAfter: timeOf(new Date(notBefore.getTime() + LIFETIME)),
    },
    subject: parseName(subject),
    subjectPublicKeyInfo: fromDer(SubjectPublicKeyInfo, spki),
    extensions,
  };
  const signature = sign('sha256', toDer(TBSCertificate, tbsCertificate), caKey);
  return toDer(Certificate, { tbsCertificate, signatureAlgorithm, signature });
}

const caDer = issue({
  subject: caName,
  serialNumber: 1n,
  notBefore: new Date(start.getTime() - 30 * DAY),
  spki: ca.spki,
  extensions: [extension('basicConstraints', { cA: true }, true)],
});

function deviceOf(index: number, { spki }: Pair) {
  const id = `gw-${String(index).padStart(5, '0')}`;
  const der = issue({
    subject: `CN=${id}.fleet.example,OU=Gateways,O=Test`,
    serialNumber: (1n << 120n) + BigInt(index),
    // The first ends tomorrow.
    notBefore: new Date(start.getTime() - LIFETIME + DAY + index * INTERVAL),
    spki,
    extensions: [
      extension('keyUsage', ['digitalSignature'], true),
      extension('extKeyUsage', [oids.serverAuth, oids.clientAuth]),
      extension('subjectAltName', [{ type: 'dNSName', value: `${id}.fleet.example` }]),
      extension('authorityInfoAccess', [
        {
          accessMethod: oids.ocsp,
          accessLocation: { type: 'uniformResourceIdentifier', value: 'http://ocsp.example/' },
        },
      ]),
    ],
  });
  return { name: parseLabel(id, 'cert-name'), der };
}

const store = await openStore({ directory, clock: systemClock, random: systemRandom });
const label = parseLabel('fleet', 'label');
await store.authorities.put(caProfile({ label, url: 'http://ra.example/pkix/', roots: [caDer] }));
let key = makePair();
for (let index = 0; index < Number(count); index++) {
  const hasKey = index % CERTIFICATES_PER_KEY === 2;
  if (hasKey) key = makePair();
  const { name, der } = deviceOf(index, key);
  await store.certificates.import({
    name,
    der,
    chain: [caDer],
    ...(hasKey && { key }),
    source: 'import',
    ca: label,
    at: start,
  });
}
await store.close();
