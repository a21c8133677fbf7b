import { bytesEqual, utf8 } from '../base/bytes.ts';
import { encodePem } from '../asn1/pem.ts';
import type { Label } from '../base/label.ts';
import type { DeliveredPems } from '../deploy/files.ts';
import { contentOf, holdsKey } from '../deploy/outputs.ts';
import type { WrittenFile } from '../deploy/withdraw.ts';
import type { OutputKind } from '../store/deployments-contract.ts';
import type { LifecycleContext } from './context.ts';
import { pemsOf } from './deploy-certificate.ts';
import { requestPemOf } from './generate-request.ts';
import { certStoreLocation } from './setting-keys.ts';

/**
 * List the files that deliveries of a name may have written: where its deployments say, in
 * the cert-store location, and beside a key request. Of each version that is kept the content is known; PKCS#12 is
 * never the same twice, and is not among what can be told for ours.
 */
export async function writtenFiles(
  context: LifecycleContext,
  name: Label,
): Promise<readonly WrittenFile[]> {
  const { store } = context;
  const deployments = await store.deployments.list(name);
  const hasAnchors = deployments.some(({ files }) => files.some(({ kind }) => kind === 'ca'));
  const versions = (await store.certificates.versions(name)).filter(({ version }) => version > 0);
  const pems: DeliveredPems[] = [];
  for (const record of versions) pems.push(await pemsOf(context, record, hasAnchors));
  const isOneOf = (kind: OutputKind) => (octets: Uint8Array) =>
    pems.some((each) => isContent(kind, each, octets));

  const location = (await store.settings.get(certStoreLocation)) ?? context.defaultCertStore;
  // Of one that was deployed there are several, with commas between them.
  const earlier = versions.flatMap(({ directory }) =>
    directory === undefined || directory.includes(', ') ? [] : [directory],
  );
  return [
    ...deployments.flatMap(({ label, files }) =>
      files.map(({ kind, path }) => ({ path, set: `${name}@${label}`, isOurs: isOneOf(kind) })),
    ),
    ...[...new Set([location, ...earlier])].flatMap((directory) =>
      (['key', 'chain', 'cert'] as const).map((kind) => ({
        path: `${directory}/${name}.${kind}.pem`,
        set: name,
        isOurs: isOneOf(kind),
      })),
    ),
    ...(await requestFiles(context, name, location)),
  ];
}

function isContent(kind: OutputKind, pems: DeliveredPems, octets: Uint8Array): boolean {
  const isUnknown =
    kind === 'pkcs12' ||
    (holdsKey(kind) && pems.keyPem === undefined) ||
    (kind === 'ca' && pems.anchorsPem === undefined);
  return !isUnknown && contentOf(kind, pems).isIn(octets);
}

async function requestFiles(
  { store }: LifecycleContext,
  name: Label,
  directory: string,
): Promise<readonly WrittenFile[]> {
  const waiting = await store.keyRequests.get(name);
  if (waiting === undefined) return [];
  const { tokenUri } = await store.keys.publicKey(waiting.keyId);
  const csr = {
    path: `${directory}/${name}.csr.pem`,
    set: `${name}+csr`,
    isOurs: isText(requestPemOf(waiting.request)),
  };
  if (tokenUri !== undefined) return [csr];
  const keyPem = encodePem('PRIVATE KEY', await store.keys.privateKey(waiting.keyId));
  return [{ ...csr, path: `${directory}/${name}.csr-key.pem`, isOurs: isText(keyPem) }, csr];
}

function isText(text: string): WrittenFile['isOurs'] {
  return (octets) => bytesEqual(octets, utf8(text));
}
