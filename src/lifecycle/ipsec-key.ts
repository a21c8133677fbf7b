import { fromDer } from '../asn1/codec.ts';
import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { digest } from '../crypto/digest.ts';
import type { IkeDaemon, IkeKeyId, IkeTokenKey } from '../deploy/ike-daemon.ts';
import type { CertificateRecord } from '../store/store.ts';
import { parseTokenUri } from '../tokens/uri.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { LifecycleContext } from './context.ts';
import { keyOfCertificate } from './stored-certificate.ts';
import { pinRefusals, tokenAccess } from './token-settings.ts';

/**
 * Name a key as charon does.
 *
 * @param spki DER of SubjectPublicKeyInfo
 */
export function ikeKeyId(spki: Uint8Array): IkeKeyId {
  const { subjectPublicKey } = fromDer(SubjectPublicKeyInfo, spki);
  return toHex(digest('sha1', subjectPublicKey));
}

/** A private key on its way into an IKE daemon. */
export interface KeyForIke {
  readonly id: IkeKeyId;
  /** Hand it over. @throws {CertError} DELIVERY_FAILED */
  load(daemon: IkeDaemon): Promise<void>;
  /** Leave nothing of it in memory. */
  forget(): void;
}

/** What is needed to get at keys. */
export type KeyContext = Pick<LifecycleContext, 'store' | 'clock' | 'pin'>;

/**
 * Get the private key of a certificate ready: its octets, or of one in a token where that is, with the PIN.
 *
 * @throws {CertError} KEY_UNUSABLE when it is not here; CONFIG_INVALID, SECRET_UNAVAILABLE, TOKEN_PIN_WRONG when its token cannot be used
 */
export async function keyForIke(
  context: KeyContext,
  record: CertificateRecord,
): Promise<KeyForIke> {
  const { store } = context;
  const { name, keyId } = record;
  if (keyId === undefined) {
    throw new CertError('KEY_UNUSABLE', `Cannot use the key of "${name}": it is not here`, {
      hint: 'Import the certificate with its key, or have one requested here',
    });
  }
  const { spki, tokenUri } = await store.keys.publicKey(keyId);
  const id = ikeKeyId(spki);
  if (tokenUri !== undefined) return tokenKeyForIke(id, await reachToken(context, name, tokenUri));
  const pkcs8 = await keyOfCertificate(store, record, keyId);
  return {
    id,
    async load(daemon) {
      await assertSameKey(daemon, id, await daemon.loadKey(pkcs8));
    },
    forget: () => void pkcs8.fill(0),
  };
}

function tokenKeyForIke(id: IkeKeyId, key: IkeTokenKey): KeyForIke {
  return {
    id,
    async load(daemon) {
      await assertSameKey(daemon, id, await daemon.loadTokenKey(key));
    },
    forget() {},
  };
}

/** A token may have another key by that id, or there may be two tokens that have one. */
async function assertSameKey(daemon: IkeDaemon, wanted: IkeKeyId, loaded: IkeKeyId): Promise<void> {
  if (loaded === wanted) return;
  await daemon.unloadKey(loaded);
  throw new CertError(
    'DELIVERY_FAILED',
    `Cannot load the key into charon: it found "${loaded}", expected "${wanted}"`,
    { hint: 'Look whether two tokens have a key of this id; charon takes the first one' },
  );
}

async function reachToken(
  { store, clock, pin }: KeyContext,
  name: string,
  tokenUri: string,
): Promise<IkeTokenKey> {
  const uri = parseTokenUri(tokenUri, 'key-provider');
  const { token = '', id } = uri;
  if (id === undefined) {
    throw new CertError('KEY_UNUSABLE', `Cannot use the key of "${name}": it has no id (CKA_ID)`, {
      hint: 'Charon finds keys in tokens by that alone; give the key one with "pkcs11-tool --id"',
    });
  }
  const handle = toHex(id);
  const { pinSource } = await tokenAccess(store, uri);
  if (pinSource === undefined) return { handle };
  const what = `PIN of token ${JSON.stringify(token)}`;
  // Each try counts, whoever makes it: a token locks its PIN after a few.
  if ((await pinRefusals(store.settings, clock).find(token)) !== undefined) {
    throw new CertError('TOKEN_PIN_WRONG', `Cannot use the ${what}: it was refused the last time`, {
      hint: `Try it with "certkeeper crypto token check ${token}"`,
    });
  }
  if (pin === undefined) {
    throw new CertError('SECRET_UNAVAILABLE', `Cannot get the ${what}: nobody can be asked here`);
  }
  const octets = await pin(pinSource, what);
  try {
    return { handle, pin: new TextDecoder('utf-8', { fatal: true }).decode(octets) };
  } catch {
    throw new CertError('SECRET_UNAVAILABLE', `Cannot use the ${what}: it is not UTF-8`);
  } finally {
    octets.fill(0);
  }
}
