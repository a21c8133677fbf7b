import { toDer } from '../../src/asn1/codec.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { openIkeDaemon } from '../../src/deploy/strongswan-daemon.ts';
import { deployAgain } from '../../src/lifecycle/deploy-settings.ts';
import { putOcspObject } from '../../src/lifecycle/ocsp-objects.ts';
import { setResponder } from '../../src/lifecycle/set-responder.ts';
import { update } from '../../src/lifecycle/update.ts';
import { crlIdentity } from '../../src/revocation/crl.ts';
import type { IpsecPeer } from '../../src/store/ipsec-contract.ts';
import type { ViciEntry, ViciMessage } from '../../src/deploy/vici-message.ts';
import { certificateListDer } from '../../src/x509/certificate-list.ts';
import { Name } from '../../src/x509/name.ts';
import { keyIdOfCertificate, type FakeCharon } from '../harness/fake-charon.ts';
import { crl as crlBy } from '../revocation/crl-made.ts';
import { hex, makeIpsecSite, peer, peersRoot, type IpsecSite } from './ipsec-site.ts';
import { named, type SiteOptions } from './site.ts';

/** Two peers of `gw1`, one that we call and one that calls us, judged by an OCSP object and a CRL. */
export interface TrialSite extends IpsecSite {
  /** Have charon as an operator finds it: both tunnels stand, and there is something to be loaded and to be taken away. */
  prepare(): void;
  /** Everything that a charon has, in words that are the same for each version of the certificate. */
  picture(of?: FakeCharon): Promise<unknown>;
  /** What is wrong with charon, whenever it is looked at. */
  complaints(standing: readonly string[]): Promise<readonly string[]>;
  /** Another process on the same store, for the same charons. */
  another(): Promise<LifecycleContext>;
}

/** The peer that is called. */
export const hq: Partial<IpsecPeer> = { isInitiator: true, reauthenticates: true };

/** An authority of ours that nobody needs any more. */
const leftOver = 'certkeeper-0123456789abcdef';

/** Make it; nothing is deployed yet. */
export async function makeTrialSite(options: SiteOptions = {}): Promise<TrialSite> {
  const made = await makeIpsecSite(options);
  const { site, charon, context, current, put } = made;
  const words = { url: 'http://ocsp.example/', 'ca-chain': 'peers', 'verify-others': false };
  await putOcspObject(context, { name: 'status', words }, undefined);
  const place = { address: '127.0.0.1', port: 8889, isOpen: false };
  await setResponder(context, { ...place, forCa: [], passesNonces: false });
  const crl = crlBy(peersRoot);
  await site.store.heldCrls.put({
    der: certificateListDer(crl.list),
    identity: crlIdentity(crl, peersRoot.certificate),
    issuer: toDer(Name, peersRoot.subject),
    thisUpdate: crl.thisUpdate,
    fetchedAt: site.clock.now(),
  });
  /** Every version there ever was; the store keeps the last few. */
  const ours = new Map<string, string>();
  await put({ ...hq, ocspObject: 'status' });
  await put(branch(charon.socket));
  return {
    ...made,
    prepare() {
      charon.crls.clear();
      charon.authorities.set(leftOver, []);
      for (const name of charon.connections.keys()) {
        if (!established(charon).includes(name)) charon.establish(name);
      }
      // Charon would authenticate them anew by itself some day.
      for (const each of charon.associations) each.reauthIn = 3600;
    },
    async picture(of = charon) {
      const own = (await current()).der;
      return JSON.parse(
        JSON.stringify(pictureOf(of))
          .replaceAll(hex(own), 'own certificate')
          .replaceAll(keyIdOfCertificate(own) ?? '', 'own key'),
      );
    },
    async complaints(standing) {
      const versions = await site.store.certificates.versions('gw1');
      for (const { der, status } of versions) ours.set(hex(der), status);
      return complaintsOf(charon, ours, standing);
    },
    another: async () => ({ ...(await site.open()), ike: context.ike ?? { open: openIkeDaemon } }),
  };
}

/** Have charon as it is after a renewal with which nothing went wrong. @returns the commands, and what charon has then */
export async function undisturbed({ charon, context, prepare, picture }: TrialSite): Promise<{
  readonly commands: readonly string[];
  readonly after: unknown;
}> {
  const name = named('gw1');
  await deployAgain(context, name);
  prepare();
  charon.commands.splice(0);
  await update(context, { current: name, waitSeconds: 60 });
  return { commands: [...charon.commands], after: await picture() };
}

