import type { DeploymentRecord } from '../../src/store/deployments-contract.ts';
import type { IpsecPeer } from '../../src/store/ipsec-contract.ts';
import type { CertificateRecord } from '../../src/store/store.ts';
import { toDer } from '../../src/asn1/codec.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { openIkeDaemon } from '../../src/deploy/strongswan-daemon.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { Name } from '../../src/x509/name.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { startFakeCharon, type FakeCharon } from '../harness/fake-charon.ts';
import { initialized, makeSite, named, type Site, type SiteOptions } from './site.ts';

/** The CA of peers, and one below it. */
export const peersRoot: Issued = issue({ subject: 'CN=Peers Root', isCa: true });
export const peersIssuing: Issued = issue({
  subject: 'CN=Peers Issuing',
  issuer: peersRoot,
  isCa: true,
});

/** A site with a certificate `gw1`, and a charon that it is deployed to. */
export interface IpsecSite {
  readonly site: Site;
  readonly context: LifecycleContext;
  readonly charon: FakeCharon;
  /** Set a peer, by usual words. */
  put(changes?: Partial<IpsecPeer>): Promise<void>;
  current(): Promise<CertificateRecord>;
  /** The one deployment. */
  deployment(): Promise<DeploymentRecord>;
}

/** Make one; the root of peers is known as `peers`. */
export async function makeIpsecSite(options: SiteOptions = {}): Promise<IpsecSite> {
  const site = await makeSite(options);
  const charon = await startFakeCharon();
  const { store } = site;
  await keepCa(site, 'peers', peersRoot);
  // A charon that pretends answers at once, or never.
  const ike = { open: openIkeDaemon, patienceMs: 50 };
  await initialized(site);
  return {
    site,
    charon,
    context: { ...site.context, ike },
    put: (changes) => store.ipsecPeers.put({ ...peer(charon.socket), ...changes }),
    async current() {
      const found = await store.certificates.current('gw1');
      if (found === undefined) throw new Error('There is no certificate');
      return found;
    },
    async deployment() {
      const [only] = await store.deployments.list('gw1');
      if (only === undefined) throw new Error('There is no deployment');
      return only;
    },
  };
}

/** Put a certificate into the local CA store. */
export async function keepCa({ store, clock }: Site, label: string, ca: Issued): Promise<void> {
  const record = {
    label: named(label),
    der: certificateDer(ca.certificate),
    subject: toDer(Name, ca.subject),
    createdAt: clock.now(),
  };
  await store.caCertificates.put(record, true);
}

/** A peer that is called. */
export function peer(socket: string): IpsecPeer {
  return {
    name: named('hq'),
    socket,
    localAddresses: [],
    remoteAddresses: ['192.0.2.2'],
    remoteId: 'CN=hq',
    certificate: named('gw1'),
    ca: ['peers'],
    isInitiator: false,
    crls: [],
    crlUris: [],
    reauthenticates: false,
    proposals: [],
    children: [
      {
        name: named('net'),
        localSelectors: ['10.1.0.0/24'],
        remoteSelectors: ['10.2.0.0/24'],
        espProposals: [],
      },
    ],
  };
}

/** DER as the charon that pretends has it. */
export function hex(der: Uint8Array): string {
  return Buffer.from(der).toString('hex');
}
