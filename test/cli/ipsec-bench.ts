import { toDer } from '../../src/asn1/codec.ts';
import { parseLabel } from '../../src/base/label.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { Name } from '../../src/x509/name.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { startFakeCharon, type FakeCharon } from '../harness/fake-charon.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

const root = issue({ subject: 'CN=Root B', isCa: true });
const below = issue({ subject: 'CN=Issuing B', isCa: true, issuer: root });
const names: readonly Extension[] = [
  extension('subjectAltName', [{ type: 'dNSName', value: 'alice.example' }]),
];

/** A bench of a gateway: certificate `alice` with its key, CA certificates `rootB` and `issuingB`, and a charon. */
export interface IpsecBench extends Bench {
  readonly charon: FakeCharon;
  readonly root: Issued;
  /** `ipsec peer add` with what every peer needs. */
  add(name: string, ...more: readonly string[]): readonly string[];
  /** Store a certificate with its key under a name. */
  keep(name: string, issued: Issued, ...chain: readonly Issued[]): Promise<void>;
}

/** Make one. */
export async function makeIpsecBench(): Promise<IpsecBench> {
  const bench = makeBench();
  const charon = await startFakeCharon();
  const keep: IpsecBench['keep'] = async (name, { certificate, key }, ...chain) => {
    await bench.withStore((store) =>
      store.certificates.import({
        name: parseLabel(name, 'name'),
        der: certificateDer(certificate),
        chain: chain.map((each) => certificateDer(each.certificate)),
        key: {
          spki: toDer(SubjectPublicKeyInfo, key.spki),
          pkcs8: new Uint8Array(key.privateKey.export({ type: 'pkcs8', format: 'der' })),
        },
        source: 'import',
        at: now,
      }),
    );
  };
  await keep('alice', issue({ subject: 'CN=alice,O=A', issuer: root, extensions: names }), root);
  for (const [label, { certificate }] of [
    ['rootB', root],
    ['issuingB', below],
  ] as const) {
    await bench.withStore((store) =>
      store.caCertificates.put(
        {
          label: parseLabel(label, 'label'),
          der: certificateDer(certificate),
          subject: toDer(Name, certificate.tbsCertificate.subject),
          createdAt: now,
        },
        false,
      ),
    );
  }
  const base = [
    'socket',
    charon.socket,
    'peer',
    '192.0.2.2',
    'certificate',
    'alice',
    'ca',
    'rootB',
  ];
  return {
    ...bench,
    charon,
    root,
    keep,
    add: (name, ...more) => ['ipsec', 'peer', 'add', name, ...base, ...more],
  };
}