/** Kill a process that does something once charon has done the n-th command; with 0, before the first reaches it. */
export async function killAfter(
  { charon, another }: TrialSite,
  nth: number,
  work: (context: LifecycleContext) => Promise<unknown>,
): Promise<void> {
  const context = await another();
  const killed = new Promise<void>((resolve) => {
    charon.failNth(Math.max(nth, 1), (serve) => {
      if (nth > 0) serve();
      resolve();
      return 'silence';
    });
  });
  // It waits for this answer for ever.
  await Promise.race([killed, work(context).catch(() => {})]);
  // It may have had fewer commands this time.
  charon.failNth(Number.POSITIVE_INFINITY, () => 'silence');
}

function branch(socket: string): IpsecPeer {
  const usual = peer(socket);
  const children = usual.children.map((child) => ({ ...child, remoteSelectors: ['10.3.0.0/24'] }));
  return { ...usual, name: named('branch'), remoteId: 'CN=branch', ocspObject: 'status', children };
}

/** Names of connections with an IKE_SA that stands. */
export function established({ associations }: FakeCharon): readonly string[] {
  return associations.flatMap(({ connection, state }) =>
    state === 'ESTABLISHED' ? [connection] : [],
  );
}

function complaintsOf(
  charon: FakeCharon,
  versions: ReadonlyMap<string, string>,
  standing: readonly string[],
): readonly string[] {
  const complaints: string[] = [];
  const has = (certificate: string): boolean =>
    charon.loadedKeys.has(keyIdOfCertificate(Buffer.from(certificate, 'hex')) ?? '');
  for (const [name, settings] of charon.connections) {
    const pinned = pinnedIn(settings);
    if (!has(pinned)) complaints.push(`${name} pins a certificate whose key is not there`);
    if (!charon.certificates.has(pinned)) complaints.push(`${name} pins what is not loaded`);
  }
  for (const { connection, certificate, reauthIn } of charon.associations) {
    if (reauthIn !== undefined && !has(certificate))
      complaints.push(`${connection} cannot be authenticated anew with what it stands with`);
  }
  for (const name of standing) {
    if (!established(charon).includes(name)) complaints.push(`${name} stands no more`);
  }
  const good = [...versions].filter(
    ([, status]) => status === 'current' || status === 'superseded',
  );
  const goodKeys = new Set(good.map(([der]) => keyIdOfCertificate(Buffer.from(der, 'hex'))));
  for (const [der, kind] of charon.certificates) {
    if (kind === 'own' && !good.some(([each]) => each === der))
      complaints.push('a stray certificate');
  }
  for (const id of charon.loadedKeys) if (!goodKeys.has(id)) complaints.push('a stray key');
  return complaints;
}

function pinnedIn(settings: ViciMessage): string {
  const local = settings.find((each) => each.type === 'section' && each.name === 'local');
  const certs =
    local?.type === 'section' ? local.entries.find(({ name }) => name === 'certs') : undefined;
  const [first] = certs?.type === 'list' ? certs.items : [];
  return first === undefined ? '' : hex(first);
}

function pictureOf(charon: FakeCharon): unknown {
  const { connections, authorities, associations, loadedKeys } = charon;
  // Charon cannot be told to forget those before, nor anything of a peer that is no more.
  const { certificates, crls } =
    connections.size > 0 ? charon : { certificates: new Map<string, string>(), crls: [] };
  return {
    cas: sorted([...certificates].flatMap(([der, kind]) => (kind === 'ca' ? [der] : []))),
    pinned: sorted(
      [...connections].map(([name, each]) => [name, certificates.get(pinnedIn(each))]),
    ),
    connections: sorted([...connections].map(([name, each]) => [name, each.map(plain)])),
    authorities: sorted([...authorities].map(([name, each]) => [name, each.map(plain)])),
    crls: sorted([...crls]),
    keys: sorted([...loadedKeys]),
    associations: sorted(
      associations.map(({ connection, state, certificate, children }) => [
        connection,
        state,
        certificate,
        children,
      ]),
    ),
  };
}

function sorted(items: readonly unknown[]): readonly string[] {
  return items.map((item) => JSON.stringify(item)).toSorted();
}

function plain(entry: ViciEntry): unknown {
  if (entry.type === 'value') return [entry.name, hex(entry.value)];
  return [entry.name, entry.type === 'list' ? entry.items.map(hex) : entry.entries.map(plain)];
}
