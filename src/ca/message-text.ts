import { asBuffer, toHex } from '../base/bytes.ts';
import { printable } from '../base/printable.ts';
import { oidName } from '../asn1/oids.ts';
import type { CertId } from '../cmp/message/cert-id.ts';
import type { CertRepMessage } from '../cmp/message/cert-rep-message.ts';
import type { CertReqMsg } from '../cmp/message/cert-req-msg.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import type { PKIBody, PKIMessage } from '../cmp/message/pki-message.ts';
import type { PKIHeader } from '../cmp/message/pki-header.ts';
import type { RevDetails } from '../cmp/message/revocation-content.ts';
import { formatStatus, statusTextOf } from '../cmp/message/status-text.ts';
import { isPbm, pbmParameterOf } from '../cmp/protection/pbm.ts';
import { isPbmac1, pbmac1ParamsOf } from '../cmp/protection/pbmac1.ts';
import type { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { Extensions } from '../x509/extension.ts';
import type { GeneralName } from '../x509/general-name.ts';
import { formatName } from '../x509/name-text.ts';
import { serialText } from './grant.ts';

/**
 * Put a message into a few lines that a person can read beside the RFC. Nothing is left out silently:
 * what is not shown in full is shown with its length.
 */
export function messageText(message: PKIMessage): string {
  const { header, body, protection, extraCerts = [] } = message;
  return lines([
    [body.type, ''],
    ...headerRows(header).map(([name, value]) => [`  ${name}`, value] as const),
    ...bodyRows(body).map(([name, value]) => [`  ${name}`, value] as const),
    ['protection', protection ? `${protection.length} octets` : 'none'],
    ...extraCerts.map((one, i) => [`extraCerts[${i}]`, certificateText(one)] as const),
  ]);
}

type Row = readonly [name: string, value: string | undefined];

function headerRows(header: PKIHeader): readonly Row[] {
  const { messageTime, protectionAlg, senderKID, generalInfo } = header;
  return [
    ['pvno', String(header.pvno)],
    ['sender', generalNameText(header.sender)],
    ['recipient', generalNameText(header.recipient)],
    ['messageTime', messageTime?.toISOString()],
    ['protectionAlg', protectionAlg && algorithmText(protectionAlg)],
    ['senderKID', senderKID && octetsText(senderKID)],
    ['recipKID', header.recipKID && octetsText(header.recipKID)],
    ['transactionID', header.transactionID && toHex(header.transactionID)],
    ['senderNonce', header.senderNonce && toHex(header.senderNonce)],
    ['recipNonce', header.recipNonce && toHex(header.recipNonce)],
    ['freeText', header.freeText?.map(printable).join('; ')],
    ['generalInfo', generalInfo?.map(infoText).join(', ')],
  ];
}

function bodyRows(body: PKIBody): readonly Row[] {
  switch (body.type) {
    case 'ir':
    case 'cr':
    case 'kur':
      return body.value.flatMap(requestRows);
    case 'p10cr': {
      const { subject, subjectPKInfo } = body.value.certificationRequestInfo;
      return [
        ['subject', formatName(subject)],
        ['publicKey', algorithmText(subjectPKInfo.algorithm)],
        ['signature', algorithmText(body.value.signatureAlgorithm)],
      ];
    }
    case 'ip':
    case 'cp':
    case 'kup':
      return responseRows(body.value);
    case 'certConf':
      return body.value.flatMap(({ certReqId, certHash, statusInfo, hashAlg }): Row[] => [
        ['certReqId', String(certReqId)],
        ['certHash', toHex(certHash)],
        ['hashAlg', hashAlg && algorithmText(hashAlg)],
        ['status', statusInfo ? formatStatus(statusInfo) : 'accepted (absent)'],
      ]);
    case 'pollReq':
      return body.value.map(({ certReqId }) => ['certReqId', String(certReqId)]);
    case 'pollRep':
      return body.value.flatMap(({ certReqId, checkAfter, reason }): Row[] => [
        ['certReqId', String(certReqId)],
        ['checkAfter', `${checkAfter} s`],
        ['reason', reason?.map(printable).join('; ')],
      ]);
    case 'error':
      return [['status', statusTextOf(body)]];
    case 'rr':
      return body.value.flatMap(revocationRows);
    case 'rp':
      return [
        ['status', statusTextOf(body)],
        ...(body.value.revCerts ?? []).map((one): Row => ['revCerts', certIdText(one)]),
        ...(body.value.crls ?? []).map((one): Row => ['crls', `${one.length} octets`]),
      ];
    case 'genm':
    case 'genp':
      return body.value.map((one): Row => ['infoType', infoText(one)]);
    default:
      return [];
  }
}

function requestRows({ certReq, popo }: CertReqMsg): readonly Row[] {
  const { certReqId, certTemplate, controls } = certReq;
  const { subject, issuer, publicKey, validity, serialNumber, extensions } = certTemplate;
  const times = [validity?.notBefore, validity?.notAfter].map((time) => time?.value.toISOString());
  return [
    ['certReqId', String(certReqId)],
    ['subject', subject && formatName(subject)],
    ['issuer', issuer && formatName(issuer)],
    ['serialNumber', serialNumber === undefined ? undefined : serialText(serialNumber)],
    ['validity', validity && times.map((time) => time ?? '…').join(' to ')],
    ['publicKey', publicKey && algorithmText(publicKey.algorithm)],
    ['extensions', extensions && extensionsText(extensions)],
    ['controls', controls?.map(({ type }) => oidName(type)).join(', ')],
    [
      'popo',
      popo?.type === 'signature'
        ? `signature with ${algorithmText(popo.value.algorithmIdentifier)}`
        : (popo?.type ?? 'none'),
    ],
  ];
}

function revocationRows({ certDetails, crlEntryDetails }: RevDetails): readonly Row[] {
  const { issuer, serialNumber } = certDetails;
  return [
    ['issuer', issuer && formatName(issuer)],
    ['serialNumber', serialNumber === undefined ? undefined : serialText(serialNumber)],
    ['crlEntryDetails', crlEntryDetails && extensionsText(crlEntryDetails)],
  ];
}

function certIdText({ issuer, serialNumber }: CertId): string {
  return `serial ${serialText(serialNumber)} by ${generalNameText(issuer)}`;
}

function infoText({ infoType, infoValue }: InfoTypeAndValue): string {
  return infoValue ? `${oidName(infoType)} (${infoValue.length} octets)` : oidName(infoType);
}

function responseRows({ caPubs = [], response }: CertRepMessage): readonly Row[] {
  return [
    ...caPubs.map((one): Row => ['caPubs', certificateText(one)]),
    ...response.flatMap(({ certReqId, status, certifiedKeyPair }): Row[] => {
      const given = certifiedKeyPair?.certOrEncCert;
      return [
        ['certReqId', String(certReqId)],
        ['status', formatStatus(status)],
        ['certificate', given?.type === 'certificate' ? certificateText(given.value) : given?.type],
      ];
    }),
  ];
}

function certificateText({ tbsCertificate }: Certificate): string {
  const { subject, issuer, serialNumber, validity } = tbsCertificate;
  return (
    `"${formatName(subject)}" by "${formatName(issuer)}", serial ${serialText(serialNumber)}, ` +
    `until ${validity.notAfter.value.toISOString()}`
  );
}

function extensionsText(extensions: Extensions): string {
  return extensions
    .map(({ extnID, critical }) => oidName(extnID) + (critical ? ' (critical)' : ''))
    .join(', ');
}

function algorithmText(algorithm: AlgorithmIdentifier): string {
  if (isPbmac1(algorithm)) return pbmac1Text(algorithm);
  if (!isPbm(algorithm)) return oidName(algorithm.algorithm);
  const { salt, owf, iterationCount, mac } = pbmParameterOf(algorithm);
  return (
    `passwordBasedMac (owf ${oidName(owf.algorithm)}, ${iterationCount} iterations, ` +
    `mac ${oidName(mac.algorithm)}, salt of ${salt.length} octets)`
  );
}

function pbmac1Text(algorithm: AlgorithmIdentifier): string {
  const { keyDerivationFunc, messageAuthScheme } = pbmac1ParamsOf(algorithm);
  const mac = oidName(messageAuthScheme.algorithm);
  return `pbmac1 (${oidName(keyDerivationFunc.algorithm)}, mac ${mac})`;
}

function generalNameText(name: GeneralName): string {
  if (name.type === 'directoryName') return `"${formatName(name.value)}"`;
  return typeof name.value === 'string' ? `${name.type} ${printable(name.value)}` : name.type;
}

/** A reference value is text, a key identifier is not. */
function octetsText(octets: Uint8Array): string {
  const text = asBuffer(octets).toString('latin1');
  return /^[\x20-\x7e]+$/.test(text) ? `"${text}"` : toHex(octets);
}

function lines(rows: readonly Row[]): string {
  const present = rows.filter(([, value]) => value !== undefined);
  const width = Math.max(...present.map(([name]) => name.length));
  return present
    .map(([name, value]) => `${name.padEnd(width)}  ${value ?? ''}`.trimEnd() + '\n')
    .join('');
}
