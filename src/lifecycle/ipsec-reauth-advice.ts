import { toDer } from '../asn1/codec.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { HeldCrls } from '../store/validation-contract.ts';
import { Name } from '../x509/name.ts';
import { quoteName } from '../x509/name-text.ts';
import type { IpsecTrust } from './ipsec-trust.ts';

/**
 * Say what an operator should know of how long an IKE_SA stands without a new look at the peer's certificate: charon looks
 * for its revocation only when it authenticates.
 *
 * @returns sentences without a period; by the CRLs that are held
 */
export async function reauthAdvice(
  { heldCrls }: { readonly heldCrls: Pick<HeldCrls, 'ofIssuer'> },
  { reauthSeconds }: Pick<IpsecPeer, 'reauthSeconds'>,
  { anchors, intermediates }: Pick<IpsecTrust, 'anchors' | 'intermediates'>,
): Promise<readonly string[]> {
  const advice: string[] = [];
  for (const { tbsCertificate } of [...anchors, ...intermediates]) {
    const { subject } = tbsCertificate;
    const held = await heldCrls.ofIssuer(toDer(Name, subject));
    const periods = held.flatMap(({ thisUpdate, nextUpdate }) =>
      nextUpdate === undefined ? [] : [(nextUpdate.getTime() - thisUpdate.getTime()) / 1000],
    );
    if (periods.length === 0) continue;
    const half = Math.floor(Math.min(...periods) / 2);
    if (reauthSeconds !== undefined && reauthSeconds <= half) continue;
    const is =
      reauthSeconds === undefined ? 'reauth-time is not set' : `reauth-time is ${reauthSeconds} s`;
    advice.push(
      `${is}, and CRLs of ${quoteName(subject)} stand for ${half * 2} s: with reauth-time ${half}s or less, charon itself notices a revocation while the CRL is new`,
    );
  }
  return advice;
}
