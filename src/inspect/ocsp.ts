import { oids } from '../asn1/oids.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { CertID, OCSPRequest } from '../x509/ocsp-request.ts';
import {
  decodeBasicOcspResponse,
  type BasicOCSPResponse,
  type CertStatus,
  type OCSPResponse,
  type ResponderID,
  type ResponseBytes,
  type SingleResponse,
} from '../x509/ocsp-response.ts';
import { algorithm } from './algorithm-identifier.ts';
import { certificate } from './certificate.ts';
import { extensions } from './extensions.ts';
import { generalNameField } from './general-name.ts';
import { branch, first, leaf, list, maybe, type Node } from './node.ts';
import { distinguishedName, octets, oid, serial, time } from './plain.ts';
import type { Extensions } from '../x509/extension.ts';

/** Show an OCSP request. */
export function ocspRequest(name: string, { tbsRequest, optionalSignature }: OCSPRequest): Node {
  return branch(name, [
    branch('tbsRequest', [
      leaf('version', `v${tbsRequest.version + 1}`),
      maybe('requestorName', tbsRequest.requestorName, generalNameField),
      branch(
        'requestList',
        first(tbsRequest.requestList, ({ reqCert, singleRequestExtensions }) =>
          branch('Request', [
            certID('reqCert', reqCert),
            maybe('singleRequestExtensions', singleRequestExtensions, strictExtensions),
          ]),
        ),
      ),
      maybe('requestExtensions', tbsRequest.requestExtensions, strictExtensions),
    ]),
    maybe('optionalSignature', optionalSignature, (field, value) =>
      branch(field, [
        algorithm('signatureAlgorithm', value.signatureAlgorithm),
        octets('signature', value.signature),
        certificates(value.certs),
      ]),
    ),
  ]);
}

/**
 * Show an OCSP response with what is inside.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED: what is inside is read here
 */
export function ocspResponse(name: string, { responseStatus, responseBytes }: OCSPResponse): Node {
  return branch(name, [
    leaf('responseStatus', responseStatus),
    maybe('responseBytes', responseBytes, bytesOfResponse),
  ]);
}

function bytesOfResponse(name: string, { responseType, response }: ResponseBytes): Node {
  const isBasic = responseType === oids.ocspBasic;
  return branch(name, [
    oid('responseType', responseType),
    isBasic
      ? basicOcspResponse('BasicOCSPResponse', decodeBasicOcspResponse(response))
      : octets('response', response),
  ]);
}

function basicOcspResponse(name: string, value: BasicOCSPResponse): Node {
  const { tbsResponseData: data, signatureAlgorithm, signature, certs } = value;
  return branch(name, [
    branch('tbsResponseData', [
      leaf('version', `v${data.version + 1}`),
      branch('responderID', [responderID(data.responderID)]),
      time('producedAt', data.producedAt),
      branch('responses', first(data.responses, singleResponse)),
      maybe('responseExtensions', data.responseExtensions, strictExtensions),
    ]),
    algorithm('signatureAlgorithm', signatureAlgorithm),
    octets('signature', signature),
    certificates(certs),
  ]);
}

function responderID({ type, value }: ResponderID): Node {
  return type === 'byName' ? distinguishedName(type, value) : octets(type, value);
}

function singleResponse(value: SingleResponse): Node {
  return branch('SingleResponse', [
    certID('certID', value.certID),
    certStatus('certStatus', value.certStatus),
    time('thisUpdate', value.thisUpdate),
    maybe('nextUpdate', value.nextUpdate, time),
    maybe('singleExtensions', value.singleExtensions, strictExtensions),
  ]);
}

function certStatus(name: string, status: CertStatus): Node {
  if (status.type !== 'revoked') return leaf(name, status.type);
  const { revocationTime, revocationReason } = status.value;
  const reason = maybe('revocationReason', revocationReason, leaf);
  const children = [time('revocationTime', revocationTime), ...(reason ? [reason] : [])];
  return { name, value: status.type, children };
}

function certID(name: string, value: CertID): Node {
  return branch(name, [
    algorithm('hashAlgorithm', value.hashAlgorithm),
    octets('issuerNameHash', value.issuerNameHash),
    octets('issuerKeyHash', value.issuerKeyHash),
    serial('serialNumber', value.serialNumber),
  ]);
}

function certificates(certs: readonly Certificate[] | undefined): Node | undefined {
  return list('certs', certs, (one) => certificate('Certificate', one));
}

function strictExtensions(name: string, values: Extensions): Node {
  return extensions(name, values, 'strictly');
}
