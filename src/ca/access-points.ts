import { oids } from '../asn1/oids.ts';
import { extension } from '../x509/extension-values.ts';
import type { Extension } from '../x509/extension.ts';
import type { GeneralName } from '../x509/general-name.ts';
import { crlPoint } from './issue-crl.ts';
import type { LabSettings } from './lab-settings.ts';
import { ocspPath } from './ocsp-http.ts';

/** Where the CRL, its delta and the certificate of the issuing CA are on the lab's HTTP port. */
export const issuingCrlPath = '/issuing.crl';
export const deltaCrlPath = '/delta.crl';
export const issuerPath = '/ca.crt';

/**
 * Say in a certificate where its responders, its issuer's certificate and the CRL are (RFC 5280 sections 4.2.1.13 and
 * 4.2.2.1): as the settings name them, and where the lab is reached.
 *
 * @param place scheme, host and port the lab serves at; absent while it does not serve
 */
export function accessPoints(
  settings: Pick<LabSettings, 'ocsp' | 'ocspUrls'> & CrlPlaces,
  place: string | undefined,
): readonly Extension[] {
  const { ocsp, ocspUrls } = settings;
  const own = ocsp ? place : undefined;
  const access = [
    ...ocspUrls.map((url) => at(oids.ocsp, url)),
    ...(own === undefined
      ? []
      : [at(oids.ocsp, own + ocspPath), at(oids.caIssuers, own + issuerPath)]),
  ];
  const crl = crlPlace(settings, place);
  const delta = deltaPlace(settings, place);
  return [
    ...(access.length > 0 ? [extension('authorityInfoAccess', access)] : []),
    // The CRL of the issuing CA is the only one a leaf needs.
    ...(crl === undefined
      ? []
      : [extension('cRLDistributionPoints', [crlPoint(new URL(issuingCrlPath, crl).href)])]),
    ...(delta === undefined ? [] : [extension('freshestCRL', [crlPoint(delta)])]),
  ];
}

/** What says where CRLs are. */
export type CrlPlaces = Pick<LabSettings, 'crl' | 'crlUrl' | 'crlDelta'>;

/** Name the place of the delta to the CRL of the issuing CA, if there is one and anybody can know. */
export function deltaPlace(settings: CrlPlaces, place: string | undefined): string | undefined {
  const crl = settings.crlDelta ? crlPlace(settings, place) : undefined;
  return crl === undefined ? undefined : new URL(deltaCrlPath, crl).href;
}

function crlPlace({ crl, crlUrl }: CrlPlaces, place: string | undefined): string | undefined {
  return crlUrl ?? (crl ? place : undefined);
}

function at(accessMethod: string, url: string) {
  return { accessMethod, accessLocation: uri(url) };
}

function uri(value: string): GeneralName {
  return { type: 'uniformResourceIdentifier', value };
}
