import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { oids, type Oid } from '../../src/asn1/oids.ts';
import { readCrl, type Crl } from '../../src/revocation/crl.ts';
import { signersBelow } from '../../src/revocation/crl-signers.ts';
import { checkRevocationByCrls } from '../../src/revocation/crl-status.ts';
import type { PathInputs } from '../../src/revocation/path-inputs.ts';
import { readPeerChain } from '../../src/revocation/peer-chain.ts';
import { beginValidation, validateWithin } from '../../src/revocation/validate-path.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';

/** One case of NIST's test suite, with its inputs and what is to come of it. */
export interface PkitsCase {
  readonly name: string;
  /** Section of the document, and so of a test; some tests have several cases. */
  readonly number: string;
  readonly certs: readonly string[];
  readonly crls: readonly string[];
  readonly shouldValidate: boolean;
  readonly initialPolicySet: string;
  readonly userConstrainedPolicySet: string | null;
  readonly initialExplicitPolicy: boolean;
  readonly initialPolicyMappingInhibit: boolean;
  readonly initialInhibitAnyPolicy: boolean;
  readonly time: string;
}

const cases: z.ZodType<readonly PkitsCase[]> = z.array(
  z.object({
    name: z.string(),
    number: z.string(),
    certs: z.array(z.string()),
    crls: z.array(z.string()),
    shouldValidate: z.boolean(),
    initialPolicySet: z.string(),
    userConstrainedPolicySet: z.string().nullable(),
    initialExplicitPolicy: z.boolean(),
    initialPolicyMappingInhibit: z.boolean(),
    initialInhibitAnyPolicy: z.boolean(),
    time: z.string(),
  }),
);

/** How the suite is run: as NIST means it, or with what is ours where nothing is set. */
export type PkitsSettings = 'nist' | 'defaults';

/** What came of a case. */
export interface PkitsOutcome {
  readonly isValid: boolean;
  /** The reason of the path or of a CRL, or the policies. */
  readonly detail: string;
  readonly isAsExpected: boolean;
}

const directory = join(import.meta.dirname, '../vectors/pkits');

/** Read all 249 cases, in the order of the document. */
export function pkitsCases(): readonly PkitsCase[] {
  const text = readFileSync(join(directory, 'pkits-tests.json'), 'utf8');
  return cases.parse(JSON.parse(text));
}

/** Run one case: the path first, then the CRLs of the case and no others. */
export function runPkits(pkits: PkitsCase, settings: PkitsSettings = 'nist'): PkitsOutcome {
  const { shouldValidate, userConstrainedPolicySet } = pkits;
  const { failure, policies } = judge(pkits, settings);
  return {
    isValid: failure === undefined,
    detail: failure ?? policies,
    isAsExpected: shouldValidate
      ? failure === undefined && policies === userConstrainedPolicySet
      : failure !== undefined,
  };
}

interface Judged {
  readonly failure?: string;
  readonly policies: string;
}

function judge(pkits: PkitsCase, settings: PkitsSettings): Judged {
  const [trusted, ...sent] = pkits.certs.map(octets);
  if (!trusted) throw new Error(`case ${pkits.number} has no anchor`);
  const anchor = decodeCertificate(trusted);
  const chain = readPeerChain(sent.toReversed());
  if (chain.type === 'refused') return { failure: chain.reason, policies: '' };
  const at = new Date(pkits.time);
  const isNist = settings === 'nist';
  const policy = { allowLegacy: false, allowSha1: isNist, allowDsa: isNist };
  const inputs: PathInputs = {
    certificate: chain.certificate,
    offered: chain.offered,
    intermediates: [],
    anchors: [anchor],
    at,
    policy,
    userInitialPolicySet: new Set(pkits.initialPolicySet.split(',').map(policyOid)),
    initialExplicitPolicy: pkits.initialExplicitPolicy,
    initialPolicyMappingInhibit: pkits.initialPolicyMappingInhibit,
    initialAnyPolicyInhibit: pkits.initialInhibitAnyPolicy,
    ...(isNist && { limits: { chainLength: 16 } }),
  };
  const context = beginValidation(inputs);
  const verdict = validateWithin(context, inputs);
  if (verdict.type === 'invalid') return { failure: verdict.reasons[0].reason, policies: '' };
  const statuses = checkRevocationByCrls({
    path: verdict.path,
    anchor,
    crls: pkits.crls.flatMap(crl),
    signers: signersBelow(anchor, context, inputs),
    policy,
    at,
    clockSkewSeconds: isNist ? 0 : 300,
    useDeltas: true,
  });
  const policies = [...verdict.userConstrainedPolicySet].map(policyName).toSorted().join(',');
  for (const status of statuses) {
    if (status.type === 'good') continue;
    // Relaxed, which is the other setting here, takes no word for no objection.
    if (!isNist && status.type === 'unavailable') continue;
    return { failure: status.type === 'unavailable' ? status.code : status.type, policies };
  }
  return { policies };
}

function octets(name: string): Uint8Array {
  return readFileSync(join(directory, 'certs', `${name}.crt`));
}

function crl(name: string): readonly Crl[] {
  const reading = readCrl(readFileSync(join(directory, 'crls', `${name}.crl`)));
  return reading.type === 'crl' ? [reading.crl] : [];
}

const policyArc = '2.16.840.1.101.3.2.1.48';

function policyOid(name: string): Oid {
  return name === 'anyPolicy' ? oids.anyPolicy : name.replace('NIST-test-policy-', `${policyArc}.`);
}

function policyName(oid: Oid): string {
  return oid === oids.anyPolicy ? 'anyPolicy' : oid.replace(`${policyArc}.`, 'NIST-test-policy-');
}
