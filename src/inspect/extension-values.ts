import { oids, type Oid } from '../asn1/oids.ts';
import type { PolicyInformation } from '../x509/certificate-policies.ts';
import {
  extensionValue,
  type AccessDescription,
  type ExtensionValues,
} from '../x509/extension-values.ts';
import type { Extension } from '../x509/extension.ts';
import type { GeneralNames } from '../x509/general-name.ts';
import type { GeneralSubtree } from '../x509/name-constraints.ts';
import { carried } from './asn1.ts';
import { distributionPoint, issuingDistributionPoint } from './distribution-point.ts';
import { generalName, generalNameField } from './general-name.ts';
import { branch, first, leaf, maybe, type Node } from './node.ts';
import { decimal, number, octets, oid, oidText, serial, time } from './plain.ts';

/** How a value is read: with the tolerances of certificates, or as DER and nothing else. */
export type Reading = 'tolerantly' | 'strictly';

type Show = (value: Extension, reading: Reading) => readonly (Node | undefined)[];

/** How the value of each extension with a codec is shown. */
export const shownValues: ReadonlyMap<Oid, Show> = new Map([
  showing('basicConstraints', ({ cA, pathLenConstraint }) => [
    flag('cA', cA),
    maybe('pathLenConstraint', pathLenConstraint, number),
  ]),
  showing('keyUsage', (bits) => [leaf('KeyUsage', bits.join(', '))]),
  showing('extKeyUsage', (purposes) => first(purposes, (one) => oid('KeyPurposeId', one))),
  showing('subjectKeyIdentifier', (value) => [octets('KeyIdentifier', value)]),
  showing('authorityKeyIdentifier', (value) => [
    maybe('keyIdentifier', value.keyIdentifier, octets),
    maybe('authorityCertIssuer', value.authorityCertIssuer, (name, names) =>
      branch(name, generalNames(names)),
    ),
    maybe('authorityCertSerialNumber', value.authorityCertSerialNumber, serial),
  ]),
  showing('subjectAltName', generalNames),
  showing('issuerAltName', generalNames),
  showing('certificateIssuer', generalNames),
  showing('nameConstraints', ({ permittedSubtrees, excludedSubtrees }) => [
    maybe('permittedSubtrees', permittedSubtrees, subtrees),
    maybe('excludedSubtrees', excludedSubtrees, subtrees),
  ]),
  showing('certificatePolicies', (policies) => first(policies, policyInformation)),
  showing('policyMappings', (mappings) =>
    first(mappings, ({ issuerDomainPolicy, subjectDomainPolicy }) =>
      branch('PolicyMapping', [
        oid('issuerDomainPolicy', issuerDomainPolicy),
        oid('subjectDomainPolicy', subjectDomainPolicy),
      ]),
    ),
  ),
  showing('policyConstraints', ({ requireExplicitPolicy, inhibitPolicyMapping }) => [
    maybe('requireExplicitPolicy', requireExplicitPolicy, number),
    maybe('inhibitPolicyMapping', inhibitPolicyMapping, number),
  ]),
  showing('inhibitAnyPolicy', (value) => [number('SkipCerts', value)]),
  showing('cRLDistributionPoints', (points) => first(points, distributionPoint)),
  showing('freshestCRL', (points) => first(points, distributionPoint)),
  showing('authorityInfoAccess', accessDescriptions),
  showing('subjectInfoAccess', accessDescriptions),
  showing('tlsFeature', (features) =>
    first(features, (value) => leaf('TLS extension', tlsFeatureText(value))),
  ),
  showing('ocspNoCheck', () => [{ name: 'NULL' }]),
  showing('cRLNumber', (value) => [decimal('CRLNumber', value)]),
  showing('deltaCRLIndicator', (value) => [decimal('BaseCRLNumber', value)]),
  showing('issuingDistributionPoint', issuingDistributionPoint),
  showing('reasonCode', (reason) => [leaf('CRLReason', reason)]),
  showing('invalidityDate', (date) => [time('InvalidityDate', date)]),
  showing('ocspNonce', (value) => [octets('Nonce', value)]),
]);

function showing<K extends keyof ExtensionValues>(
  name: K,
  show: (value: ExtensionValues[K]) => readonly (Node | undefined)[],
): readonly [Oid, Show] {
  return [
    oids[name],
    (found, reading) => {
      const value = extensionValue([found], name, reading);
      return value === undefined ? [] : show(value);
    },
  ];
}

function flag(name: string, value: boolean): Node {
  return leaf(name, value ? 'TRUE' : 'FALSE');
}

function generalNames(names: GeneralNames): readonly Node[] {
  return first(names, generalName);
}

function accessDescriptions(descriptions: readonly AccessDescription[]): readonly Node[] {
  return first(descriptions, ({ accessMethod, accessLocation }) =>
    generalNameField(oidText(accessMethod), accessLocation),
  );
}

function subtrees(name: string, values: readonly GeneralSubtree[]): Node {
  return branch(
    name,
    first(values, ({ base, minimum, maximum }) => {
      const { name: type, value = '' } = generalName(base);
      const bounds = [
        ...(minimum === 0 ? [] : [number('minimum', minimum)]),
        ...(maximum === undefined ? [] : [number('maximum', maximum)]),
      ];
      return { name: type, value, ...(bounds.length > 0 && { children: bounds }) };
    }),
  );
}

function policyInformation({ policyIdentifier, policyQualifiers = [] }: PolicyInformation): Node {
  return {
    name: 'policyIdentifier',
    value: oidText(policyIdentifier),
    ...(policyQualifiers.length > 0 && {
      children: first(policyQualifiers, ({ policyQualifierId, qualifier }) =>
        carried(oidText(policyQualifierId), qualifier),
      ),
    }),
  };
}

/** RFC 7633 section 6: the two features somebody has a use for. */
function tlsFeatureText(value: number): string {
  const name = value === 5 ? 'status_request' : value === 17 ? 'status_request_v2' : undefined;
  return name === undefined ? String(value) : `${name} (${value})`;
}
