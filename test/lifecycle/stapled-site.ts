import { CertError } from '../../src/base/errors.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import type { StapleEndpoint, StaplePublication } from '../../src/store/staples-contract.ts';
import { stapleHash } from '../../src/lifecycle/staple-versions.ts';
import type { CertificateRecord } from '../../src/store/store.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { makeSite, named, request, type Site } from './site.ts';
import { initialize, type InitializeRequest } from '../../src/lifecycle/initialize.ts';

/** What an endpoint serves. */
export interface Served {
  readonly serial: string;
  /** SHA-256 of its staple; absent: none. */
  readonly staple?: string;
}

/** A site whose certificates name a responder, and whose endpoints only remember what they are told. */
export interface StapledSite {
  readonly site: Site;
  readonly context: LifecycleContext;
  /** What was published, in order: label, way and whether it was a staple. */
  readonly told: readonly string[];
  /** What each endpoint has by label, as a server that takes it up at once. */
  readonly serving: ReadonlyMap<string, StaplePublication>;
  /** How often a responder was asked. */
  asked(): number;
  /** Have endpoints fail, or be well again. */
  setEndpoints(failure?: string): void;
  /** Have a look at an endpoint find something else than was published, or not. */
  setLook(difference?: string): void;
  current(name?: string): Promise<CertificateRecord>;
}

/** Set it up. */
export async function makeStapledSite(lab: Partial<LabSettings> = {}): Promise<StapledSite> {
  const site = await makeSite({
    lab: { ocsp: true, ocspUrls: ['http://ocsp.example/ocsp'], ...lab },
  });
  const told: string[] = [];
  const serving = new Map<string, StaplePublication>();
  let failure: string | undefined;
  let difference: string | undefined;
  const context: LifecycleContext = {
    ...site.context,
    staples: {
      async ask(query, { headers = {} }) {
        const answer = await site.lab.responder.answer({
          ...query,
          ...(query.method === 'POST' && { contentType: 'application/ocsp-request' }),
          ...(headers['if-none-match'] !== undefined && {
            ifNoneMatch: headers['if-none-match'],
          }),
        });
        if (answer.type === 'answer') return answer;
        throw new CertError('NETWORK_UNREACHABLE', `Cannot connect to "${query.url}"`);
      },
      async publish(at, publication) {
        if (failure !== undefined)
          throw new CertError('DELIVERY_FAILED', failure, { hint: 'Look' });
        told.push(`${at.label} ${publication.way} ${publication.staple ? 'staple' : 'none'}`);
        serving.set(at.label, publication);
        return { isChanged: true };
      },
      look: async () =>
        difference === undefined ? undefined : { type: 'absent', text: difference },
    },
  };
  return {
    site,
    context,
    told,
    serving,
    asked: () => site.lab.responder.requests().total,
    setEndpoints: (text) => void (failure = text),
    setLook: (text) => void (difference = text),
    async current(name = 'gw1') {
      const current = await site.store.certificates.current(name);
      if (current === undefined) throw new Error('there is no certificate');
      return current;
    },
  };
}

/** An endpoint of a kind that is a file alone. */
export function endpoint(label: string, changes: Partial<StapleEndpoint> = {}): StapleEndpoint {
  return { label: named(label), target: { type: 'file', file: `/etc/${label}.der` }, ...changes };
}

/** Get a first certificate, and name an endpoint for it. */
export async function stapled(
  { site, context }: StapledSite,
  changes: Partial<InitializeRequest> = {},
): Promise<void> {
  await initialize(context, request(changes));
  await site.store.staples.putEndpoint(named('gw1'), endpoint('web'));
}

/** A request for a certificate that clients refuse without a staple. */
export function mustStaple(): Partial<InitializeRequest> {
  const { wanted } = request();
  return { wanted: { ...wanted, extensions: [extension('tlsFeature', [5])] } };
}

/** Name what an endpoint serves: which certificate, and a staple of which. */
export function servedAt({ serving }: StapledSite, label: string): string {
  const { certificate, staple } = serving.get(label) ?? {};
  if (certificate === undefined) return 'nothing';
  return `${stapleHash(certificate).slice(0, 8)} ${staple ? 'stapled' : 'bare'}`;
}
