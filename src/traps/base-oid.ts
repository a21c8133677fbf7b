import { isOid, oids } from '../asn1/oids.ts';
import { CertError } from '../base/errors.ts';

/** Where the notifications are while the operator has no enterprise number: below netSnmpPlaypen. */
export const defaultBaseOid: string = `${oids.netSnmpPlaypen}.4210`;

/** Of an Unsigned32 (RFC 2578 section 3.5). An OID may have 128 arcs, but stands in each of up to 17 values of a message. */
const maxBaseArcs = 16;
const maxArc = 4_294_967_295;

/**
 * Read the OID below which everything is sent.
 *
 * @throws {CertError} CONFIG_INVALID unless it is below 1.3.6.1, with arcs that SNMP can say
 */
export function parseBaseOid(text: string): readonly number[] {
  const arcs = text.split('.').map(Number);
  const isBelow = isOid(text) && text.startsWith(`${oids.internet}.`);
  if (isBelow && arcs.length <= maxBaseArcs && arcs.every((arc) => arc <= maxArc)) return arcs;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot use ${JSON.stringify(text.slice(0, 200))} as base OID of the notifications`,
    {
      hint: `Give numbers below ${oids.internet}, as in "${defaultBaseOid}", or those of your own enterprise number`,
    },
  );
}
