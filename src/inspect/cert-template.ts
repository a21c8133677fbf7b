import type { CertTemplate } from '../cmp/message/cert-template.ts';
import { algorithm } from './algorithm-identifier.ts';
import { extensions } from './extensions.ts';
import { branch, leaf, maybe, type Node } from './node.ts';
import { distinguishedName, octets, serial, time } from './plain.ts';
import { publicKey } from './subject-public-key-info.ts';

/** Show what is asked for, or which certificate is meant. */
export function certTemplate(name: string, value: CertTemplate): Node {
  return branch(name, [
    maybe('version', value.version, (field, version) => leaf(field, `v${version + 1}`)),
    maybe('serialNumber', value.serialNumber, serial),
    maybe('signingAlg', value.signingAlg, algorithm),
    maybe('issuer', value.issuer, distinguishedName),
    maybe('validity', value.validity, (field, { notBefore, notAfter }) =>
      branch(field, [
        maybe('notBefore', notBefore?.value, time),
        maybe('notAfter', notAfter?.value, time),
      ]),
    ),
    maybe('subject', value.subject, distinguishedName),
    maybe('publicKey', value.publicKey, publicKey),
    maybe('issuerUID', value.issuerUID?.octets, octets),
    maybe('subjectUID', value.subjectUID?.octets, octets),
    maybe('extensions', value.extensions, (field, values) => extensions(field, values, 'strictly')),
  ]);
}
