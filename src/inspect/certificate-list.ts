import { CertError } from '../base/errors.ts';
import {
  decodeCertificateList,
  listRevoked,
  type CertificateList,
  type RevokedCertificate,
} from '../x509/certificate-list.ts';
import { algorithm } from './algorithm-identifier.ts';
import { carried } from './asn1.ts';
import { extensions } from './extensions.ts';
import { branch, first, leaf, maybe, type Node } from './node.ts';
import { distinguishedName, octets, serial, time } from './plain.ts';

/**
 * Show a CRL, the first of its entries, and how many it has.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED: entries are read here
 */
export function certificateList(name: string, value: CertificateList): Node {
  const { tbsCertList: tbs, signatureAlgorithm, signature } = value;
  return branch(name, [
    branch('tbsCertList', [
      leaf('version', `v${(tbs.version ?? 0) + 1}`),
      algorithm('signature', tbs.signature),
      distinguishedName('issuer', tbs.issuer),
      time('thisUpdate', tbs.thisUpdate.value),
      maybe('nextUpdate', tbs.nextUpdate?.value, time),
      revokedCertificates(value),
      maybe('crlExtensions', tbs.crlExtensions, (field, values) =>
        extensions(field, values, 'tolerantly'),
      ),
    ]),
    algorithm('signatureAlgorithm', signatureAlgorithm),
    octets('signature', signature),
  ]);
}

/** Show a CRL that a structure carries as it stands; one that does not decode by its ASN.1 types. */
export function carriedCertificateList(name: string, der: Uint8Array): Node {
  try {
    return certificateList(name, decodeCertificateList(der));
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return carried(name, der);
  }
}

function revokedCertificates(value: CertificateList): Node | undefined {
  if (!value.tbsCertList.revokedCertificates) return undefined;
  let count = 0;
  function* counted(): Generator<RevokedCertificate> {
    for (const entry of listRevoked(value)) {
      count++;
      yield entry;
    }
  }
  const children = first(counted(), revokedCertificate);
  return { name: 'revokedCertificates', value: String(count), children };
}

function revokedCertificate(entry: RevokedCertificate): Node {
  return branch('revokedCertificate', [
    serial('userCertificate', entry.userCertificate),
    time('revocationDate', entry.revocationDate.value),
    maybe('crlEntryExtensions', entry.crlEntryExtensions, (field, values) =>
      extensions(field, values, 'tolerantly'),
    ),
  ]);
}
