import { tolerances } from '../asn1/der-reader.ts';
import { toleratedIn, type Certificate } from '../x509/certificate.ts';
import { algorithm } from './algorithm-identifier.ts';
import { extensions } from './extensions.ts';
import { branch, leaf, maybe, type Node } from './node.ts';
import { distinguishedName, octets, serial, time } from './plain.ts';
import { publicKey } from './subject-public-key-info.ts';

/** Show a certificate, and the departures from DER that were tolerated in it. */
export function certificate(name: string, value: Certificate): Node {
  const { tbsCertificate: tbs, signatureAlgorithm, signature } = value;
  const tolerated = toleratedIn(value);
  return branch(name, [
    branch('tbsCertificate', [
      leaf('version', `v${tbs.version + 1}`),
      serial('serialNumber', tbs.serialNumber),
      algorithm('signature', tbs.signature),
      distinguishedName('issuer', tbs.issuer),
      branch('validity', [
        time('notBefore', tbs.validity.notBefore.value),
        time('notAfter', tbs.validity.notAfter.value),
      ]),
      distinguishedName('subject', tbs.subject),
      publicKey('subjectPublicKeyInfo', tbs.subjectPublicKeyInfo),
      maybe('issuerUniqueID', tbs.issuerUniqueID?.octets, octets),
      maybe('subjectUniqueID', tbs.subjectUniqueID?.octets, octets),
      maybe('extensions', tbs.extensions, (field, values) =>
        extensions(field, values, 'tolerantly'),
      ),
    ]),
    algorithm('signatureAlgorithm', signatureAlgorithm),
    octets('signature', signature),
    tolerated.length === 0
      ? undefined
      : branch(
          'departures from DER',
          tolerated.map((one) => leaf(one, tolerances[one])),
        ),
  ]);
}
