import type {
  DistributionPoint,
  DistributionPointName,
  IssuingDistributionPoint,
} from '../x509/distribution-point.ts';
import type { GeneralNames } from '../x509/general-name.ts';
import { generalName } from './general-name.ts';
import { branch, first, leaf, maybe, type Node } from './node.ts';
import { nameText } from './plain.ts';

/** Show where a CRL is to be found. */
export function distributionPoint(value: DistributionPoint): Node {
  return branch('DistributionPoint', [
    maybe('distributionPoint', value.distributionPoint, distributionPointName),
    maybe('reasons', value.reasons, bits),
    maybe('cRLIssuer', value.cRLIssuer, names),
  ]);
}

/** Show what a CRL is about; of its flags those that are set. */
export function issuingDistributionPoint(
  value: IssuingDistributionPoint,
): readonly (Node | undefined)[] {
  return [
    maybe('distributionPoint', value.distributionPoint, distributionPointName),
    set('onlyContainsUserCerts', value.onlyContainsUserCerts),
    set('onlyContainsCACerts', value.onlyContainsCACerts),
    maybe('onlySomeReasons', value.onlySomeReasons, bits),
    set('indirectCRL', value.indirectCRL),
    set('onlyContainsAttributeCerts', value.onlyContainsAttributeCerts),
  ];
}

/** Show a DistributionPointName. */
export function distributionPointName(name: string, value: DistributionPointName): Node {
  return branch(name, [
    value.type === 'fullName'
      ? names(value.type, value.value)
      : leaf(value.type, nameText({ rdns: [value.value] })),
  ]);
}

function names(name: string, values: GeneralNames): Node {
  return branch(name, first(values, generalName));
}

function bits(name: string, values: readonly string[]): Node {
  return leaf(name, values.join(', '));
}

function set(name: string, value: boolean): Node | undefined {
  return value ? leaf(name, 'TRUE') : undefined;
}
