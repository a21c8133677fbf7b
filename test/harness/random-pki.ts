import { fromHex } from '../../src/base/bytes.ts';
import { oids, type Oid } from '../../src/asn1/oids.ts';
import type { PathInputs } from '../../src/revocation/path-inputs.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import type { PolicyMapping } from '../../src/x509/certificate-policies.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension, rawExtension, type BasicConstraints } from '../../src/x509/extension-values.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import type { NameConstraints } from '../../src/x509/name-constraints.ts';
import type { Name } from '../../src/x509/name.ts';
import { issue, makeKey, someDay, type Issued, type TestKey } from './certificates.ts';
import { decorateNames, nameOf, respelled } from './random-names.ts';
import { seeded, type Seeded } from './seeded.ts';

/** A chain from an anchor to an end entity, bent in places by chance, and how it is to be judged. */
export interface RandomPki {
  readonly seed: number;
  readonly leaf: Issued;
  readonly intermediates: readonly Issued[];
  readonly anchor: Issued;
  readonly inputs: PolicySetting;
  /** What is unusual about it, to read when verdicts differ. */
  readonly story: readonly string[];
}

/** The inputs of RFC 5280 section 6.1.1 that `openssl verify` has options for. */
export type PolicySetting = Required<
  Pick<
    PathInputs,
    | 'userInitialPolicySet'
    | 'initialExplicitPolicy'
    | 'initialAnyPolicyInhibit'
    | 'initialPolicyMappingInhibit'
  >
>;

const arc = '2.999.7';
const policies = ['1', '2', '3'].map((last) => `${arc}.${last}`);
const { anyPolicy } = oids;

/** The few settings cases are sorted into: one run of `openssl` has one of them. */
export const policySettings: readonly [PolicySetting, ...PolicySetting[]] = [
  setting({}),
  setting({ initialExplicitPolicy: true }),
  setting({ initialExplicitPolicy: true, userInitialPolicySet: new Set(policies.slice(0, 1)) }),
  setting({ initialExplicitPolicy: true, initialAnyPolicyInhibit: true }),
  setting({ initialExplicitPolicy: true, initialPolicyMappingInhibit: true }),
  setting({ userInitialPolicySet: new Set(policies.slice(1)) }),
];

function setting(changes: Partial<PolicySetting>): PolicySetting {
  return {
    userInitialPolicySet: new Set([anyPolicy]),
    initialExplicitPolicy: false,
    initialAnyPolicyInhibit: false,
    initialPolicyMappingInhibit: false,
    ...changes,
  };
}

/** What one certificate is to be. */
interface Plan {
  subject: Name;
  issuerName?: Name;
  notBefore: Date;
  notAfter: Date;
  version: number;
  basicConstraints?: BasicConstraints;
  keyUsage?: 'keyCertSign' | 'digitalSignature';
  names: GeneralName[];
  nameConstraints?: NameConstraints;
  certificatePolicies?: readonly Oid[];
  policyMappings?: readonly PolicyMapping[];
  requireExplicitPolicy?: number;
  inhibitPolicyMapping?: number;
  inhibitAnyPolicy?: number;
  others: Extension[];
  isForged: boolean;
  hasOtherAlgorithmInside: boolean;
}

// Made once: what a key is plays no part here, and making one costs more than all the rest.
const keys: readonly [TestKey, ...TestKey[]] = [
  makeKey(),
  ...Array.from({ length: 9 }, () => makeKey()),
];
const stranger = makeKey();

