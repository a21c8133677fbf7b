import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { setOf, toDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { octetString } from '../asn1/primitives.ts';
import { bmpString } from '../asn1/strings.ts';
import { digest } from '../crypto/digest.ts';
import {
  assertPassword,
  encryptPkcs8,
  encryptWithPassword,
  SALT_OCTETS,
  WRITTEN_ITERATIONS,
} from './password-encryption.ts';
import {
  AuthenticatedSafe,
  CertBag,
  EncryptedData,
  PFX,
  SafeContents,
  type ContentInfo,
  type PKCS12Attribute,
  type SafeBag,
} from './pfx.ts';
import { makePkcs12Mac } from './pkcs12-mac.ts';
import { readPkcs12 } from './pkcs12.ts';

/** What goes into a PKCS #12 file. */
export interface Pkcs12Credential {
  /** friendlyName of key and first certificate. */
  readonly name: string;
  /** DER of PrivateKeyInfo; the first certificate is the one of this key. Absent: certificates alone. */
  readonly pkcs8?: Uint8Array;
  /** DER, in the order in which they are written: the key's own first, then its issuers. */
  readonly certificates: readonly Uint8Array[];
}

/**
 * Write a PKCS #12 file (RFC 7292) as everything of the last ten years reads it: certificates and key each under PBES2
 * with AES-256-CBC, and a MAC with SHA-256. Nothing of it needs `-legacy` anywhere.
 *
 * It blocks for some 0.3 s, because of `WRITTEN_ITERATIONS`.
 *
 * @param password as UTF-8 text
 * @param random where salts and IVs come from: two files with the same content have no octets in common
 * @throws {CertError} SECRET_UNAVAILABLE when the password is empty
 */
export function writePkcs12(
  { name, pkcs8, certificates }: Pkcs12Credential,
  password: string,
  random: Random,
): Uint8Array {
  assertPassword(password);
  const [leaf] = certificates;
  const friendlyName = attribute('friendlyName', toDer(setOf(bmpString), [name]));
  const bound =
    leaf === undefined
      ? [friendlyName]
      : // What tells a reader which certificate is the key's; any octets would do (RFC 7292 section 4.2).
        [friendlyName, attribute('localKeyId', toDer(setOf(octetString), [digest('sha1', leaf)]))];
  const certBags = certificates.map((der, i): SafeBag => {
    const bag = { certId: oids.x509Certificate, certValue: toDer(octetString, der) };
    return {
      bagId: oids.certBag,
      bagValue: toDer(CertBag, bag),
      // With a name of its own, an issuer would be an entry of its own in a keystore of Java.
      ...(i === 0 && { bagAttributes: pkcs8 === undefined ? [friendlyName] : bound }),
    };
  });
  const parts: readonly ContentInfo[] = [
    ...(certBags.length === 0 ? [] : [encryptedPart(certBags, password, random)]),
    ...(pkcs8 === undefined
      ? []
      : [
          dataPart(
            toDer(SafeContents, [
              {
                bagId: oids.pkcs8ShroudedKeyBag,
                bagValue: encryptPkcs8(pkcs8, password, random),
                bagAttributes: bound,
              },
            ]),
          ),
        ]),
  ];
  const safes = toDer(AuthenticatedSafe, parts);
  const salt = random.bytes(SALT_OCTETS);
  return toDer(PFX, {
    version: 3,
    authSafe: dataPart(safes),
    macData: makePkcs12Mac(safes, password, salt, WRITTEN_ITERATIONS),
  });
}

/**
 * Tell whether a PKCS #12 file holds just this, under this password. Its octets cannot be compared, since its salts
 * are its own.
 */
export function isSamePkcs12(
  file: Uint8Array,
  { name, pkcs8, certificates }: Pkcs12Credential,
  password: string,
): boolean {
  try {
    const found = readPkcs12(file, password);
    const keys = pkcs8 === undefined ? [] : [pkcs8];
    return (
      found.keys.length === keys.length &&
      found.keys.every((key, i) => key.name === name && isSame(key.pkcs8, keys[i])) &&
      found.certificates.length === certificates.length &&
      found.certificates.every((der, i) => isSame(der, certificates[i]))
    );
  } catch (error) {
    // Another password, or no such file at all.
    if (error instanceof CertError) return false;
    throw error;
  }
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && bytesEqual(a, b);
}

function encryptedPart(bags: readonly SafeBag[], password: string, random: Random): ContentInfo {
  const { algorithm, encrypted } = encryptWithPassword(toDer(SafeContents, bags), password, random);
  const content: EncryptedData = {
    version: 0,
    encryptedContentInfo: {
      contentType: oids.data,
      contentEncryptionAlgorithm: algorithm,
      encryptedContent: encrypted,
    },
  };
  return { contentType: oids.encryptedData, content: toDer(EncryptedData, content) };
}

function dataPart(content: Uint8Array): ContentInfo {
  return { contentType: oids.data, content: toDer(octetString, content) };
}

function attribute(type: 'friendlyName' | 'localKeyId', attrValues: Uint8Array): PKCS12Attribute {
  return { attrId: oids[type], attrValues };
}
