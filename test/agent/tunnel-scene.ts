import { onTestFinished } from 'vitest';
import { composeValidation } from '../../src/agent/compose-validation.ts';
import { keepTunnels, type Tunnels } from '../../src/agent/keep-tunnels.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { deployCertificate } from '../../src/lifecycle/deploy-certificate.ts';
import { retrieve } from '../../src/retrieval/retrieve.ts';
import type { IpsecPeer } from '../../src/store/ipsec-contract.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { Name } from '../../src/x509/name.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { startFakeCharon, type FakeCharon } from '../harness/fake-charon.ts';
import { initialized, makeSite, named, type Site } from '../lifecycle/site.ts';

/** The CAs of the peers. */
export const rootB: Issued = issue({ subject: 'CN=Root B', isCa: true });
export const issuingB: Issued = issue({ subject: 'CN=Issuing B', issuer: rootB, isCa: true });

/** A certificate with a key, a charon for its peers, and an agent that looks after it; nothing is deployed at first. */
export interface TunnelScene {
  readonly site: Site;
  readonly charon: FakeCharon;
  /** What was logged. */
  readonly lines: readonly string[];
  readonly tunnels: Tunnels;
  /** How often something was due again. */
  woken(): number;
  /** How often something was to be sent. */
  told(): number;
  /** Set a peer with the certificate `gw1`, judged by root B. */
  put(changes?: Partial<IpsecPeer>): Promise<void>;
  /** Do what is due, as the agent does. */
  deploy(): Promise<void>;
  /** Have charon let somebody in who shows a certificate and its issuers. */
  letIn(peer: string, ...chain: readonly Issued[]): string;
  /** Ids of the IKE_SAs. */
  standing(): readonly string[];
  /** Fetch the CRLs that are set up, where it is time to. */
  fetchCrls(): Promise<void>;
  /** Alarms of peers, as endpoint and reason. */
  alarms(): Promise<readonly string[]>;
}

/** Make it. */
export async function tunnelScene(): Promise<TunnelScene> {
  const site = await makeSite();
  const { store, context, clock } = site;
  await initialized(site);
  await store.caCertificates.put(
    {
      label: named('rootB'),
      der: certificateDer(rootB.certificate),
      subject: toDer(Name, rootB.subject),
      createdAt: clock.now(),
    },
    false,
  );
  const charon = await startFakeCharon();
  const lines: string[] = [];
  const log = {
    debug() {},
    info: (line: string) => void lines.push(line),
    warn: (line: string) => void lines.push(line),
  };
  const { context: validation, refresher } = composeValidation({
    ...context,
    retrieve: (url, options) =>
      retrieve(url, { limits: {}, signal: new AbortController().signal, ...options }),
  });
  let woken = 0;
  let told = 0;
  const tunnels = keepTunnels({
    store,
    // Whoever comes back is looked for when the test says so.
    clock: { now: () => clock.now(), sleep: () => new Promise(() => {}) },
    log,
    validation,
    wake: () => void woken++,
    tell: () => void told++,
  });
  onTestFinished(() => tunnels.close());
  // So that the look it begins with is not in the middle of what a test does.
  await tunnels.refresh();
  return {
    site,
    charon,
    lines,
    tunnels,
    woken: () => woken,
    told: () => told,
    put: (changes = {}) =>
      store.ipsecPeers.put({
        name: named('bob'),
        socket: charon.socket,
        localAddresses: [],
        remoteAddresses: ['192.0.2.2'],
        certificate: named('gw1'),
        ca: ['rootB'],
        isInitiator: false,
        revocation: 'relaxed',
        crls: [],
        crlUris: [],
        reauthenticates: false,
        proposals: [],
        children: [],
        ...changes,
      }),
    async deploy() {
      const record = await store.certificates.current('gw1');
      if (record) await deployCertificate(context, record).catch(() => {});
    },
    letIn(peer, ...chain) {
      for (const { certificate } of chain) {
        charon.certificates.set(
          Buffer.from(certificateDer(certificate)).toString('hex'),
          'received',
        );
      }
      const [own] = chain;
      const [name] = own?.subject.rdns[0] ?? [];
      const text = name?.value.type === 'other' ? '' : (name?.value.value ?? '');
      return charon.establish(peer, `CN=${text}`).id;
    },
    standing: () => charon.associations.map(({ id }) => id),
    fetchCrls: () => refresher.refreshDue(new AbortController().signal),
    async alarms() {
      const all = await store.alarms.list(10);
      return all.map(({ last }) => `${last.details.endpoint} ${last.details.reason}`);
    },
  };
}