/** Make the PKI of a seed: always the same, but for its keys and signatures. */
export function randomPki(seed: number): RandomPki {
  const random = seeded(seed);
  const story: string[] = [];
  const theme = random.pick(['basics', 'names', 'policies', 'all', 'basics', 'names', 'policies']);
  const length = 1 + random.below(4);
  const levels = Array.from({ length: length + 1 }, (_, level) => level);
  const isSelfIssued = levels.map((level) => level > 0 && level < length && random.below(5) === 0);
  const plans: Plan[] = [];
  for (const level of levels) {
    const above = plans[level - 1];
    const isLast = level === length;
    const subject =
      above && isSelfIssued[level] ? above.subject : nameOf(seed, level, random, theme);
    const plan = usual(subject, isLast);
    plans.push(plan);
    if (isSelfIssued[level]) story.push(`${level}: self-issued`);
    if (theme !== 'basics') decorate(plan, level, isLast, theme, random, story);
  }
  const count =
    theme === 'basics' || theme === 'all' ? random.below(3) : random.below(8) === 0 ? 1 : 0;
  for (let i = 0; i < count; i++) {
    const level = random.below(length + 1);
    const plan = plans[level];
    const issuer = plans[level - 1];
    const [word, bend] = random.pick(bends);
    // OpenSSL finds no way among certificates of one name without key identifiers.
    if (!plan || (word === 'version 1' && isSelfIssued.includes(true))) continue;
    bend(plan, issuer, random);
    story.push(`${level}: ${word}`);
  }
  const issued: Issued[] = [];
  for (const [level, plan] of plans.entries()) issued.push(issueBy(plan, issued[level - 1], level));
  const [anchor, ...below] = issued;
  const leaf = below.pop();
  if (!anchor || !leaf) throw new Error('a chain has two certificates at the least');
  const isAboutPolicies = theme === 'policies' || theme === 'all';
  const inputs = isAboutPolicies ? random.pick(policySettings) : policySettings[0];
  return { seed, leaf, intermediates: below, anchor, inputs, story };
}

function usual(subject: Name, isLast: boolean): Plan {
  return {
    subject,
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2026-12-31T23:59:59Z'),
    version: 2,
    ...(!isLast && { basicConstraints: { cA: true }, keyUsage: 'keyCertSign' }),
    names: [],
    others: [],
    isForged: false,
    hasOtherAlgorithmInside: false,
  };
}

type Bend = (plan: Plan, issuer: Plan | undefined, random: Seeded) => void;

const second = 1000;
const unknown = { extnID: '2.999.1', critical: true, extnValue: fromHex('0500') };

const bends: readonly [readonly [string, Bend], ...(readonly [string, Bend])[]] = [
  ['expired', (plan) => void (plan.notAfter = new Date('2026-02-01T00:00:00Z'))],
  ['expired a second ago', (plan) => void (plan.notAfter = new Date(someDay.getTime() - second))],
  ['ends this second', (plan) => void (plan.notAfter = someDay)],
  ['ends in a second', (plan) => void (plan.notAfter = new Date(someDay.getTime() + second))],
  ['begins this second', (plan) => void (plan.notBefore = someDay)],
  ['begins in a second', (plan) => void (plan.notBefore = new Date(someDay.getTime() + second))],
  ['no basicConstraints', (plan) => void delete plan.basicConstraints],
  ['cA FALSE', (plan) => void (plan.basicConstraints = { cA: false })],
  [
    'a pathLenConstraint',
    (plan, _, random) => {
      if (plan.basicConstraints)
        plan.basicConstraints = { cA: true, pathLenConstraint: random.below(3) };
    },
  ],
  [
    'another pathLenConstraint',
    (plan, _, random) => {
      if (plan.basicConstraints)
        plan.basicConstraints = { cA: true, pathLenConstraint: random.below(2) };
    },
  ],
  ['no keyUsage', (plan) => void delete plan.keyUsage],
  ['no keyCertSign', (plan) => void (plan.keyUsage = 'digitalSignature')],
  ['an unknown critical extension', (plan) => void plan.others.push(unknown)],
  ['an unknown extension', (plan) => void plan.others.push({ ...unknown, critical: false })],
  ['an extension twice', (plan) => void plan.others.push(unknown, unknown)],
  [
    'a malformed subjectAltName',
    (plan) => void plan.others.push(rawExtension('subjectAltName', fromHex('0500'))),
  ],
  ['version 1', (plan) => void (plan.version = 0)],
  ['forged', (plan) => void (plan.isForged = true)],
  ['another algorithm inside', (plan) => void (plan.hasOtherAlgorithmInside = true)],
  [
    'its issuer in another case',
    (plan, issuer) => void (issuer && (plan.issuerName = respelled(issuer.subject))),
  ],
  [
    'another issuer',
    (plan, issuer) =>
      void (issuer && (plan.issuerName = { rdns: issuer.subject.rdns.slice(0, -1) })),
  ],
];

