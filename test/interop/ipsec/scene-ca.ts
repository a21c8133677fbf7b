import { randomBytes } from 'node:crypto';
import { bytesEqual } from '../../../src/base/bytes.ts';
import { encodePem } from '../../../src/asn1/pem.ts';
import { oids } from '../../../src/asn1/oids.ts';
import { caExtensions, issuerOf, type Authority } from '../../../src/ca/authority.ts';
import {
  issueCertificate,
  keyIdentifierOf,
  publicKeyOf,
  serialNumberFrom,
  type CertificateIssuer,
} from '../../../src/ca/issue-certificate.ts';
import { crlPoint, issueCrl, type Entry } from '../../../src/ca/issue-crl.ts';
import { signOcspDraft } from '../../../src/ca/ocsp-draft.ts';
import { revokedStatus } from '../../../src/ca/ocsp-status.ts';
import { digest, findDigest } from '../../../src/crypto/digest.ts';
import { softwareKeys } from '../../../src/crypto/keys.ts';
import type { Certificate } from '../../../src/x509/certificate.ts';
import { certificateDer } from '../../../src/x509/certificate.ts';
import { extension, extensionValue } from '../../../src/x509/extension-values.ts';
import type { Extension } from '../../../src/x509/extension.ts';
import { parseName } from '../../../src/x509/name-text.ts';
import { decodeOcspRequest } from '../../../src/x509/ocsp-request.ts';

/** Where the status of a certificate is to be had, as it says itself. */
export interface StatusUrls {
  readonly crl?: string;
  readonly ocsp?: string;
}

/** A certificate of a gateway, with its key. */
export interface SceneLeaf {
  /** Its subject is CN=name. */
  readonly name: string;
  readonly certificate: Certificate;
  readonly der: Uint8Array;
  readonly pem: string;
  /** DER. */
  readonly pkcs8: Uint8Array;
  readonly keyPem: string;
}

/** What a certificate shall be, beside its name. */
export interface WantedLeaf {
  /** None when absent. */
  readonly names?: StatusUrls;
  /** `NAME.test` as dNSName when absent. */
  readonly extensions?: readonly Extension[];
  /** An hour ago when absent. */
  readonly notBefore?: Date;
  /** In 30 days when absent. */
  readonly notAfter?: Date;
}

/** What a CRL or a response is like. */
export interface Making {
  /** What a response says of any certificate; what it knows when absent. */
  readonly says?: 'good' | 'revoked' | 'unknown';
  /** Seconds ago; 60 when absent. */
  readonly ago?: number;
  /** Seconds from now; a week when absent. Past ones are negative. */
  readonly until?: number;
  /** A response has the nonce of the request. */
  readonly hasNonce?: boolean;
}

