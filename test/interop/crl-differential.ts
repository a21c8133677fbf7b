import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePem } from '../../src/asn1/pem.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import type { DistributionPoint, ReasonFlag } from '../../src/x509/distribution-point.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue, someDay, type Issued } from '../harness/certificates.ts';
import { seeded, type Seeded } from '../harness/seeded.ts';
import { entry, hours, makeCrl, ofIssuer, type CrlParts } from '../revocation/crl-made.ts';
import { codeOf } from '../revocation/crl-query.ts';
import { crlOf } from '../revocation/crl-vectors.ts';
import { opensslEnv } from './openssl/pki.ts';

/** What two programs say of one certificate by the same CRLs. */
export interface Compared {
  readonly seed: number;
  /** The status, or why there is none. */
  readonly ours: string;
  /** "good", or the complaint of openssl. */
  readonly theirs: string;
  /** A distribution point covers some reasons only. */
  readonly isPartial: boolean;
  /** What the certificate and the CRLs are, to read when they differ. */
  readonly story: string;
}

const root = issue({ subject: 'CN=Root', isCa: true });
const other = issue({ subject: 'CN=Other', isCa: true, issuer: root });
const stranger = issue({ subject: 'CN=Root', isCa: true });

function uri(path: string) {
  const value = [{ type: 'uniformResourceIdentifier', value: `http://crl/${path}` }] as const;
  return { type: 'fullName', value } as const;
}

const points: readonly [readonly DistributionPoint[], ...(readonly DistributionPoint[])[]] = [
  [],
  [{ distributionPoint: uri('a') }],
  [{ distributionPoint: uri('a') }, { distributionPoint: uri('b') }],
  [{ distributionPoint: uri('a'), reasons: ['keyCompromise', 'cACompromise', 'superseded'] }],
];

const half: readonly ReasonFlag[] = ['keyCompromise', 'cACompromise', 'certificateHold'];
const rest: readonly ReasonFlag[] = [
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
  'aACompromise',
];

/** One CRL, wrong in one way or not at all. */
function someParts(leaf: Issued, random: Seeded): CrlParts {
  const scopes: readonly [CrlParts['scope'], ...CrlParts['scope'][]] = [
    undefined,
    undefined,
    { onlyContainsUserCerts: true },
    { onlyContainsCACerts: true },
    { onlyContainsAttributeCerts: true },
    { distributionPoint: uri('a') },
    { distributionPoint: uri('b') },
    { onlySomeReasons: half },
    { onlySomeReasons: rest },
    { indirectCRL: true },
  ];
  const scope = random.pick(scopes);
  const isIndirect = scope?.indirectCRL === true;
  const foreign = entry(7n, 'superseded', [ofIssuer(other.subject)]);
  const back = entry(8n, 'superseded', [ofIssuer(root.subject)]);
  const entries = [
    ...(random.below(2) === 0 ? [entry(9n)] : []),
    ...(isIndirect && random.below(2) === 0 ? [foreign] : []),
    ...(isIndirect && random.below(3) === 0 ? [back] : []),
    ...(random.below(3) === 0
      ? [entry(leaf, random.pick(['keyCompromise', 'superseded', 'certificateHold']))]
      : []),
  ];
  const unknown = { extnID: '1.2.3.4', critical: true, extnValue: Uint8Array.of(5, 0) };
  const time = random.below(8);
  return {
    ...(scope && { scope }),
    entries,
    ...(time === 0 && { thisUpdate: hours(-48), nextUpdate: hours(-24) }),
    ...(time === 1 && { thisUpdate: hours(24), nextUpdate: hours(48) }),
    ...(random.below(12) === 0 && { extensions: [unknown] }),
  };
}

/** Make a certificate and a CRL or two from a seed, and ask both programs. */
export function compareCrls(seed: number, directory: string): Compared {
  const random = seeded(seed);
  const cdp = random.pick(points);
  const isCa = random.below(4) === 0;
  const leaf = issue({
    subject: 'CN=leaf',
    issuer: root,
    isCa,
    ...(cdp.length > 0 && { extensions: [extension('cRLDistributionPoints', cdp)] }),
  });
  const parts = Array.from({ length: 1 + random.below(2) }, (_, i) => ({
    // Never two of one moment: nobody could say which is the newer.
    thisUpdate: hours(i - 2),
    ...someParts(leaf, random),
  }));
  const signer = random.below(12) === 0 ? stranger : root;
  // A later CRL has a higher number, as RFC 5280 section 5.2.3 has it.
  const inOrder = parts.toSorted((a, b) => timeOf(a) - timeOf(b));
  const octets = inOrder.map((one, i) => makeCrl(signer, { number: BigInt(i + 1), ...one }));
  const pem = (name: string, blocks: readonly string[]): void =>
    writeFileSync(join(directory, name), blocks.join(''));
  pem('root.pem', [encodePem('CERTIFICATE', certificateDer(root.certificate))]);
  pem('leaf.pem', [encodePem('CERTIFICATE', certificateDer(leaf.certificate))]);
  pem(
    'crls.pem',
    octets.map((one) => encodePem('X509 CRL', one)),
  );
  const args = `verify -CAfile root.pem -CRLfile crls.pem -crl_check -extended_crl -attime ${someDay.getTime() / 1000} leaf.pem`;
  const { status, stderr, stdout } = spawnSync('openssl', args.split(' '), {
    cwd: directory,
    encoding: 'utf8',
    env: opensslEnv(),
  });
  const chain = [leaf, root].map(({ certificate }) => certificate);
  const ours = codeOf({ chain, crls: octets.map(crlOf), at: someDay });
  const complaint = /error \d+ at .*?: (.*)/.exec(stderr + stdout)?.[1] ?? stderr;
  const story = JSON.stringify(
    { cdp, isCa, isStranger: signer === stranger, parts },
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
  const isPartial = cdp.some(({ reasons }) => reasons !== undefined);
  return { seed, ours, theirs: status === 0 ? 'good' : complaint, isPartial, story };
}

function timeOf({ thisUpdate = hours(-1) }: CrlParts): number {
  return thisUpdate.getTime();
}
