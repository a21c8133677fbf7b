import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { oids } from '../asn1/oids.ts';
import { openEnvelopedData } from '../cms/open-enveloped-data.ts';
import { openKeyPackage } from '../cms/key-package.ts';
import { digest } from '../crypto/digest.ts';
import { Connection } from '../http/connection.ts';
import { request, type HttpResponse, type RequestLimits } from '../http/request.ts';
import type { HttpRoute } from '../http/route.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import {
  decodeFetchAnswer,
  MAX_FETCH_ANSWER_OCTETS,
  type ServedCertificate,
  type WithheldReason,
} from '../sharing/fetch-answer.ts';
import { encodeFetchRequest } from '../sharing/fetch-request.ts';
import type { CertificateRecord } from '../store/store.ts';
import { certificateDer } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';
import { findProfile } from './authority.ts';
import type { LifecycleContext } from './context.ts';
import type { FetchedSet } from './fetch-place.ts';
import { openStoredKey } from './held-key.ts';
import { endOf } from './import-leaf.ts';
import { judgeNode } from './judge-node.ts';
import { storedCertificate } from './stored-certificate.ts';
import { tlsCertificate, type TlsCertificate } from './tls-certificate.ts';

/** What another agent is asked, and by whom. */
export interface AgentFetch {
  readonly name: Label;
  /** `agent://HOST:PORT` */
  readonly place: string;
  /** The certificate that it is shown, and that a key must be encrypted to. */
  readonly as: Label;
  /** CA profile that the fetched certificate must lead to. */
  readonly profile: CaProfile;
  /** What is here already. */
  readonly current: CertificateRecord | undefined;
}

/** A node that is up answers at once; a signature and a key agreement are all it has to make. */
const usualLimits: RequestLimits = {
  connectTimeoutMs: 10_000,
  responseTimeoutMs: 15_000,
  totalTimeoutMs: 30_000,
  maxBytes: MAX_FETCH_ANSWER_OCTETS,
};

/**
 * Fetch the certificate of a name from the agent of another node, over HTTPS with certificates on both sides. That node
 * must lead to a root of the CA whose certificate we show, have the name in its URL, and be in no CRL of that CA that is
 * stored here.
 *
 * @returns undefined when there is nothing newer than what is here
 * @throws {CertError} RETRIEVAL_REFUSED: not for this node; CERT_INVALID: its root is another, or its certificate is revoked; KEY_UNUSABLE: the key stays
 *   there, or ours opens nothing; CMP_RESPONSE_INVALID, DER_MALFORMED, CONFIG_INVALID, HTTP_STATUS, and those of `request`
 */
export async function fetchFromAgent(
  context: LifecycleContext,
  fetch: AgentFetch,
  limits: RequestLimits = usualLimits,
): Promise<FetchedSet | undefined> {
  const { store } = context;
  const { name, place, as, current } = fetch;
  const url = urlOf(place);
  const own = await tlsCertificate(
    store,
    as,
    `connect to "${place}"`,
    'Name another one with "as NAME": a certificate of this node, with its key',
  );
  // The nodes of one CA know each other; what they serve may come from another one.
  const nodes =
    own.record.ca === undefined ? fetch.profile : await findProfile(store, own.record.ca);
  const route: HttpRoute = {
    tls: {
      judge: (shown) => judgeServer(context, fetch, nodes.label, shown),
      anchors: nodes.roots,
      anchorsAre: `a root of CA "${nodes.label}"`,
      clientCertificate: own.shown,
    },
  };
  const chain = own.record.chain.map((der) => storedCertificate(der, `"${as}"`));
  const asked = encodeFetchRequest({ name, chain, ...hadOf(current) });
  const response = await post(context, { url, route, body: asked, limits }, fetch, nodes.label);
  if (response.status !== 200) throw refused(fetch, response.status);
  const answer = decodeFetchAnswer(response.body, name);
  if (answer.type === 'served') return take(context, fetch, own, answer.value);
  if (current !== undefined) return undefined;
  throw new CertError('CERT_UNKNOWN', `Cannot fetch "${name}" from "${place}": it has none now`, {
    hint: 'See there with "certkeeper show cert"',
  });
}

/** TLS knows no CRLs; those that are stored of the CA of the nodes count on both sides. */
async function judgeServer(
  { store, clock }: Pick<LifecycleContext, 'store' | 'clock'>,
  { name, place }: AgentFetch,
  nodes: Label,
  shown: readonly Uint8Array[],
): Promise<void> {
  const [own, ...above] = shown.map((der) => storedCertificate(der, `"${place}"`));
  const why =
    own === undefined
      ? 'there is none'
      : await judgeNode(store, nodes, [own, ...above], clock.now());
  if (why === undefined) return;
  throw new CertError(
    'CERT_INVALID',
    `Cannot fetch "${name}" from "${place}": its certificate is not accepted: ${why}`,
    { hint: `Have that node get another certificate of CA "${nodes}" and serve with that` },
  );
}

const placePattern = /^agent:\/\/((?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):\d{1,5})\/?$/i;

