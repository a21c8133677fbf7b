import { onTestFinished } from 'vitest';
import { retrieve } from '../../src/retrieval/retrieve.ts';
import type { Crl } from '../../src/revocation/crl.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import type {
  CrlKeeper,
  CrlRules,
  CrlsFound,
  ValidationEvent,
} from '../../src/validation/contract.ts';
import { crlKeeper, type CrlKeeperContext } from '../../src/validation/crl-keeper.ts';
import type { CrlPlace } from '../../src/validation/crl-places.ts';
import type { CrlRefresher } from '../../src/validation/crl-refresh.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { certificateListDer } from '../../src/x509/certificate-list.ts';
import type { DistributionPoint } from '../../src/x509/distribution-point.ts';
import { extension, extensionValue } from '../../src/x509/extension-values.ts';
import { issue, someDay, type Issued } from '../harness/certificates.ts';
import { fakeClock, type FakeClock } from '../harness/fake-clock.ts';
import { storeOptions, temporaryDirectory } from '../store/sample.ts';
import { answerWith, responderAt, type Responder } from './ocsp-asked.ts';

/** The CA of these CRLs, and one of its certificates that names no place. */
export const ca: Issued = issue({ subject: 'CN=CA', isCa: true });
export const leaf: Issued = issue({ subject: 'CN=leaf', issuer: ca });

/** A keeper over a store of its own, under a clock that stands still. */
export interface Keeping {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly keeper: CrlKeeper & CrlRefresher;
  readonly events: readonly ValidationEvent[];
  /** What is set up; a test changes it. */
  readonly places: CrlPlace[];
  /** Find for a certificate, by what it names. */
  find(of?: Issued, rules?: Partial<CrlRules>, signal?: AbortSignal): Promise<CrlsFound>;
  /** Hold what was found, as if signed by the CA. */
  keep(found: CrlsFound, signer?: Issued): Promise<void>;
  refresh(): Promise<void>;
  /** Another process on the same store. */
  again(more?: Partial<CrlKeeperContext>): Keeping;
}

/** Make a keeper. */
export async function keeping(options: Partial<CrlKeeperContext> = {}): Promise<Keeping> {
  const store = await openStore(storeOptions(temporaryDirectory()));
  onTestFinished(() => store.close());
  return over(store, fakeClock(someDay), [], options);
}

function over(
  store: Store,
  clock: FakeClock,
  places: CrlPlace[],
  options: Partial<CrlKeeperContext>,
): Keeping {
  const events: ValidationEvent[] = [];
  const keeper = crlKeeper({
    store,
    clock,
    tell: (event) => events.push(event),
    configured: async () => places,
    fetchConfigured: retrieve,
    fetchNamed: retrieve,
    signerOf: async () => ca.certificate,
    ...options,
  });
  const never = new AbortController().signal;
  return {
    store,
    clock,
    keeper,
    events,
    places,
    async find(of = leaf, rules = {}, signal = never) {
      const all: CrlRules = {
        use: true,
        configured: places.map(({ name }) => name),
        fromCertificates: true,
        useDeltas: true,
        clockSkewSeconds: 0,
        ...rules,
      };
      const time = { at: clock.now(), clockSkewSeconds: 0 };
      return await keeper.find(
        of.certificate,
        pointsIn(of.certificate),
        all,
        time,
        signal,
        () => true,
      );
    },
    async keep({ crls }, signer = ca) {
      await keeper.keep(crls.map((crl) => ({ crl, signer: signer.certificate })));
    },
    refresh: () => keeper.refreshDue(never),
    again: (more) => over(store, clock, places, { ...options, ...more }),
  };
}

function pointsIn({ tbsCertificate: { extensions } }: Certificate): readonly DistributionPoint[] {
  return [
    ...(extensionValue(extensions, 'cRLDistributionPoints') ?? []),
    ...(extensionValue(extensions, 'freshestCRL') ?? []),
  ];
}

/** A distribution point with URLs. */
export function pointAt(...urls: readonly string[]): DistributionPoint {
  const value = urls.map((url) => ({ type: 'uniformResourceIdentifier', value: url }) as const);
  return { distributionPoint: { type: 'fullName', value } };
}

/** Issue a certificate with distribution points. */
export function pointing(...points: readonly DistributionPoint[]): Issued {
  const cdp = extension('cRLDistributionPoints', points);
  return issue({ subject: 'CN=pointing', issuer: ca, extensions: [cdp] });
}

/** A server of files that a test changes. */
export interface CrlServer extends Responder {
  /** Octets, or the status in place of them. */
  serve(next: Uint8Array | number): void;
}

/** Start it. */
export async function crlServer(first: Uint8Array | number): Promise<CrlServer> {
  let served = first;
  const server = await responderAt((_request, out) => {
    if (typeof served === 'number') out.writeHead(served).end();
    else answerWith(out, served, 'application/pkix-crl');
  });
  return {
    ...server,
    serve(next) {
      served = next;
    },
  };
}

/** CRLNumbers of what was found, in no order. */
export function numbersOf({ crls }: CrlsFound): readonly bigint[] {
  return crls.map(({ crlNumber = -1n }) => crlNumber).toSorted((a, b) => (a < b ? -1 : 1));
}

/** Codes of what was not. */
export function codesOf({ failed }: CrlsFound): readonly string[] {
  return failed.map(({ failure }) => failure.code);
}

/** The octets of a CRL. */
export function octetsOf({ list }: Crl): Uint8Array {
  return certificateListDer(list);
}
