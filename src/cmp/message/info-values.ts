import { fromDer, sequenceOf, toDer, type Codec } from '../../asn1/codec.ts';
import { oids, type Oid } from '../../asn1/oids.ts';
import { nullValue, objectIdentifier } from '../../asn1/primitives.ts';
import { utf8String } from '../../asn1/strings.ts';
import { generalizedTime } from '../../asn1/times.ts';
import { AlgorithmIdentifier } from '../../x509/algorithm-identifier.ts';
import { Certificate } from '../../x509/certificate.ts';
import { CertificateList } from '../../x509/certificate-list.ts';
import { CertReqTemplateContent } from './cert-req-template.ts';
import { CRLStatus } from './crl-status.ts';
import type { InfoTypeAndValue } from './info-type-and-value.ts';
import { RootCaKeyUpdateContent } from './root-ca-key-update.ts';

/**
 * The types of InfoTypeAndValue whose values have a codec, and what they decode to (RFC 9810 section
 * 5.3.19). Requests mostly have no value, and an answer may have none where the RFC says `< absent >`.
 */
export interface InfoValues {
  readonly caProtEncCert: Certificate;
  readonly signKeyPairTypes: readonly AlgorithmIdentifier[];
  readonly encKeyPairTypes: readonly AlgorithmIdentifier[];
  readonly preferredSymmAlg: AlgorithmIdentifier;
  readonly currentCRL: CertificateList;
  readonly unsupportedOIDs: readonly Oid[];
  readonly implicitConfirm: null;
  /** The time at which the certificate that is not confirmed counts as refused (section 5.1.1.2). */
  readonly confirmWaitTime: Date;
  readonly suppLangTags: readonly string[];
  /** Not trust anchors, whatever they are (section 8.9). */
  readonly caCerts: readonly Certificate[];
  readonly rootCaKeyUpdate: RootCaKeyUpdateContent;
  readonly certReqTemplate: CertReqTemplateContent;
  readonly rootCaCert: Certificate;
  readonly certProfile: readonly string[];
  readonly crlStatusList: readonly CRLStatus[];
  readonly crls: readonly CertificateList[];
}

/** More than any CA has of anything that is listed here, and too few to cost much. */
const MAX_LISTED = 100;

const some = { min: 1, max: MAX_LISTED } as const;

const codecs: { readonly [K in keyof InfoValues]: Codec<InfoValues[K]> } = {
  caProtEncCert: Certificate,
  signKeyPairTypes: sequenceOf(AlgorithmIdentifier, some),
  encKeyPairTypes: sequenceOf(AlgorithmIdentifier, some),
  preferredSymmAlg: AlgorithmIdentifier,
  currentCRL: CertificateList,
  unsupportedOIDs: sequenceOf(objectIdentifier, some),
  implicitConfirm: nullValue,
  confirmWaitTime: generalizedTime,
  suppLangTags: sequenceOf(utf8String, some),
  caCerts: sequenceOf(Certificate, some),
  rootCaKeyUpdate: RootCaKeyUpdateContent,
  certReqTemplate: CertReqTemplateContent,
  rootCaCert: Certificate,
  certProfile: sequenceOf(utf8String, some),
  crlStatusList: sequenceOf(CRLStatus, some),
  crls: sequenceOf(CertificateList, some),
};

/**
 * Find the value of an item by its type, in a header's generalInfo, a genm or a genp.
 *
 * @returns undefined when the item is not there or has no value; `hasInfo` tells the two apart
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function infoValue<K extends keyof InfoValues>(
  items: readonly InfoTypeAndValue[] | undefined,
  type: K,
): InfoValues[K] | undefined {
  const value = items?.find(({ infoType }) => infoType === oids[type])?.infoValue;
  const codec: Codec<InfoValues[K]> = codecs[type];
  return value && fromDer({ ...codec, name: type }, value);
}

/** Tell whether an item of a type is there, with a value or without. */
export function hasInfo(
  items: readonly InfoTypeAndValue[] | undefined,
  type: keyof InfoValues,
): boolean {
  return items?.some(({ infoType }) => infoType === oids[type]) ?? false;
}

/** Build an item; without a value it has none, as most questions. */
export function info<K extends keyof InfoValues>(type: K, value?: InfoValues[K]): InfoTypeAndValue {
  if (value === undefined) return { infoType: oids[type] };
  const codec: Codec<InfoValues[K]> = codecs[type];
  return { infoType: oids[type], infoValue: toDer(codec, value) };
}
