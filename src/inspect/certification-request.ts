import { CertError } from '../base/errors.ts';
import { fromDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import type { Attribute, CertificationRequest } from '../x509/certification-request.ts';
import { Extensions } from '../x509/extension.ts';
import { algorithm } from './algorithm-identifier.ts';
import { carried } from './asn1.ts';
import { extensions } from './extensions.ts';
import { branch, leaf, type Node } from './node.ts';
import { distinguishedName, octets, oidText } from './plain.ts';
import { publicKey } from './subject-public-key-info.ts';

/** Show a PKCS #10 request. */
export function certificationRequest(name: string, value: CertificationRequest): Node {
  const { certificationRequestInfo: info, signatureAlgorithm, signature } = value;
  return branch(name, [
    branch('certificationRequestInfo', [
      leaf('version', `v${info.version + 1}`),
      distinguishedName('subject', info.subject),
      publicKey('subjectPKInfo', info.subjectPKInfo),
      branch('attributes', info.attributes.map(attribute)),
    ]),
    algorithm('signatureAlgorithm', signatureAlgorithm),
    octets('signature', signature),
  ]);
}

function attribute({ type, values }: Attribute): Node {
  const show = type === oids.extensionRequest ? requested : carriedValue;
  return branch(oidText(type), values.map(show));
}

function requested(value: Uint8Array): Node {
  try {
    return extensions('Extensions', fromDer(Extensions, value), 'strictly');
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return carriedValue(value);
  }
}

function carriedValue(value: Uint8Array): Node {
  return carried('value', value);
}
