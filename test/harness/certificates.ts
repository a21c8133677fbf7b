import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import {
  algorithmIdentifier,
  type AlgorithmIdentifier,
} from '../../src/x509/algorithm-identifier.ts';
import { Certificate, decodeCertificate, TBSCertificate } from '../../src/x509/certificate.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { Name } from '../../src/x509/name.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { timeOf } from '../../src/x509/time.ts';

/** A key pair of a test, in memory. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly spki: SubjectPublicKeyInfo;
}

/** A certificate made by a test, with what is needed to issue others below it. */
export interface Issued {
  readonly certificate: Certificate;
  readonly subject: Name;
  readonly key: TestKey;
}

/** What a certificate of a test shall be; everything left out has a harmless value. */
export interface IssueOptions {
  readonly subject: string | Name;
  /** Self-signed when left out. */
  readonly issuer?: Pick<Issued, 'subject' | 'key'>;
  /** Write another issuer name than the issuer's. */
  readonly issuerName?: Name;
  readonly key?: TestKey;
  /** basicConstraints with cA and keyUsage with keyCertSign, both critical. */
  readonly isCa?: boolean;
  readonly pathLen?: number;
  /** After those of `isCa`. */
  readonly extensions?: readonly Extension[];
  /** 2, which is v3. */
  readonly version?: number;
  readonly uniqueIDs?: Pick<TBSCertificate, 'issuerUniqueID' | 'subjectUniqueID'>;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly digest?: 'sha1' | 'sha256';
  /** The algorithm named inside, when it shall differ from the one outside. */
  readonly innerAlgorithm?: AlgorithmIdentifier;
}

/** Within the validity of every certificate that does not say otherwise. */
export const someDay: Date = new Date('2026-06-15T12:00:00Z');

let serialNumber = 0n;

/** Make a key pair: P-256, or RSA of so many bits. */
export function makeKey(rsaBits?: number): TestKey {
  const { privateKey, publicKey } =
    rsaBits === undefined
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: rsaBits });
  const der = publicKey.export({ format: 'der', type: 'spki' });
  return { privateKey, spki: fromDer(SubjectPublicKeyInfo, Uint8Array.from(der)) };
}

/** Issue a certificate with our own codecs, and read it back as one that was received. */
export function issue(options: IssueOptions): Issued {
  const { key = makeKey(), digest = 'sha256' } = options;
  const subject =
    typeof options.subject === 'string' ? parseName(options.subject) : options.subject;
  const signer = options.issuer ?? { subject, key };
  const signatureAlgorithm = algorithmOf(signer.key, digest);
  const tbsCertificate: TBSCertificate = {
    version: options.version ?? 2,
    serialNumber: ++serialNumber,
    signature: options.innerAlgorithm ?? signatureAlgorithm,
    issuer: options.issuerName ?? signer.subject,
    validity: {
      notBefore: timeOf(options.notBefore ?? new Date('2026-01-01T00:00:00Z')),
      notAfter: timeOf(options.notAfter ?? new Date('2026-12-31T23:59:59Z')),
    },
    subject,
    subjectPublicKeyInfo: key.spki,
    ...options.uniqueIDs,
    ...extensionsOf(options),
  };
  const tbs = toDer(TBSCertificate, tbsCertificate);
  const signature = Uint8Array.from(sign(digest, tbs, signer.key.privateKey));
  const der = toDer(Certificate, { tbsCertificate, signatureAlgorithm, signature });
  return { certificate: decodeCertificate(der), subject, key };
}

/** Flip one bit of a certificate's signature. */
export function withBrokenSignature({ certificate }: Issued): Certificate {
  const der = Uint8Array.from(toDer(Certificate, certificate));
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  return decodeCertificate(der);
}

function extensionsOf(options: IssueOptions): { readonly extensions?: readonly Extension[] } {
  const { isCa = false, pathLen, extensions = [] } = options;
  const pathLenConstraint = pathLen === undefined ? {} : { pathLenConstraint: pathLen };
  const ofCa = [
    extension('basicConstraints', { cA: true, ...pathLenConstraint }, true),
    extension('keyUsage', ['keyCertSign', 'cRLSign'], true),
  ];
  const all = [...(isCa ? ofCa : []), ...extensions];
  return all.length === 0 ? {} : { extensions: all };
}

function algorithmOf({ spki }: TestKey, digest: 'sha1' | 'sha256'): AlgorithmIdentifier {
  const isRsa = spki.algorithm.algorithm === algorithmIdentifier('rsaEncryption').algorithm;
  if (!isRsa) return algorithmIdentifier(digest === 'sha1' ? 'ecdsaWithSHA1' : 'ecdsaWithSHA256');
  return algorithmIdentifier(
    digest === 'sha1' ? 'sha1WithRSAEncryption' : 'sha256WithRSAEncryption',
    'NULL',
  );
}
