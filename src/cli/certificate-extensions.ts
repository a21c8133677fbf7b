import { oidName, oids, type Oid } from '../asn1/oids.ts';
import { CertError } from '../base/errors.ts';
import type { DistributionPoint } from '../x509/distribution-point.ts';
import { extensionValue, type ExtensionValues } from '../x509/extension-values.ts';
import type { Extensions } from '../x509/extension.ts';
import { formatGeneralName } from '../x509/general-name-text.ts';
import { formatName } from '../x509/name-text.ts';

/** What the extensions of a certificate say that an operator asks for, as text; empty where they say nothing. */
export interface ExtensionsView {
  /** `dns:…`, `ip:…`, `email:…`, `uri:…`: as `san` takes them. */
  readonly subjectAltNames: readonly string[];
  readonly isCa: boolean;
  readonly keyUsage: readonly string[];
  readonly extKeyUsage: readonly string[];
  /** `CA`, `CA, path length 0`, `end entity`; absent without basicConstraints. */
  readonly basicConstraints?: string;
  readonly policies: readonly string[];
  /** What a TLS server promises: `status_request` is a stapled OCSP response (RFC 7633). */
  readonly tlsFeatures: readonly string[];
  /** Where OCSP is answered, and where the issuer's certificate is (authorityInfoAccess). */
  readonly ocsp: readonly string[];
  readonly caIssuers: readonly string[];
  /** Where the CRL is (cRLDistributionPoints). */
  readonly crl: readonly string[];
  /** Extensions that do not decode, by name. */
  readonly unreadable: readonly string[];
}

/** Read the extensions of a certificate. One that does not decode hides no other. */
export function viewExtensions(extensions: Extensions | undefined): ExtensionsView {
  const unreadable: string[] = [];
  const read = <K extends keyof ExtensionValues>(name: K): ExtensionValues[K] | undefined => {
    try {
      return extensionValue(extensions, name);
    } catch (error) {
      if (!(error instanceof CertError)) throw error;
      unreadable.push(name);
      return undefined;
    }
  };
  const access = read('authorityInfoAccess') ?? [];
  const at = (method: Oid): readonly string[] =>
    access
      .filter(({ accessMethod }) => accessMethod === method)
      .map(({ accessLocation }) => placeText(accessLocation));
  const constraints = read('basicConstraints');
  return {
    subjectAltNames: (read('subjectAltName') ?? []).map(formatGeneralName),
    isCa: constraints?.cA ?? false,
    keyUsage: read('keyUsage') ?? [],
    extKeyUsage: (read('extKeyUsage') ?? []).map(oidName),
    ...(constraints && { basicConstraints: constraintsText(constraints) }),
    policies: (read('certificatePolicies') ?? []).map((policy) => oidName(policy.policyIdentifier)),
    tlsFeatures: (read('tlsFeature') ?? []).map(featureText),
    ocsp: at(oids.ocsp),
    caIssuers: at(oids.caIssuers),
    crl: (read('cRLDistributionPoints') ?? []).flatMap(placesOf),
    unreadable,
  };
}

function constraintsText({ cA, pathLenConstraint }: ExtensionValues['basicConstraints']): string {
  if (!cA) return 'end entity';
  return pathLenConstraint === undefined ? 'CA' : `CA, path length ${pathLenConstraint}`;
}

/** Other features are numbers of TLS extensions that nobody asks for. */
function featureText(feature: number): string {
  if (feature === 5) return 'status_request';
  return feature === 17 ? 'status_request_v2' : String(feature);
}

/** Nearly always a URI, and then nothing else is worth saying of it. */
function placeText(name: Parameters<typeof formatGeneralName>[0]): string {
  const text = formatGeneralName(name);
  return name.type === 'uniformResourceIdentifier' ? text.slice('uri:'.length) : text;
}

function placesOf({ distributionPoint: point }: DistributionPoint): readonly string[] {
  if (point === undefined) return [];
  return point.type === 'fullName'
    ? point.value.map(placeText)
    : [formatName({ rdns: [point.value] })];
}
