import { fromDer } from '../asn1/codec.ts';
import { DerReader } from '../asn1/der-reader.ts';
import { any } from '../asn1/primitives.ts';
import { decodeMessage } from '../cmp/message/pki-message.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { CertificationRequest } from '../x509/certification-request.ts';
import { inspectAsn1 } from './asn1.ts';
import { certificate } from './certificate.ts';
import { certificationRequest } from './certification-request.ts';
import { leaf, type Node } from './node.ts';
import { pkiMessage } from './pki-message.ts';

/**
 * Show DER as a tree: a PKIMessage, a certificate or a PKCS #10 request by the names of its RFC, told
 * apart by their outlines; anything else by its ASN.1 types. Of a private key nothing is shown.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED; also when it has the outline of a structure and is none
 */
export function inspectDer(der: Uint8Array): Node {
  fromDer({ ...any, name: 'DER' }, der);
  const outline = outlineOf(der);
  if (isPrivateKey.test(outline)) return leaf('private key', `${der.length} octets, not shown`);
  if (isMessage.test(outline)) return pkiMessage('PKIMessage', decodeMessage(der));
  if (isRequest.test(outline)) {
    return certificationRequest('CertificationRequest', fromDer(CertificationRequest, der));
  }
  if (isCertificate.test(outline)) return certificate('Certificate', decodeCertificate(der));
  return inspectAsn1(der);
}

// An outline is the tags of the elements of a SEQUENCE, in hexadecimal, and those of its first element,
// if that is a SEQUENCE, in parentheses behind its own.

/** PrivateKeyInfo (RFC 5958), RSAPrivateKey (RFC 8017, DSA has six numbers) and ECPrivateKey (RFC 5915). */
const isPrivateKey = /^(?:02 30 04|02( 02){5}|02 04)( |$)/;

/** Header of pvno and two GeneralNames, then a tagged body. */
const isMessage = /^30 \(02 [8a][0-8] [8a][0-8][^)]*\) [ab]/;

/** Version, subject, key and attributes. */
const isRequest = /^30 \(02 30 30 a0\) 30 03$/;

/** With a version, or of version 1: serial number, algorithm, issuer, validity, subject and key. */
const isCertificate = /^30 \((?:a0 )?02 30 30 30 30 30[^)]*\) 30 03$/;

/** A SEQUENCE of more elements than this is none of the structures above. */
const MAX_OUTLINE = 20;

function outlineOf(der: Uint8Array): string {
  if (der[0] !== SEQUENCE) return '';
  const reader = new DerReader(der, 'DER');
  reader.enter(SEQUENCE);
  const tags: string[] = [];
  for (let first = true; reader.hasMore() && tags.length < MAX_OUTLINE; first = false) {
    const isSequence = reader.peekTag() === SEQUENCE;
    tags.push(hexTag(reader));
    const element = reader.element();
    if (first && isSequence) tags.push(`(${innerTags(element).join(' ')})`);
  }
  return tags.join(' ');
}

function innerTags(der: Uint8Array): readonly string[] {
  const reader = new DerReader(der, 'DER');
  reader.enter(SEQUENCE);
  const tags: string[] = [];
  while (reader.hasMore() && tags.length < MAX_OUTLINE) {
    tags.push(hexTag(reader));
    reader.element();
  }
  return tags;
}

function hexTag(reader: DerReader): string {
  return reader.peekTag().toString(16).padStart(2, '0');
}

const SEQUENCE = 0x30;
