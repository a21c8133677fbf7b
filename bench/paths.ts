import { verify, type KeyObject } from 'node:crypto';
import { rawOf } from '../src/asn1/codec.ts';
import { modernOnly } from '../src/crypto/policy.ts';
import { publicKey } from '../src/crypto/public-key.ts';
import { validatePath } from '../src/revocation/validate-path.ts';
import { certificateDer, decodeCertificate, type Certificate } from '../src/x509/certificate.ts';
import { issue, someDay, type Issued } from '../test/harness/certificates.ts';
import {
  hostileBundles,
  root as hostileRoot,
  type Bundle,
} from '../test/harness/hostile-bundles.ts';
import type { Bench } from './bench.ts';
import { figureOf, type Figure } from './sample.ts';

/** Validations of one run of the path; one takes less than the clock can tell well. */
const PATHS = 300;

const root = issue({ subject: 'CN=Root', isCa: true });
const upper = issue({ subject: 'CN=Upper', issuer: root, isCa: true });
const lower = issue({ subject: 'CN=Lower', issuer: upper, isCa: true });
const leaf = issue({ subject: 'CN=gw1', issuer: lower });

/**
 * Path validation: three certificates from their octets, beside their three signatures alone, and what is made to keep
 * us busy, each for the first time in a process that has run before.
 */
export function paths({ runs, tell }: Bench): Promise<Figure[]> {
  tell('paths');
  const three: Bundle = { leaf, others: [upper, lower], anchors: [root] };
  const ours: number[] = [];
  const theirs: number[] = [];
  const signatures = signaturesOf([
    [leaf, lower],
    [lower, upper],
    [upper, root],
  ]);
  validations(three);
  for (let run = 0; run < runs; run++) {
    ours.push(validations(three));
    theirs.push(verifications(signatures));
  }
  const figures = [
    figureOf({
      name: 'path of 3 certificates, P-256',
      unit: 'ms CPU',
      ours,
      theirs,
      against: 'its 3 signatures alone',
      goal: { atMost: 2 },
    }),
  ];
  for (const { title, make } of hostileBundles) {
    const bundle = make();
    const taken = Array.from({ length: runs }, () => validation(bundle));
    figures.push(
      figureOf({
        name: `hostile: ${title.slice(0, 60)}`,
        unit: 'ms CPU',
        ours: taken,
        theirs,
        against: '3 signatures',
        goal: { oursAtMost: 50 },
      }),
    );
  }
  return Promise.resolve(figures);
}

function validations(bundle: Bundle): number {
  return Array.from({ length: PATHS }, () => validation(bundle)).reduce((a, b) => a + b) / PATHS;
}

/** Milliseconds of processor time from octets to a verdict. */
function validation({ leaf: end, others, anchors = [hostileRoot] }: Bundle): number {
  const begun = process.cpuUsage();
  validatePath({
    certificate: again(end),
    intermediates: others.map(again),
    anchors: anchors.map(again),
    at: someDay,
    policy: modernOnly,
    limits: { chainLength: 16 },
  });
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

function again({ certificate }: Issued): Certificate {
  return decodeCertificate(certificateDer(certificate));
}

interface Signature {
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
  readonly key: KeyObject;
}

function signaturesOf(pairs: readonly (readonly [Issued, Issued])[]): readonly Signature[] {
  return pairs.map(([{ certificate }, { key }]) => ({
    data: rawOf(certificate.tbsCertificate),
    signature: certificate.signature,
    key: publicKey(key.spki).keyObject,
  }));
}

function verifications(signatures: readonly Signature[]): number {
  const begun = process.cpuUsage();
  for (let i = 0; i < PATHS; i++) {
    for (const { data, signature, key } of signatures) verify('sha256', data, key, signature);
  }
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000 / PATHS;
}
