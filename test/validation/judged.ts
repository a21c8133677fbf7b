import { certificateDer } from '../../src/x509/certificate.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { readCrl, type Crl } from '../../src/revocation/crl.ts';
import type { RevocationVerdict } from '../../src/revocation/verdict.ts';
import { unavailable } from '../../src/revocation/verdict.ts';
import { validatePeer } from '../../src/validation/check-peer.ts';
import type {
  CrlKeeper,
  OcspClient,
  PeerToJudge,
  PeerVerdict,
  ResolvedOcsp,
  ValidationContext,
  ValidationEvent,
  ValidationPolicy,
} from '../../src/validation/contract.ts';
import type { CertificateFetcher } from '../../src/validation/hash-and-url.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { someDay, type Issued } from '../harness/certificates.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { makeCrl, type CrlParts } from '../revocation/crl-made.ts';

/** An OCSP object that believes whoever issued a certificate. */
export const object: ResolvedOcsp = {
  name: 'O',
  rules: {
    responders: {
      type: 'ca-chain',
      members: [],
      issuerCriteriaCheck: true,
      acceptTrustedRoot: false,
    },
    policy: modernOnly,
    nonce: 'off',
    maxResponseOctets: 65_536,
    maxAgeSeconds: -1,
    clockSkewSeconds: 300,
    rejectMissingNextUpdate: false,
  },
  cache: {
    caching: true,
    maxAgeSeconds: -1,
    clockSkewSeconds: 300,
    cachingThisUpdateMaxAgeSeconds: -1,
    cachingNextUpdateAheadSeconds: -1,
    cacheTimeoutSeconds: 'indefinite',
    cacheErrorTimeoutSeconds: 30,
  },
  query: { timeoutMs: 200, certIdHash: 'sha1', resolvers: [], concurrency: 0 },
  policyHash: 'x',
};

/** A policy that believes the root of the small PKI, and is strict. */
export const strict: ValidationPolicy = {
  name: 'P',
  path: { anchors: [root.certificate], intermediates: [], policy: modernOnly },
  hosts: 'exact',
  revocation: 'strict',
  crls: {
    use: true,
    configured: [],
    fromCertificates: true,
    useDeltas: true,
    clockSkewSeconds: 300,
  },
  ocspRevoked: 'reject',
  unknownFallback: false,
  deadlineMs: 60_000,
};

export const good: RevocationVerdict = { type: 'good', thisUpdate: someDay };
export const revoked: RevocationVerdict = {
  type: 'revoked',
  thisUpdate: someDay,
  revocationDate: someDay,
  reason: 'keyCompromise',
};
export const unknown: RevocationVerdict = { type: 'unknown', thisUpdate: someDay };
export const down: RevocationVerdict = unavailable('timeout', 'it did not answer');

/** Make a CRL of the small PKI. */
export function crl(signer: Issued, parts: CrlParts = {}): Crl {
  const reading = readCrl(makeCrl(signer, parts));
  if (reading.type === 'malformed') throw new Error(reading.detail);
  return reading.crl;
}

/** What the sources are, and who is judged. */
export interface Judged extends Partial<Omit<PeerToJudge, 'chain'>> {
  readonly chain?: readonly Issued[];
  readonly octets?: readonly Uint8Array[];
  readonly policy?: Partial<ValidationPolicy>;
  readonly crls?: readonly Crl[];
  readonly ocsp?: (certificate: Certificate, object: ResolvedOcsp) => RevocationVerdict;
  readonly client?: Partial<OcspClient>;
  readonly keeper?: Partial<CrlKeeper>;
  readonly certificates?: CertificateFetcher;
  readonly signal?: AbortSignal;
}

/** A verdict, with what was done for it. */
export interface Seen {
  readonly verdict: PeerVerdict;
  readonly events: readonly ValidationEvent[];
  readonly kept: readonly Crl[];
  /** Subjects of those asked about by OCSP, and of those CRLs were looked for. */
  readonly asked: readonly Certificate[];
  readonly sought: readonly Certificate[];
}

/** Judge the leaf of the small PKI, or another peer. */
export async function judge(judged: Judged = {}): Promise<Seen> {
  const { chain = [leaf, sub], crls = [], ocsp = () => good, policy = {} } = judged;
  const events: ValidationEvent[] = [];
  const kept: Crl[] = [];
  const asked: Certificate[] = [];
  const sought: Certificate[] = [];
  const context: ValidationContext = {
    ocsp: {
      async status(certificate, _issuer, its) {
        asked.push(certificate);
        const verdict = ocsp(certificate, its);
        const source = { type: 'ocsp', url: 'http://r.example', from: 'network' } as const;
        return { verdict, tried: [{ source, verdict, notes: [] }] };
      },
      staple: () => ({ verdict: down, tried: [] }),
      forget: () => undefined,
      ...judged.client,
    },
    crls: {
      async find(certificate) {
        sought.push(certificate);
        return { crls, failed: [] };
      },
      async keep(used) {
        kept.push(...used.map((signed) => signed.crl));
      },
      ...judged.keeper,
    },
    ...(judged.certificates && { certificates: judged.certificates }),
    tell: (event) => void events.push(event),
    algorithms: modernOnly,
  };
  const verdict = await validatePeer(
    context,
    { ...strict, ...policy },
    {
      chain: judged.octets ?? chain.map(({ certificate }) => certificateDer(certificate)),
      ...(judged.identity && { identity: judged.identity }),
      ...(judged.hashAndUrl && { hashAndUrl: judged.hashAndUrl }),
      ...(judged.staple && { staple: judged.staple }),
    },
    someDay,
    judged.signal ?? new AbortController().signal,
  );
  return { verdict, events, kept, asked, sought };
}
