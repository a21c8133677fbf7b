import { oidName, oids, type Oid } from '../../asn1/oids.ts';
import type { Certificate } from '../../x509/certificate.ts';
import type { InfoTypeAndValue } from '../message/info-type-and-value.ts';
import type { RequestBody } from './request.ts';
import { invalid, type Step } from './step.ts';

/** What answers a question under another OID than its own (RFC 9810 section 5.3.19). */
const answeredBy: Readonly<Partial<Record<Oid, Oid>>> = {
  [oids.rootCaCert]: oids.rootCaKeyUpdate,
  [oids.crlStatusList]: oids.crls,
};

/**
 * Take a genp: one item, that fits the question (row L10). unsupportedOIDs fits any: the CA does not know it.
 */
export function receiveInfo(
  request: RequestBody,
  items: readonly InfoTypeAndValue[],
  extraCerts: readonly Certificate[],
): Step {
  const [item] = items;
  // L10: exactly one.
  if (!item || items.length !== 1) {
    throw invalid('genp', `it has ${items.length} items, expected 1`);
  }
  const asked = request.type === 'genm' ? request.value[0]?.infoType : undefined;
  const wanted = asked && (answeredBy[asked] ?? asked);
  // L10: that was asked for, or unsupportedOIDs.
  if (item.infoType !== wanted && item.infoType !== oids.unsupportedOIDs) {
    throw invalid(
      'genp',
      `infoType is ${oidName(item.infoType)}, expected ${wanted ? oidName(wanted) : 'nothing'}`,
    );
  }
  return { type: 'done', outcome: { type: 'informed', item, extraCerts } };
}
