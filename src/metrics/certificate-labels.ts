import { oids, type Oid } from '../asn1/oids.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { Name } from '../x509/name.ts';

/** Parts of a name that become labels, as x509-certificate-exporter has them. */
const nameParts: readonly (readonly [string, Oid])[] = [
  ['C', oids.countryName],
  ['ST', oids.stateOrProvinceName],
  ['L', oids.localityName],
  ['O', oids.organizationName],
  ['OU', oids.organizationalUnitName],
  ['CN', oids.commonName],
];

/** Names of the labels of a certificate: those that the dashboards for x509-certificate-exporter ask for. */
export const certificateLabels: readonly string[] = [
  'serial_number',
  'filename',
  'filepath',
  ...['issuer', 'subject'].flatMap((whose) => nameParts.map(([part]) => `${whose}_${part}`)),
];

/** A peer chooses what is in a name: a label of more characters is cut. */
const maxCharacters = 256;

/**
 * Give the labels of a certificate. Of several values of one part the first counts; what it does not have is left
 * out, which Prometheus takes for empty.
 *
 * @param path where its file is, if it has one
 */
export function labelsOf(
  { tbsCertificate: { serialNumber, issuer, subject } }: Certificate,
  path: string | undefined,
): Readonly<Record<string, string>> {
  return {
    serial_number: serialNumber.toString(10),
    ...(path !== undefined && { filename: path.slice(path.lastIndexOf('/') + 1), filepath: path }),
    ...partsOf('issuer', issuer),
    ...partsOf('subject', subject),
  };
}

function partsOf(whose: string, { rdns }: Name): Readonly<Record<string, string>> {
  const attributes = rdns.flat();
  return Object.fromEntries(
    nameParts.flatMap(([part, oid]) => {
      const value = attributes.find(({ type }) => type === oid)?.value;
      return value === undefined || value.type === 'other'
        ? []
        : [[`${whose}_${part}`, value.value.slice(0, maxCharacters)] as const];
    }),
  );
}
