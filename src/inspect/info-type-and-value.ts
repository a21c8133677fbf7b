import { CertError } from '../base/errors.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import { decodeKeySpec, type CertReqTemplateContent } from '../cmp/message/cert-req-template.ts';
import type { CrmfAttribute } from '../cmp/message/cert-req-msg.ts';
import type { CRLStatus } from '../cmp/message/crl-status.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import { infoValue, type InfoValues } from '../cmp/message/info-values.ts';
import { algorithm } from './algorithm-identifier.ts';
import { carried } from './asn1.ts';
import { certTemplate } from './cert-template.ts';
import { certificateList } from './certificate-list.ts';
import { certificate } from './certificate.ts';
import { distributionPointName } from './distribution-point.ts';
import { generalName } from './general-name.ts';
import { branch, first, list, maybe, type Node } from './node.ts';
import { number, oid, oidText, text, time } from './plain.ts';

/** Show one item of generalInfo, genm or genp; one that does not decode by its ASN.1 types. */
export function infoTypeAndValue(item: InfoTypeAndValue): Node {
  const { infoType, infoValue: value } = item;
  const name = oidText(infoType);
  if (!value) return { name };
  try {
    const children = shownValues.get(infoType)?.(item);
    if (children) return branch(name, children);
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    const shown = carried(name, value);
    return { ...shown, children: [...(shown.children ?? []), text('notDecoded', error.message)] };
  }
  return carried(name, value);
}

type Show = (item: InfoTypeAndValue) => readonly (Node | undefined)[];

const shownValues: ReadonlyMap<Oid, Show> = new Map([
  showing('caProtEncCert', (value) => [certificate('Certificate', value)]),
  showing('signKeyPairTypes', (types) => types.map((one) => algorithm('AlgorithmIdentifier', one))),
  showing('encKeyPairTypes', (types) => types.map((one) => algorithm('AlgorithmIdentifier', one))),
  showing('preferredSymmAlg', (value) => [algorithm('AlgorithmIdentifier', value)]),
  showing('currentCRL', (value) => [certificateList('CertificateList', value)]),
  showing('unsupportedOIDs', (values) => values.map((one) => oid('OBJECT IDENTIFIER', one))),
  showing('confirmWaitTime', (value) => [time('ConfirmWaitTime', value)]),
  showing('suppLangTags', (tags) => tags.map((one) => text('UTF8String', one))),
  showing('caCerts', (values) => values.map((one) => certificate('Certificate', one))),
  showing('rootCaKeyUpdate', ({ newWithNew, newWithOld, oldWithNew }) => [
    certificate('newWithNew', newWithNew),
    maybe('newWithOld', newWithOld, certificate),
    maybe('oldWithNew', oldWithNew, certificate),
  ]),
  showing('certReqTemplate', certReqTemplate),
  showing('rootCaCert', (value) => [certificate('Certificate', value)]),
  showing('certProfile', (profiles) => profiles.map((one) => text('UTF8String', one))),
  showing('crlStatusList', (statuses) => statuses.map(crlStatus)),
  showing('crls', (values) => values.map((one) => certificateList('CertificateList', one))),
]);

function showing<K extends keyof InfoValues>(
  type: K,
  show: (value: InfoValues[K]) => readonly (Node | undefined)[],
): readonly [Oid, Show] {
  return [
    oids[type],
    (item) => {
      const value = infoValue([item], type);
      return value === undefined ? [] : show(value);
    },
  ];
}

function certReqTemplate(value: CertReqTemplateContent): readonly (Node | undefined)[] {
  return [
    certTemplate('certTemplate', value.certTemplate),
    list('keySpec', value.keySpec, keySpec),
  ];
}

function keySpec(control: CrmfAttribute): Node {
  const name = oidText(control.type);
  const spec = decodeKeySpec(control);
  switch (spec.type) {
    case 'algId':
      return algorithm(name, spec.value);
    case 'rsaKeyLen':
      return number(name, spec.value);
    case 'other':
      return carried(name, control.value);
  }
}

function crlStatus({ source, thisUpdate }: CRLStatus): Node {
  return branch('CRLStatus', [
    branch('source', [
      source.type === 'dpn'
        ? distributionPointName(source.type, source.value)
        : branch(source.type, first(source.value, generalName)),
    ]),
    maybe('thisUpdate', thisUpdate?.value, time),
  ]);
}
