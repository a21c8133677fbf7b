import { rawOf } from '../asn1/codec.ts';
import { concatBytes, utf8 } from '../base/bytes.ts';
import { decodeMessage } from '../cmp/message/pki-message.ts';
import { assembleMessage } from '../cmp/protection/protect.ts';
import { certificateDer } from '../x509/certificate.ts';
import type { Fault } from './fault-draft.ts';

/** Faults of the octets of an answer that was right, and is protected. */
export const octetFaults: Readonly<Record<string, Fault>> = {
  'flipped-protection': octets('One bit of the protection is flipped', (der) => {
    const { header, body, protection = new Uint8Array(), extraCerts = [] } = decodeMessage(der);
    // Another fault may have taken it away.
    if (protection.length === 0) return der;
    // The last octet: in a signature it is never of its outline.
    const last = protection.length - 1;
    return assembleMessage({
      headerDer: rawOf(header),
      bodyDer: rawOf(body),
      protection: protection.with(last, (protection[last] ?? 0) ^ 1),
      extraCerts: extraCerts.map(certificateDer),
    });
  }),
  truncated: octets('The second half is missing', (der) => der.slice(0, der.length >> 1)),
  'trailing-octets': octets('Octets follow the message', (der) =>
    concatBytes(der, utf8('and more')),
  ),
  'indefinite-length': octets('The message has an indefinite length', (der) => {
    const header = (der[1] ?? 0) < 0x80 ? 2 : 2 + ((der[1] ?? 0) & 0x7f);
    return concatBytes(Uint8Array.of(0x30, 0x80), der.subarray(header), Uint8Array.of(0, 0));
  }),
  'not-der': octets('It is no DER at all', () => utf8('<html><body>It works!</body></html>')),
};

function octets(summary: string, spoil: (der: Uint8Array) => Uint8Array): Fault {
  return { where: 'octets', ends: 'refused', summary, spoil };
}