function urlOf(place: string): string {
  const authority = placePattern.exec(place)?.[1];
  const url = `https://${authority ?? ''}/fetch`;
  if (authority !== undefined && URL.canParse(url)) return url;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot fetch from ${JSON.stringify(place)}: no such place`,
    {
      hint: 'Name another agent as in agent://node1.example:8443, by a name that its certificate has',
    },
  );
}

function hadOf(current: CertificateRecord | undefined): object {
  if (current === undefined) return {};
  const { der, name } = current;
  const notAfter = endOf(storedCertificate(der, `"${name}"`));
  return { had: { hash: digest('sha256', der), notAfter } };
}

interface Post {
  readonly url: string;
  readonly route: HttpRoute;
  readonly body: Uint8Array;
  readonly limits: RequestLimits;
}

async function post(
  { signal }: LifecycleContext,
  { url, route, body, limits }: Post,
  { place, as }: AgentFetch,
  nodes: Label,
): Promise<HttpResponse> {
  const connection = new Connection(new URL(url).origin, route);
  try {
    return await request({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body,
      connection,
      limits,
      ...(signal && { signal }),
    });
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    // Who does not let a node in says nothing: the connection ends. One that never began is another matter.
    const hasBegun = error.code !== 'NETWORK_UNREACHABLE' || /closed|reset/.test(error.message);
    const own = hasBegun ? hints[error.code] : undefined;
    const hint = own === undefined ? error.hint : own(place, as, nodes);
    throw new CertError(error.code, error.message.replaceAll(url, place), {
      cause: error,
      ...(hint !== undefined && { hint }),
    });
  } finally {
    await connection.close();
  }
}

type Hint = (place: string, as: Label, nodes: Label) => string;

const isNotLetIn: Hint = (_, as, nodes) =>
  `It may not accept "${as}": that must be valid there and lead to a root of its serve-ca-root, as here of CA "${nodes}"`;

/** In place of hints that are about the settings of a CA. */
const hints: Readonly<Partial<Record<CertError['code'], Hint>>> = {
  TLS_UNTRUSTED: (place, as, nodes) =>
    `Its serve-cert must be valid, lead to a root of CA "${nodes}", which "${as}" is from, and have the name in "${place}"`,
  TLS_REFUSED: isNotLetIn,
  NETWORK_UNREACHABLE: isNotLetIn,
};

function refused({ name, place, as }: AgentFetch, status: number): CertError {
  const cannot = `Cannot fetch "${name}" from "${place}":`;
  switch (status) {
    case 403:
      return new CertError('RETRIEVAL_REFUSED', `${cannot} it is not served to this node`, {
        hint: `On that node: "certkeeper agent serve name ${name} to NODE", NODE a name that certificate "${as}" has; its log says more`,
      });
    case 429:
      return new CertError('RETRIEVAL_REFUSED', `${cannot} it was asked too often by this node`, {
        hint: 'Try again in a minute',
      });
    default:
      return new CertError('HTTP_STATUS', `${cannot} HTTP status ${status}`, {
        hint: 'See the log of the agent there, and that it is one',
      });
  }
}

async function take(
  context: LifecycleContext,
  { name, place, profile }: AgentFetch,
  own: TlsCertificate,
  { certificate, chain, root, key }: ServedCertificate,
): Promise<FetchedSet> {
  const cannot = `Cannot fetch "${name}" from "${place}":`;
  const rootDer = Buffer.from(certificateDer(root));
  if (!profile.roots.some((known) => rootDer.equals(known))) {
    throw new CertError(
      'CERT_INVALID',
      `${cannot} its root ${quoteName(root.tbsCertificate.subject)} is none of CA "${profile.label}" as it is set up here`,
      { hint: 'If that CA has a new root, set it here first: "certkeeper ca add", or cmp info' },
    );
  }
  if (key.type === 'withheld') {
    throw new CertError('KEY_UNUSABLE', `${cannot} ${withheld[key.value]}`, {
      hint: 'Have this node get a certificate of its own, or one under a key that can be given',
    });
  }
  const { keyId } = own.record;
  if (keyId === undefined) throw new CertError('KEY_UNUSABLE', `${cannot} our own key is gone`);
  const recipient = {
    type: 'certificate',
    key: await openStoredKey(context, keyId),
    certificate: storedCertificate(own.record.der, `"${own.record.name}"`),
  } as const;
  const { contentType, content } = await openEnvelopedData(key.value, recipient);
  if (contentType !== oids.ctKPaKeyPackage) {
    throw new CertError('CMP_RESPONSE_INVALID', `${cannot} what is encrypted is no key`);
  }
  const { subjectPublicKeyInfo } = certificate.tbsCertificate;
  const opened = await openKeyPackage(content, subjectPublicKeyInfo, await context.keys());
  return { certificates: [certificate, ...chain], key: opened };
}

const withheld: Readonly<Record<WithheldReason, string>> = {
  'in-token': 'its key is in a token there, which it never leaves',
  'not-here': 'its key is not there either',
  'recipient-only-signs':
    'nothing can be encrypted to the key of this node, which only signs: RSA and EC can be',
};
