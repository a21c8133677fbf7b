import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { oids } from '../asn1/oids.ts';
import { buildEnvelopedData, type Addressee } from '../cms/build-enveloped-data.ts';
import { buildAsymmetricKeyPackage } from '../cms/key-package.ts';
import { digest } from '../crypto/digest.ts';
import { describeKey } from '../crypto/public-key.ts';
import { configuredPki } from '../revocation/path-inputs.ts';
import { validatePath } from '../revocation/validate-path.ts';
import type { FetchAnswer, ServedKey } from '../sharing/fetch-answer.ts';
import type { CertificateHad, FetchRequest } from '../sharing/fetch-request.ts';
import { isNode, parseNode } from '../sharing/node-identity.ts';
import type { AuditActor } from '../store/audit-contract.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { audited } from './audit.ts';
import { findProfile, trustOf } from './authority.ts';
import { chainToSend } from './build-chain.ts';
import type { LifecycleContext } from './context.ts';
import { endOf } from './import-leaf.ts';
import { nodesServed } from './served-names.ts';
import { keyOfCertificate, storedCertificate } from './stored-certificate.ts';

/** What serving stands on. */
export interface ServingContext extends Pick<
  LifecycleContext,
  'store' | 'clock' | 'random' | 'log' | 'keys'
> {
  /** Whom the audit trail names. */
  readonly actor: AuditActor;
}

/** What another agent asks, and who it is. */
export interface ServeRequest {
  readonly asked: FetchRequest;
  /** What it has shown in TLS, judged already. */
  readonly node: Certificate;
  /** Label of the CA profile whose roots count for a certificate that has none of its own. */
  readonly ca: Label;
}

/** What it is answered: `not served` says no more, since who may not have a name need not know whether there is one. */
export type ServeResult = FetchAnswer | { readonly type: 'not served' };

/**
 * Give the certificate of a name to another agent, when the node it works on may have it and it ends later than the one
 * that is there. The key goes along encrypted to the certificate that was shown, if it can leave the store at all.
 * What is given is in the audit trail before it is.
 *
 * @throws {CertError} CERT_INVALID when it does not lead to a root of its CA profile now, CA_UNKNOWN, STORE_CORRUPT
 */
export async function serveCertificate(
  context: ServingContext,
  { asked: { name, had }, node, ca }: ServeRequest,
): Promise<ServeResult> {
  const { store, clock, log, actor } = context;
  const allowed = await allowedAs(context, name, node);
  if (allowed === undefined) return { type: 'not served' };
  const record = await store.certificates.current(name);
  if (record === undefined || !isNewer(record, had)) return { type: 'nothing-newer', value: null };
  const { version } = record;
  const path = await pathOf(context, record, ca);
  const act = {
    actor,
    what: 'serve',
    arguments: [
      ['cert-name', name],
      ['version', String(version)],
      ['to', allowed],
    ] as const,
  };
  return audited(context, act, async () => {
    const key = await servedKey(context, record, node);
    const withKey = key.type === 'encrypted';
    const event = { at: clock.now(), name, ca: path.ca, transactionID: '', node: allowed, withKey };
    await store.statistics.record([{ ...event, type: 'served' }]);
    log.info(
      `version ${version} of "${name}" is given to ${allowed}${withKey ? '' : ' without its key'}`,
    );
    const { certificate, chain, root } = path;
    return { type: 'served', value: { name, certificate, chain, root, key } };
  });
}

/** @returns the node of the list that it is, as an operator wrote it */
async function allowedAs(
  { store }: Pick<ServingContext, 'store'>,
  name: Label,
  certificate: Certificate,
): Promise<string | undefined> {
  for (const text of await nodesServed(store, name)) {
    const node = parseNode(text);
    const stored =
      node.type === 'certificate' ? await store.certificates.current(node.name) : undefined;
    if (isNode(node, certificate, stored?.der)) return text;
  }
  return undefined;
}

function isNewer({ der, name }: CertificateRecord, had: CertificateHad | undefined): boolean {
  if (had === undefined) return true;
  if (bytesEqual(digest('sha256', der), had.hash)) return false;
  return endOf(storedCertificate(der, `"${name}"`)) > had.notAfter;
}

interface ServedPath {
  /** Label of the CA profile that it leads to a root of. */
  readonly ca: Label;
  readonly certificate: Certificate;
  readonly chain: readonly Certificate[];
  readonly root: Certificate;
}

async function pathOf(
  { store, clock, log }: ServingContext,
  record: CertificateRecord,
  ca: Label,
): Promise<ServedPath> {
  const { name, der } = record;
  const certificate = storedCertificate(der, `"${name}"`);
  const profile = await findProfile(store, record.ca ?? ca);
  const policy = trustOf(profile);
  const decode = (each: Uint8Array): Certificate => storedCertificate(each, `"${name}"`);
  const chain = (await chainToSend({ store, log }, { ...record, ca: profile.label })).map(decode);
  const verdict = validatePath({
    certificate,
    intermediates: chain,
    anchors: profile.roots.map((root) => storedCertificate(root, `CA "${profile.label}"`)),
    at: clock.now(),
    policy,
    limits: configuredPki,
  });
  if (verdict.type === 'invalid') {
    throw new CertError('CERT_INVALID', `Cannot serve "${name}": ${verdict.reasons[0].detail}`, {
      hint: `See "certkeeper show cert full ${name}"`,
    });
  }
  return { ca: profile.label, certificate, chain: verdict.path.slice(1), root: verdict.anchor };
}

async function servedKey(
  { store, keys, random }: ServingContext,
  record: CertificateRecord,
  node: Certificate,
): Promise<ServedKey> {
  const { keyId } = record;
  if (keyId === undefined) return { type: 'withheld', value: 'not-here' };
  if ((await store.keys.publicKey(keyId)).tokenUri !== undefined) {
    return { type: 'withheld', value: 'in-token' };
  }
  const provider = await keys();
  const addressee = await addresseeOf(node, provider);
  if (addressee === undefined) return { type: 'withheld', value: 'recipient-only-signs' };
  const pkcs8 = await keyOfCertificate(store, record, keyId);
  const content = buildAsymmetricKeyPackage({ key: provider.load(pkcs8), pkcs8 });
  try {
    const contentType = oids.ctKPaKeyPackage;
    const value = await buildEnvelopedData({ contentType, content, addressee }, random);
    return { type: 'encrypted', value };
  } finally {
    content.fill(0);
    pkcs8.fill(0);
  }
}

/**
 * What a node's keyUsage says of encryption is not asked: it is the certificate of a TLS client, and usually has
 * digitalSignature only. That nobody but its holder reads the key counts more.
 */
async function addresseeOf(
  certificate: Certificate,
  keys: Awaited<ReturnType<ServingContext['keys']>>,
): Promise<Addressee | undefined> {
  const { kind, keyType } = describeKey(certificate.tbsCertificate.subjectPublicKeyInfo);
  if (kind === 'rsa') return { type: 'key-transport', certificate };
  if (keyType !== 'p-256' && keyType !== 'p-384' && keyType !== 'p-521') return undefined;
  const { key: ephemeral } = await keys.generate(keyType);
  return { type: 'key-agreement', certificate, ephemeral };
}
