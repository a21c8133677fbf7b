import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { chainToSend } from './build-chain.ts';
import type { LifecycleContext } from './context.ts';

/**
 * Give the certificate of ours by a name with the issuers that go along with it: what a peer is shown.
 *
 * @param askedFor see `chainToSend`
 * @returns DER of each, its own first
 * @throws {CertError} CERT_UNKNOWN when the name has no certificate in force
 */
export async function ownChain(
  context: Pick<LifecycleContext, 'store' | 'log'>,
  name: Label,
  askedFor?: Uint8Array,
): Promise<readonly Uint8Array[]> {
  const record = await context.store.certificates.current(name);
  if (record) return [record.der, ...(await chainToSend(context, record, askedFor))];
  throw new CertError(
    'CERT_UNKNOWN',
    `Cannot judge certificate "${name}": the name has none in force`,
    { hint: 'See "certkeeper show cert"' },
  );
}