function decorate(
  plan: Plan,
  level: number,
  isLast: boolean,
  theme: string,
  random: Seeded,
  story: string[],
): void {
  if (theme !== 'policies') decorateNames(plan, isLast, random);
  if (theme !== 'names') decoratePolicies(plan, level, isLast, random);
  const { nameConstraints, certificatePolicies, policyMappings } = plan;
  const { requireExplicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy, names } = plan;
  const mailed = plan.subject.rdns.flat().find(({ type }) => type === oids.emailAddress)
    ?.value.value;
  const host = plan.subject.rdns.flat().find(({ value }) => String(value.value).startsWith('host'));
  const parts = {
    mailed,
    host: host?.value.value,
    names: names.length > 0 ? names : undefined,
    nameConstraints,
    certificatePolicies,
    policyMappings: policyMappings?.map((one) => Object.values(one).join('>')),
    requireExplicitPolicy,
    inhibitPolicyMapping,
    inhibitAnyPolicy,
  };
  const text = JSON.stringify(parts, (_, value: unknown) =>
    value instanceof Uint8Array ? value.join('.') : value,
  );
  if (text !== '{}') story.push(`${level}: ${text.replaceAll(arc, 'p')}`);
}

function decoratePolicies(plan: Plan, level: number, isLast: boolean, random: Seeded): void {
  const some = [...policies, anyPolicy].filter(() => random.below(2) === 0);
  if (some.length > 0 && random.below(8) > 0) plan.certificatePolicies = some;
  if (random.below(6) === 0) plan.requireExplicitPolicy = random.below(3);
  if (random.below(8) === 0) plan.inhibitPolicyMapping = random.below(2);
  if (random.below(6) === 0) plan.inhibitAnyPolicy = random.below(3);
  if (isLast || level === 0 || random.below(3) > 0) return;
  const one = (): Oid => policies[random.below(policies.length)] ?? anyPolicy;
  plan.policyMappings = Array.from({ length: 1 + random.below(3) }, () => ({
    issuerDomainPolicy: random.below(25) === 0 ? anyPolicy : one(),
    subjectDomainPolicy: random.below(25) === 0 ? anyPolicy : one(),
  }));
}

function issueBy(plan: Plan, issuer: Issued | undefined, level: number): Issued {
  const key = keys[level % keys.length] ?? keys[0];
  const signer = issuer && { subject: issuer.subject, key: plan.isForged ? stranger : issuer.key };
  const { issuerName, notBefore, notAfter, version, subject } = plan;
  const extensions = version === 2 ? extensionsOf(plan, key, issuer) : [];
  return issue({
    subject,
    key,
    ...(signer && { issuer: signer }),
    ...(issuerName && { issuerName }),
    ...(plan.hasOtherAlgorithmInside && { innerAlgorithm: algorithmIdentifier('ecdsaWithSHA384') }),
    notBefore,
    notAfter,
    version,
    extensions,
  });
}

function extensionsOf(plan: Plan, key: TestKey, issuer: Issued | undefined): readonly Extension[] {
  const { basicConstraints, keyUsage, names, nameConstraints, certificatePolicies } = plan;
  const { policyMappings, requireExplicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy } = plan;
  const constraints = {
    ...(requireExplicitPolicy !== undefined && { requireExplicitPolicy }),
    ...(inhibitPolicyMapping !== undefined && { inhibitPolicyMapping }),
  };
  return [
    ...(basicConstraints ? [extension('basicConstraints', basicConstraints, true)] : []),
    ...(keyUsage ? [extension('keyUsage', [keyUsage], true)] : []),
    ...(names.length > 0 ? [extension('subjectAltName', names)] : []),
    ...(nameConstraints ? [extension('nameConstraints', nameConstraints, true)] : []),
    ...(certificatePolicies
      ? [
          extension(
            'certificatePolicies',
            certificatePolicies.map((policyIdentifier) => ({ policyIdentifier })),
          ),
        ]
      : []),
    ...(policyMappings ? [extension('policyMappings', policyMappings, true)] : []),
    ...(Object.keys(constraints).length > 0
      ? [extension('policyConstraints', constraints, true)]
      : []),
    ...(inhibitAnyPolicy === undefined
      ? []
      : [extension('inhibitAnyPolicy', inhibitAnyPolicy, true)]),
    ...plan.others,
    // OpenSSL tries no second issuer of one name without them.
    extension('subjectKeyIdentifier', identifier(key)),
    ...(issuer
      ? [extension('authorityKeyIdentifier', { keyIdentifier: identifier(issuer.key) })]
      : []),
  ];
}

function identifier({ spki }: TestKey): Uint8Array {
  return spki.subjectPublicKey.slice(-20);
}
