import { formatTime } from '../base/format-time.ts';
import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { fromDer, toDer } from '../asn1/codec.ts';
import { encodePem } from '../asn1/pem.ts';
import type { KeyType } from '../crypto/key-type.ts';
import { assertKeyAllowed, describeKey } from '../crypto/public-key.ts';
import type { KeyRequestRecord } from '../store/entries-contract.ts';
import { parseTokenUri } from '../tokens/uri.ts';
import { CertificationRequest, requestedExtensions } from '../x509/certification-request.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { GeneralNames, type GeneralName } from '../x509/general-name.ts';
import { sameName, type Name } from '../x509/name.ts';
import { alone } from './alone.ts';
import { assertNoCaLabel } from './ca-store.ts';
import { buildCertificationRequest } from './certification-request.ts';
import type { LifecycleContext } from './context.ts';
import { discardKey, newStoredKey } from './held-key.ts';
import { makeKey } from './key-choice.ts';
import { certStoreLocation } from './setting-keys.ts';

/** A key to be made, with a request for a CA that does not speak CMP. */
export interface KeyOrder {
  /** The name the certificate shall have. */
  readonly name: Label;
  readonly subject: Name;
  readonly subjectAltNames: readonly GeneralName[];
  readonly keyType: KeyType;
  /** PKCS #11 URI of the token to make the key in; absent: here. */
  readonly token?: string;
  /** Take RSA keys of 1024 bits. */
  readonly allowLegacy: boolean;
  /** Make a new one although another request of the name waits for its answer. */
  readonly replace: boolean;
  /** Put key and request into the cert-store location, too. */
  readonly toCertStore: boolean;
}

/** A request that waits to be carried to a CA. */
export interface GeneratedRequest {
  readonly name: Label;
  /** DER of CertificationRequest. */
  readonly request: Uint8Array;
  readonly keyType: string;
  /** Where the private key is, if not here. */
  readonly tokenUri?: string;
  /** It was here already: an interrupted command was gone on with. */
  readonly isRepeated: boolean;
  readonly files: readonly string[];
}

/**
 * Make a key and a PKCS#10 request for it: `crypto keygen`. Both are in the store before anybody can see the request;
 * the import of a certificate for the key ends it. The same command again makes nothing new, and writes the files
 * again: the one before may have been killed.
 *
 * @throws {CertError} CERT_EXISTS when another request waits, TRANSACTION_OUTSTANDING, KEY_UNUSABLE,
 *   DELIVERY_FAILED, and what a token throws
 */
export async function generateRequest(
  context: LifecycleContext,
  order: KeyOrder,
): Promise<GeneratedRequest> {
  return alone(context, order.name, 0, async (held) => {
    const waiting = await held.store.keyRequests.get(order.name);
    const isRepeated =
      waiting !== undefined && !order.replace && (await isSame(held, waiting, order));
    if (waiting && !isRepeated && !order.replace) throw another(waiting);
    const record = waiting && isRepeated ? waiting : await make(held, order);
    const { spki, tokenUri } = await held.store.keys.publicKey(record.keyId);
    return {
      name: order.name,
      request: record.request,
      keyType: describeKey(spki).keyType,
      ...(tokenUri !== undefined && { tokenUri }),
      isRepeated,
      files: order.toCertStore ? await deliver(held, record, tokenUri === undefined) : [],
    };
  });
}

async function make(context: LifecycleContext, order: KeyOrder): Promise<KeyRequestRecord> {
  const { store, clock } = context;
  const { name, subject, subjectAltNames, allowLegacy, replace } = order;
  const [outstanding] = await store.transactions.overview(name);
  if (outstanding) {
    throw new CertError(
      'TRANSACTION_OUTSTANDING',
      `Cannot make a request for "${name}": its ${outstanding.operation} to "${outstanding.ca}" is outstanding`,
      {
        hint: `Follow it with "certkeeper cmp poll current-cert ${name}", or drop it with "certkeeper clear cmp cert-name ${name}"`,
      },
    );
  }
  await assertNoCaLabel(store, name);
  const held = await makeKey(context, order.keyType, order.token);
  try {
    assertKeyAllowed(held.key.spki, { allowLegacy });
    const request = await buildCertificationRequest(held.key, subject, subjectAltNames);
    const key = newStoredKey(held);
    return await store.keyRequests.put({ name, key, request, at: clock.now() }, replace);
  } catch (error) {
    await discardKey(context, held);
    throw error;
  }
}

/** Tell whether a request that waits is the one a command asks for. */
async function isSame(
  { store }: LifecycleContext,
  { request, keyId }: KeyRequestRecord,
  { subject, subjectAltNames, keyType, token }: KeyOrder,
): Promise<boolean> {
  const { certificationRequestInfo: info } = fromDer(CertificationRequest, request);
  const names = extensionValue(requestedExtensions(info), 'subjectAltName') ?? [];
  const { spki, tokenUri } = await store.keys.publicKey(keyId);
  return (
    sameName(info.subject, subject) &&
    bytesEqual(toDer(GeneralNames, names), toDer(GeneralNames, subjectAltNames)) &&
    describeKey(spki).keyType === keyType &&
    tokenOf(tokenUri) === tokenOf(token)
  );
}

function tokenOf(uri: string | undefined): string | undefined {
  return uri === undefined ? undefined : (parseTokenUri(uri, 'key-provider').token ?? '');
}

function another({ name, createdAt }: KeyRequestRecord): CertError {
  return new CertError(
    'CERT_EXISTS',
    `Cannot make a request for "${name}": another one of ${formatTime(createdAt)} waits for its answer`,
    {
      hint: `Import the answer with "certkeeper cert import cert-name ${name} file …", or add replace to make a new one`,
    },
  );
}

async function deliver(
  context: LifecycleContext,
  { name, keyId, request }: KeyRequestRecord,
  isKeyHere: boolean,
): Promise<readonly string[]> {
  const { store, defaultCertStore } = context;
  const directory = (await store.settings.get(certStoreLocation)) ?? defaultCertStore;
  const key = isKeyHere && {
    keyPem: encodePem('PRIVATE KEY', await store.keys.privateKey(keyId)),
  };
  try {
    const requestPem = requestPemOf(request);
    return (await context.deliver({ directory, name, ...key, requestPem })).files;
  } catch (error) {
    if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
    throw new CertError('DELIVERY_FAILED', error.message, {
      cause: error,
      hint: 'Key and request are stored: set that right and give the same command again, or add file PATH',
    });
  }
}

/** Write a certification request as PEM (RFC 7468 section 7). */
export function requestPemOf(request: Uint8Array): string {
  return encodePem('CERTIFICATE REQUEST', request);
}
