import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { fromDer, toDer } from '../asn1/codec.ts';
import type { DerLimits } from '../asn1/der-reader.ts';
import { oids } from '../asn1/oids.ts';
import { any, objectIdentifier } from '../asn1/primitives.ts';
import { decodeMessage } from '../cmp/message/pki-message.ts';
import { crlLimits, decodeCertificateList } from '../x509/certificate-list.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { CertificationRequest } from '../x509/certification-request.ts';
import { decodeOcspRequest, type OCSPRequest } from '../x509/ocsp-request.ts';
import { decodeOcspResponse } from '../x509/ocsp-response.ts';
import { inspectAsn1 } from './asn1.ts';
import { certificateList } from './certificate-list.ts';
import { certificate } from './certificate.ts';
import { certificationRequest } from './certification-request.ts';
import { contentInfo } from './cms.ts';
import { leaf, type Node } from './node.ts';
import { ocspRequest, ocspResponse } from './ocsp.ts';
import { outlineOf } from './outline.ts';
import { pkiMessage } from './pki-message.ts';

/**
 * Show DER as a tree: a PKIMessage, a certificate, a CRL, a PKCS #10 request, OCSP or CMS by the names of
 * its RFC, told apart by their outlines; anything else by its ASN.1 types. Of a private key, whatever its
 * form is, only the form is named.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED; also when it has the outline of a structure and is none
 */
export function inspectDer(der: Uint8Array): Node {
  fromDer({ ...any, name: 'DER' }, der, limits);
  const outline = outlineOf(der, limits);
  const secret = privateForms.find(({ is }) => is(outline, der));
  if (secret) return notShown(secret.name, der);
  if (isMessage.test(outline)) return pkiMessage('PKIMessage', decodeMessage(der));
  if (isRequest.test(outline)) {
    return certificationRequest('CertificationRequest', fromDer(CertificationRequest, der));
  }
  if (isCertificate.test(outline)) return certificate('Certificate', decodeCertificate(der));
  if (isCrl.test(outline)) return certificateList('CertificateList', decodeCertificateList(der));
  if (isOcspResponse.test(outline)) return ocspResponse('OCSPResponse', decodeOcspResponse(der));
  if (isContentInfo.test(outline)) return contentInfo('ContentInfo', der);
  const request = isOcspRequest.test(outline) ? ocspRequestIn(der) : undefined;
  return request ? ocspRequest('OCSPRequest', request) : inspectAsn1(der);
}

/** Say of a private key what form it has, and how long it is. */
export function notShown(name: string, der: Uint8Array): Node {
  return leaf(name, `${der.length} octets, not shown`);
}

/** A CRL is the largest of what is shown by its names; trees of ASN.1 types keep to the usual limits. */
const limits: DerLimits = { ...crlLimits, maxElements: crlLimits.maxOctets };

interface PrivateForm {
  readonly name: string;
  is(outline: string, der: Uint8Array): boolean;
}

// RFC 5958, RFC 7292, RFC 8017, RFC 5915; an encrypted key is as strong as its password.
const privateForms: readonly PrivateForm[] = [
  { name: 'PrivateKeyInfo', is: (outline) => /^02 30 04( |$)/.test(outline) },
  {
    name: 'EncryptedPrivateKeyInfo',
    is: (outline) => outline === '30 (06 30) 04',
  },
  { name: 'PFX', is: isPfx },
  { name: 'RSAPrivateKey', is: (outline) => /^02( 02){8}( |$)/.test(outline) },
  { name: 'DSAPrivateKey', is: (outline) => /^02( 02){5,7}$/.test(outline) },
  { name: 'ECPrivateKey', is: (outline) => /^02 04( |$)/.test(outline) },
];

/** Version 3, then a ContentInfo of signed or plain data, RFC 7292 section 4. */
function isPfx(outline: string, der: Uint8Array): boolean {
  if (!/^02 30( 30)?$/.test(outline)) return false;
  // Both stand in the first octets: only lengths of at most five octets each are in front of them.
  const start = asBuffer(der.subarray(0, 40));
  return pfxContents.some((content) => start.includes(content));
}

const pfxContents = [oids.data, oids.signedData].map((oid) =>
  asBuffer(toDer(objectIdentifier, oid)),
);

/** Header of pvno and two GeneralNames, then a tagged body. */
const isMessage = /^30 \(02 [8a][0-8] [8a][0-8][^)]*\) [ab]/;

/** Version, subject, key and attributes. */
const isRequest = /^30 \(02 30 30 a0\) 30 03$/;

/** With a version, or of version 1: serial number, algorithm, issuer, validity, subject and key. */
const isCertificate = /^30 \((?:a0 )?02 30 30 30 30 30[^)]*\) 30 03$/;

/** Version 2 or none, algorithm, issuer, one or two times, entries and extensions. */
const isCrl = /^30 \((?:02 )?30 30 1[78](?: 1[78])?(?: 30)?(?: a0)?\) 30 03$/;

/** An ENUMERATED in front, as nothing else has it. */
const isOcspResponse = /^0a(?: a0)?$/;

/** A type and a tagged content. */
const isContentInfo = /^06 a0$/;

/** Much else may look like this, so that it has to decode as well. */
const isOcspRequest = /^30 \((?:a0 )?(?:a1 )?30(?: a2)?\)(?: a0)?$/;

function ocspRequestIn(der: Uint8Array): OCSPRequest | undefined {
  try {
    return decodeOcspRequest(der);
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return undefined;
  }
}
