import { oids } from '../asn1/oids.ts';
import { extension } from '../x509/extension-values.ts';
import type { Extension } from '../x509/extension.ts';
import type { GeneralName } from '../x509/general-name.ts';
import type { LabSettings } from './lab-settings.ts';
import { ocspPath } from './ocsp-http.ts';

/** Where the CRL and the certificate of the issuing CA are on the lab's HTTP port. */
export const issuingCrlPath = '/issuing.crl';
export const issuerPath = '/ca.crt';

/**
 * Say in a certificate where its responders, its issuer's certificate and the CRL are (RFC 5280 sections 4.2.1.13 and
 * 4.2.2.1): as the settings name them, and where the lab is reached.
 *
 * @param place scheme, host and port the lab serves at; absent while it does not serve
 */
export function accessPoints(
  { ocsp, ocspUrls, crl, crlUrl }: Pick<LabSettings, 'ocsp' | 'ocspUrls' | 'crl' | 'crlUrl'>,
  place: string | undefined,
): readonly Extension[] {
  const own = ocsp ? place : undefined;
  const access = [
    ...ocspUrls.map((url) => at(oids.ocsp, url)),
    ...(own === undefined
      ? []
      : [at(oids.ocsp, own + ocspPath), at(oids.caIssuers, own + issuerPath)]),
  ];
  const crlPlace = crlUrl ?? (crl ? place : undefined);
  return [
    ...(access.length > 0 ? [extension('authorityInfoAccess', access)] : []),
    ...(crlPlace === undefined ? [] : [distributionPoint(crlPlace)]),
  ];
}

function at(accessMethod: string, url: string) {
  return { accessMethod, accessLocation: uri(url) };
}

/** The CRL of the issuing CA is the only one a leaf needs. */
function distributionPoint(place: string): Extension {
  const fullName = [uri(new URL(issuingCrlPath, place).href)];
  return extension('cRLDistributionPoints', [
    { distributionPoint: { type: 'fullName', value: fullName } },
  ]);
}

function uri(value: string): GeneralName {
  return { type: 'uniformResourceIdentifier', value };
}
