import { CertError } from '../base/errors.ts';
import { fromDer, setOf } from '../asn1/codec.ts';
import type { DerLimits } from '../asn1/der-reader.ts';
import { oidName, oids } from '../asn1/oids.ts';
import { octetString } from '../asn1/primitives.ts';
import { bmpString } from '../asn1/strings.ts';
import { EncryptedPrivateKeyInfo } from '../crypto/encrypted-private-key-info.ts';
import { checkPkcs12Mac } from './pkcs12-mac.ts';
import { decryptWithPassword } from './password-decryption.ts';
import {
  AuthenticatedSafe,
  CertBag,
  EncryptedData,
  PFX,
  SafeContents,
  type ContentInfo,
  type SafeBag,
} from './pfx.ts';
import { fileWork, type Work } from './work.ts';

/** What a PKCS #12 file holds, in the order of the file. */
export interface Pkcs12Contents {
  readonly keys: readonly Pkcs12Key[];
  readonly certificates: readonly Uint8Array[];
}

/** A private key, not looked into yet. */
export interface Pkcs12Key {
  /** Its friendlyName, also called alias. */
  readonly name?: string;
  /** DER of PrivateKeyInfo, in clear. */
  readonly pkcs8: Uint8Array;
}

/** A bundle of 150 roots has 300 KB; a credential 2 to 10. */
const pkcs12Limits: DerLimits = { maxOctets: 1_048_576, maxDepth: 40, maxElements: 100_000 };

/** Safes in safes: nobody writes even one. */
const MAX_NESTING = 4;

/**
 * Read a PKCS #12 file (RFC 7292), kept together by a password: MAC first, where there is one, then what is
 * encrypted. Certificate revocation lists and secrets in it are passed over.
 *
 * Strict DER only. Some older software writes BER; that fails as DER_MALFORMED.
 *
 * @param password as UTF-8 text; absent means that there is none, which is also tried as an empty one
 * @throws {CertError} KEY_UNUSABLE: the password is wrong or missing, or a kind of encryption or MAC is not
 *   supported; DER_MALFORMED, LIMIT_EXCEEDED
 */
export function readPkcs12(der: Uint8Array, password: string = ''): Pkcs12Contents {
  const { version, authSafe, macData } = fromDer(PFX, der, pkcs12Limits);
  if (version !== 3) refuse(`it is of version ${version}, expected 3`);
  if (authSafe.contentType !== oids.data) {
    refuse(`it is protected by "${oidName(authSafe.contentType)}" in place of a password`);
  }
  const work = fileWork();
  const safes = dataOf(authSafe);
  if (macData && !checkPkcs12Mac(macData, safes, password, work)) wrongPassword(password);
  const keys: Pkcs12Key[] = [];
  const certificates: Uint8Array[] = [];
  const take = (bags: readonly SafeBag[], depth: number): void => {
    if (depth > MAX_NESTING) refuse(`safes are nested deeper than ${MAX_NESTING}`);
    for (const bag of bags) {
      switch (bag.bagId) {
        case oids.keyBag:
          keys.push({ ...nameOf(bag), pkcs8: bag.bagValue });
          break;
        case oids.pkcs8ShroudedKeyBag:
          keys.push({ ...nameOf(bag), pkcs8: unshroud(bag.bagValue, password, work) });
          break;
        case oids.certBag: {
          const { certId, certValue } = fromDer(CertBag, bag.bagValue);
          if (certId === oids.x509Certificate) certificates.push(fromDer(octetString, certValue));
          break;
        }
        case oids.safeContentsBag:
          take(fromDer(SafeContents, bag.bagValue), depth + 1);
      }
    }
  };
  for (const safe of fromDer(AuthenticatedSafe, safes)) {
    take(fromDer(SafeContents, openSafe(safe, password, work)), 0);
  }
  return { keys, certificates };
}

/**
 * Tell whether octets are a PKCS #12 file with a private key in it that nothing encrypts, whatever password its MAC
 * and its other parts have.
 */
export function isKeyBagInClear(der: Uint8Array): boolean {
  const hasKey = (bags: readonly SafeBag[], depth: number): boolean =>
    depth <= MAX_NESTING &&
    bags.some(
      ({ bagId, bagValue }) =>
        bagId === oids.keyBag ||
        (bagId === oids.safeContentsBag && hasKey(fromDer(SafeContents, bagValue), depth + 1)),
    );
  try {
    const { authSafe } = fromDer(PFX, der, pkcs12Limits);
    return fromDer(AuthenticatedSafe, dataOf(authSafe)).some(
      (safe) => safe.contentType === oids.data && hasKey(fromDer(SafeContents, dataOf(safe)), 0),
    );
  } catch (error) {
    // Nothing that could be read in any case.
    if (error instanceof CertError) return false;
    throw error;
  }
}

function openSafe(safe: ContentInfo, password: string, work: Work): Uint8Array {
  switch (safe.contentType) {
    case oids.data:
      return dataOf(safe);
    case oids.encryptedData: {
      const { encryptedContentInfo } = fromDer(EncryptedData, safe.content ?? new Uint8Array());
      const { contentEncryptionAlgorithm, encryptedContent } = encryptedContentInfo;
      const data = encryptedContent ?? new Uint8Array();
      const plain = decryptWithPassword(contentEncryptionAlgorithm, password, data, work);
      return plain && isSequence(plain) ? plain : wrongPassword(password);
    }
    default:
      return refuse(`a part of it is protected by "${oidName(safe.contentType)}"`);
  }
}

function unshroud(bagValue: Uint8Array, password: string, work: Work): Uint8Array {
  const { encryptionAlgorithm, encryptedData } = fromDer(EncryptedPrivateKeyInfo, bagValue);
  const plain = decryptWithPassword(encryptionAlgorithm, password, encryptedData, work);
  return plain && isSequence(plain) ? plain : wrongPassword(password);
}

/** A wrong password that gets past the padding leaves octets that begin like this once in 256 times. */
function isSequence([first]: Uint8Array): boolean {
  return first === 0x30;
}

function dataOf({ content }: ContentInfo): Uint8Array {
  return fromDer(octetString, content ?? new Uint8Array());
}

/** Longer than anybody types; what a key is called is shown and compared, and nothing else. */
const MAX_NAME_CHARACTERS = 255;

function nameOf({ bagAttributes = [] }: SafeBag): { readonly name?: string } {
  const found = bagAttributes.find(({ attrId }) => attrId === oids.friendlyName);
  const [name = ''] = found ? fromDer(setOf(bmpString), found.attrValues) : [];
  return name === '' ? {} : { name: name.slice(0, MAX_NAME_CHARACTERS) };
}

function wrongPassword(password: string): never {
  if (password !== '')
    refuse(
      'the password is wrong, or the file is damaged',
      'Give the password the file was made with',
    );
  return refuse('it needs a password', 'Give password file:PATH, env:NAME or prompt');
}

function refuse(why: string, hint?: string): never {
  throw new CertError('KEY_UNUSABLE', `Cannot read the PKCS#12 file: ${why}`, {
    ...(hint !== undefined && { hint }),
  });
}
