import { onTestFinished } from 'vitest';
import { serveNames, type NameServer, type ServingTimes } from '../../src/agent/name-server.ts';
import { parseLabel, type Label } from '../../src/base/label.ts';
import { toDer } from '../../src/asn1/codec.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { fetchCertificate, type FetchResult } from '../../src/lifecycle/fetch-certificate.ts';
import type { ServingContext } from '../../src/lifecycle/serve-certificate.ts';
import { serveTo } from '../../src/lifecycle/served-names.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import type { CertificateRecord } from '../../src/store/store.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import type { Issued, IssueOptions } from '../harness/certificates.ts';
import { ders, issueCa, issueTls, loopbackNames, shown } from '../http/tls-server.ts';
import { initialized, makeSite, named, type Site } from '../lifecycle/site.ts';

/** The certificate that is served. */
export const gw1: Label = named('gw1');

/** A node that renews and serves, and one that fetches; what is served comes from a CA that is set up at both. */
export interface TwoAgents {
  readonly serving: Site;
  readonly fetching: Site;
  /** The CA whose certificates the nodes show each other. */
  readonly nodeCa: Issued;
  /** What the serving node stands on, with its log in `said`. */
  readonly context: ServingContext;
  readonly said: readonly string[];
  /** Serve on loopback, until the test ends. */
  serve(times?: ServingTimes): Promise<NameServer>;
  /** Fetch as the node that is served, or as another, by a process that differs as said. */
  fetch(
    server: { readonly port: number },
    as?: string,
    changes?: Partial<LifecycleContext>,
  ): Promise<FetchResult>;
}

/** A host name as a subject alternative name. */
export function host(value: string): GeneralName {
  return { type: 'dNSName', value };
}

/** Put the certificate of a node into a store, valid now by the real clock, too. */
export async function giveNode(
  { store, clock }: Site,
  name: string,
  issuer: Issued,
  names: readonly GeneralName[],
  more: Partial<IssueOptions> = {},
  above: readonly Issued[] = [],
): Promise<CertificateRecord> {
  const issued = issueTls(issuer, names, { subject: `CN=${name},O=Nodes`, ...more });
  const { pkcs8, chain: all } = shown(issued, ...above);
  const spki = toDer(SubjectPublicKeyInfo, issued.key.spki);
  const [der, ...chain] = all;
  if (der === undefined) throw new Error('nothing was issued');
  return store.certificates.import({
    name: named(name),
    der,
    chain,
    key: { spki, pkcs8 },
    source: 'import',
    ca: parseLabel('nodes', 'ca'),
    at: clock.now(),
  });
}

/** Set up the CA that nodes know each other by. */
export async function giveNodeCa({ store }: Site, ...cas: readonly Issued[]): Promise<void> {
  const label = parseLabel('nodes', 'ca');
  await store.authorities.put(
    caProfile({ label, url: 'http://nodes.example/', roots: [...ders(...cas)] }),
  );
}

/** Two nodes of one CA, the first of which has a certificate that the second may fetch. */
export async function twoAgents(more: Partial<IssueOptions> = {}): Promise<TwoAgents> {
  const serving = await makeSite();
  const fetching = await makeSite({ clock: serving.clock });
  await fetching.setProfile({ roots: serving.profile.roots });
  await initialized(serving);
  const nodeCa = issueCa('CN=Node CA');
  for (const site of [serving, fetching]) await giveNodeCa(site, nodeCa);
  await giveNode(serving, 'node1', nodeCa, loopbackNames);
  await giveNode(fetching, 'node2', nodeCa, [host('node2.example')], more);
  await serveTo(serving.store, gw1, ['dns:node2.example']);
  const said: string[] = [];
  const say = (message: string): void => void said.push(message);
  const context: ServingContext = {
    ...serving.context,
    log: { debug: say, info: say, warn: say },
    actor: { type: 'agent', pid: 1, host: 'node1' },
  };
  return {
    serving,
    fetching,
    nodeCa,
    context,
    said,
    async serve(times) {
      const place = {
        port: 0,
        address: '127.0.0.1',
        certificate: named('node1'),
        ca: parseLabel('nodes', 'ca'),
      };
      const server = await serveNames(context, place, times);
      onTestFinished(() => server.close());
      return server;
    },
    fetch: ({ port }, as = 'node2', changes = {}) =>
      fetchCertificate(
        { ...fetching.context, ...changes },
        {
          name: gw1,
          ca: named('lab'),
          from: `agent://127.0.0.1:${port}`,
          as: named(as),
          read: async () => {
            throw new Error('this is no folder');
          },
        },
      ),
  };
}
