import { oids } from '../asn1/oids.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Name, RelativeDistinguishedName } from '../x509/name.ts';
import { quoteName } from '../x509/name-text.ts';
import { parseIkeIdentity, turnedRound } from './ipsec-identity.ts';
import type { IpsecTrust } from './ipsec-trust.ts';

/**
 * Say what of a peer is allowed, and yet mostly a mistake.
 *
 * @returns sentences without a period
 */
export function peerAdvice(
  { remoteId }: Pick<IpsecPeer, 'remoteId'>,
  trust: Pick<IpsecTrust, 'anchors' | 'intermediates' | 'ocspObject'>,
): readonly string[] {
  return [...orderAdvice(remoteId), ...issuerAdvice(trust)];
}

/** Names are copied from where charon and others write them, in the order of the DER. */
function orderAdvice(remoteId: string | undefined): readonly string[] {
  if (remoteId === undefined) return [];
  const identity = parseIkeIdentity(remoteId);
  if (identity.type !== 'directoryName' || !isWrittenBackwards(identity.value)) return [];
  const other = quoteName(turnedRound(identity.value));
  return [
    `remote-id ${quoteName(identity.value)} has CN at its end: charon and others show names so, here they are written the other way round; it is probably ${other}`,
  ];
}

/** Tell whether a name ends with whose it is, in the order it is written in: hardly a CA makes such. */
function isWrittenBackwards({ rdns }: Name): boolean {
  return rdns.length > 1 && hasCommonName(rdns[0]) && !hasCommonName(rdns.at(-1));
}

function hasCommonName(rdn: RelativeDistinguishedName | undefined): boolean {
  return rdn?.some(({ type }) => type === oids.commonName) ?? false;
}

/** Most roots issue by CAs below them, and of those that are not known charon asks whoever certificates name. */
function issuerAdvice({
  anchors,
  intermediates,
  ocspObject,
}: Pick<IpsecTrust, 'anchors' | 'intermediates' | 'ocspObject'>): readonly string[] {
  if (ocspObject === undefined || intermediates.length > 0) return [];
  const roots = anchors.map(({ tbsCertificate: { subject } }) => quoteName(subject)).join(', ');
  return [
    `no CA below ${roots} is known here, and by OCSP object "${ocspObject}" charon asks only about what known ones have issued: where one has issued that of the peer, name it by "intermediate FILE" of its CA profile`,
  ];
}
