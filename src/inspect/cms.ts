import { CertError } from '../base/errors.ts';
import { fromDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { ContentInfo } from '../cms/content-info.ts';
import { EnvelopedData } from '../cms/enveloped-data.ts';
import type { CertificateReference } from '../cms/issuer-and-serial-number.ts';
import type { KeyAgreeRecipientIdentifier, RecipientInfo } from '../cms/recipient-info.ts';
import { SignedData, type SignerInfo } from '../cms/signed-data.ts';
import { algorithm } from './algorithm-identifier.ts';
import { carried } from './asn1.ts';
import { carriedCertificateList } from './certificate-list.ts';
import { certificate } from './certificate.ts';
import { branch, first, list, maybe, type Node } from './node.ts';
import { distinguishedName, number, octets, oid, oidText, serial } from './plain.ts';

const ENVELOPED_DATA = 0xa0;

/** Show an EncryptedKey (RFC 4211 section 2.1): nothing in it is decrypted. */
export function encryptedKey(name: string, der: Uint8Array): Node {
  if (der[0] === ENVELOPED_DATA) return envelopedData(name, der);
  return { ...carried(name, der), value: 'encryptedValue, deprecated' };
}

/** Show EnvelopedData under whatever tag it has; what does not decode by its ASN.1 types. */
export function envelopedData(name: string, der: Uint8Array): Node {
  return orCarried(name, der, () => {
    const value = fromDer(EnvelopedData.withTag(der[0] ?? EnvelopedData.tag), der);
    return { ...envelopedDataTree(name, value), value: 'EnvelopedData' };
  });
}

function orCarried(name: string, der: Uint8Array, show: () => Node): Node {
  try {
    return show();
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return carried(name, der);
  }
}

/**
 * Show a file of CMS: EnvelopedData and SignedData by the names of RFC 5652, other content by its ASN.1 types.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function contentInfo(name: string, der: Uint8Array): Node {
  const { contentType, content } = fromDer(ContentInfo, der);
  return branch(name, [oid('contentType', contentType), contentOf(contentType, content)]);
}

function contentOf(contentType: string, content: Uint8Array): Node {
  switch (contentType) {
    case oids.envelopedData:
      return envelopedData('content', content);
    case oids.signedData:
      return orCarried('content', content, () => signedData('content', content));
    default:
      return carried('content', content);
  }
}

function envelopedDataTree(name: string, value: EnvelopedData): Node {
  const { encryptedContentInfo: inner } = value;
  return branch(name, [
    number('version', value.version),
    maybe('originatorInfo', value.originatorInfo, carried),
    branch('recipientInfos', first(value.recipientInfos, recipientInfo)),
    branch('encryptedContentInfo', [
      oid('contentType', inner.contentType),
      algorithm('contentEncryptionAlgorithm', inner.contentEncryptionAlgorithm),
      maybe('encryptedContent', inner.encryptedContent, octets),
    ]),
    list('unprotectedAttrs', value.unprotectedAttrs, (one) => carried('Attribute', one)),
  ]);
}

function recipientInfo(info: RecipientInfo): Node {
  switch (info.type) {
    case 'ktri': {
      const { version, rid, keyEncryptionAlgorithm, encryptedKey: key } = info.value;
      return branch(info.type, [
        number('version', version),
        reference('rid', rid),
        algorithm('keyEncryptionAlgorithm', keyEncryptionAlgorithm),
        octets('encryptedKey', key),
      ]);
    }
    case 'kari': {
      const { version, originator, ukm, keyEncryptionAlgorithm } = info.value;
      return branch(info.type, [
        number('version', version),
        originator.type === 'originatorKey'
          ? branch('originator', [
              algorithm('algorithm', originator.value.algorithm),
              octets('publicKey', originator.value.publicKey),
            ])
          : reference('originator', originator),
        maybe('ukm', ukm, octets),
        algorithm('keyEncryptionAlgorithm', keyEncryptionAlgorithm),
        ...info.value.recipientEncryptedKeys.map(({ rid, encryptedKey: key }) =>
          branch('RecipientEncryptedKey', [reference('rid', rid), octets('encryptedKey', key)]),
        ),
      ]);
    }
    case 'pwri': {
      const { version, keyDerivationAlgorithm, keyEncryptionAlgorithm } = info.value;
      return branch(info.type, [
        number('version', version),
        maybe('keyDerivationAlgorithm', keyDerivationAlgorithm, algorithm),
        algorithm('keyEncryptionAlgorithm', keyEncryptionAlgorithm),
        octets('encryptedKey', info.value.encryptedKey),
      ]);
    }
    case 'kekri':
    case 'ori':
      return carried(info.type, info.value);
  }
}

function signedData(name: string, der: Uint8Array): Node {
  const value = fromDer(SignedData, der);
  return branch(name, [
    number('version', value.version),
    branch(
      'digestAlgorithms',
      first(value.digestAlgorithms, (one) => algorithm('AlgorithmIdentifier', one)),
    ),
    branch('encapContentInfo', [
      oid('eContentType', value.encapContentInfo.eContentType),
      maybe('eContent', value.encapContentInfo.eContent, octets),
    ]),
    list('certificates', value.certificates, (one) =>
      one.type === 'certificate'
        ? certificate('Certificate', one.value)
        : carried(one.type, one.value),
    ),
    list('crls', value.crls, (one) => carriedCertificateList('CertificateList', one)),
    branch('signerInfos', first(value.signerInfos, signerInfo)),
  ]);
}

function signerInfo(value: SignerInfo): Node {
  return branch('SignerInfo', [
    number('version', value.version),
    reference('sid', value.sid),
    algorithm('digestAlgorithm', value.digestAlgorithm),
    list('signedAttrs', value.signedAttrs, ({ attrType, attrValues }) =>
      branch(
        oidText(attrType),
        attrValues.map((one) => carried('value', one)),
      ),
    ),
    algorithm('signatureAlgorithm', value.signatureAlgorithm),
    octets('signature', value.signature),
    list('unsignedAttrs', value.unsignedAttrs, (one) => carried('Attribute', one)),
  ]);
}

function reference(name: string, named: CertificateReference | KeyAgreeRecipientIdentifier): Node {
  switch (named.type) {
    case 'issuerAndSerialNumber':
      return branch(name, [
        distinguishedName('issuer', named.value.issuer),
        serial('serialNumber', named.value.serialNumber),
      ]);
    case 'subjectKeyIdentifier':
      return branch(name, [octets(named.type, named.value)]);
    case 'rKeyId':
      return branch(name, [octets('subjectKeyIdentifier', named.value.subjectKeyIdentifier)]);
  }
}