/** A CA of the scene, in memory: it issues, revokes, and says what it has revoked. */
export interface SceneCa {
  /** Of its places: `NAME.crl`, `ocsp/NAME`. */
  readonly name: string;
  readonly commonName: string;
  readonly der: Uint8Array;
  readonly pem: string;
  issue(name: string, wanted?: WantedLeaf): Promise<SceneLeaf>;
  /** Certify a CA below. */
  issueCa(name: string, commonName: string, names?: StatusUrls): Promise<SceneCa>;
  revoke(leaf: {
    readonly certificate: { readonly tbsCertificate: { readonly serialNumber: bigint } };
  }): void;
  /** Make a CRL with everything that is revoked, with the next number. */
  crl(making?: Making): Promise<Uint8Array>;
  /** Tell whether an OCSP request is about what it has issued. */
  isAsked(request: Uint8Array): boolean;
  /** Answer an OCSP request, signed by the CA itself: what is not revoked is good. */
  respond(request: Uint8Array, making?: Making): Promise<Uint8Array>;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Make a root. */
export async function makeRoot(name: string, commonName: string): Promise<SceneCa> {
  return madeCa(name, commonName, []);
}

async function madeCa(
  name: string,
  commonName: string,
  more: readonly Extension[],
  issuer?: CertificateIssuer,
): Promise<SceneCa> {
  const { key } = await softwareKeys.generate('p-256');
  const subject = parseName(`CN=${commonName}`);
  const publicKey = publicKeyOf(key);
  const itself = { key, name: subject, keyIdentifier: keyIdentifierOf(publicKey) };
  const certificate = await issueCertificate(
    {
      serialNumber: serialNumberFrom(randomBytes(16)),
      subject,
      publicKey,
      notBefore: fromNow(-DAY_MS),
      notAfter: fromNow(3650 * DAY_MS),
      extensions: [...caExtensions(), ...more],
    },
    issuer ?? itself,
  );
  return caOf(name, commonName, { key, certificate });
}

/** Make one of a key and its certificate. */
export function caOf(name: string, commonName: string, authority: Authority): SceneCa {
  const der = certificateDer(authority.certificate);
  const listed = new Map<bigint, Entry>();
  let number = 0;
  return {
    name,
    commonName,
    der,
    pem: encodePem('CERTIFICATE', der),
    issue: (leaf, wanted) => leafBelow(authority, leaf, wanted),
    issueCa: (below, itsName, names = {}) =>
      madeCa(below, itsName, extensionsFor(names), issuerOf(authority)),
    revoke({ certificate }) {
      const { serialNumber } = certificate.tbsCertificate;
      listed.set(serialNumber, { serialNumber, at: fromNow(-1000), reason: 'keyCompromise' });
    },
    crl(making = {}) {
      number += 1;
      const fields = { number, ...timesOf(making), revoked: [...listed.values()] };
      return issueCrl(fields, issuerOf(authority));
    },
    isAsked(request) {
      const [first] = decodeOcspRequest(request).tbsRequest.requestList;
      const hash = first && findDigest(first.reqCert.hashAlgorithm);
      if (hash === undefined || first === undefined) return false;
      const { subjectPublicKey } = authority.certificate.tbsCertificate.subjectPublicKeyInfo;
      return bytesEqual(first.reqCert.issuerKeyHash, digest(hash, subjectPublicKey));
    },
    respond(request, making = {}) {
      const { requestList, requestExtensions } = decodeOcspRequest(request).tbsRequest;
      const sent = extensionValue(requestExtensions, 'ocspNonce');
      const nonce = making.hasNonce === true && sent !== undefined ? { nonce: sent } : {};
      const { thisUpdate, nextUpdate } = timesOf(making);
      const revoked = revokedStatus({ at: fromNow(-1000), reason: 'keyCompromise' });
      const responses = requestList.map(({ reqCert: certID }) => {
        const entry = listed.get(certID.serialNumber);
        const says = making.says ?? (entry ? 'revoked' : 'good');
        const certStatus = says === 'revoked' ? revoked : ({ type: says, value: null } as const);
        return { certID, certStatus, thisUpdate, nextUpdate };
      });
      return signOcspDraft({
        responses,
        producedAt: thisUpdate,
        signer: authority,
        certs: [],
        ...nonce,
      });
    },
  };
}

interface Times {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

function timesOf({ ago = 60, until = 7 * 86_400 }: Making): Times {
  return { thisUpdate: fromNow(-ago * 1000), nextUpdate: fromNow(until * 1000) };
}

async function leafBelow(
  authority: Authority,
  name: string,
  wanted: WantedLeaf = {},
): Promise<SceneLeaf> {
  const { names = {}, notBefore = fromNow(-HOUR_MS), notAfter = fromNow(30 * DAY_MS) } = wanted;
  const { extensions = [subjectAltName(`${name}.test`)] } = wanted;
  const { key, pkcs8 } = await softwareKeys.generate('p-256');
  const certificate = await issueCertificate(
    {
      serialNumber: serialNumberFrom(randomBytes(16)),
      subject: parseName(`CN=${name}`),
      publicKey: publicKeyOf(key),
      notBefore,
      notAfter,
      extensions: [
        extension('basicConstraints', { cA: false }, true),
        extension('keyUsage', ['digitalSignature'], true),
        ...extensionsFor(names),
        ...extensions,
      ],
    },
    issuerOf(authority),
  );
  const der = certificateDer(certificate);
  return {
    name,
    certificate,
    der,
    pem: encodePem('CERTIFICATE', der),
    pkcs8,
    keyPem: encodePem('PRIVATE KEY', pkcs8),
  };
}

function subjectAltName(value: string): Extension {
  return extension('subjectAltName', [{ type: 'dNSName', value }]);
}

function extensionsFor({ crl, ocsp }: StatusUrls): readonly Extension[] {
  return [
    ...(crl === undefined ? [] : [extension('cRLDistributionPoints', [crlPoint(crl)])]),
    ...(ocsp === undefined ? [] : [responderAt(ocsp)]),
  ];
}

function responderAt(value: string): Extension {
  const accessLocation = { type: 'uniformResourceIdentifier', value } as const;
  return extension('authorityInfoAccess', [{ accessMethod: oids.ocsp, accessLocation }]);
}

function fromNow(ms: number): Date {
  return new Date(Date.now() + ms);
}
