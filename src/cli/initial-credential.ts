import { CertError } from '../base/errors.ts';
import type { InitialCredential } from '../lifecycle/initial-credential.ts';
import type { CommandContext } from './command.ts';
import type { ArgsOf } from './parameter.ts';
import type { credentialParameters } from './parameters-cmp.ts';
import { resolveSecret } from './secret.ts';

/**
 * Make of the words what the first request is protected with.
 *
 * @throws {CertError} USAGE_INVALID, SECRET_UNAVAILABLE
 */
export async function initialCredentialOf(
  { caPsk, reference, signerCert }: ArgsOf<typeof credentialParameters>,
  command: CommandContext,
): Promise<InitialCredential> {
  if (signerCert !== undefined) {
    if (reference === undefined) return { type: 'signature', signer: signerCert };
    throw new CertError(
      'USAGE_INVALID',
      'Cannot use reference with signer-cert: there is no secret',
      { hint: 'Leave out reference, or give a ca-psk instead of the signer-cert' },
    );
  }
  const named = reference ?? caPsk?.reference;
  if (reference !== undefined && caPsk?.reference !== undefined && reference !== caPsk.reference) {
    throw new CertError(
      'USAGE_INVALID',
      `Cannot use two references, "${reference}" and "${caPsk.reference}", for one secret`,
      { hint: 'Give it once, as reference or in front of the secret' },
    );
  }
  return {
    type: 'mac',
    ...(named !== undefined && { reference: named }),
    ...(caPsk && { secret: await resolveSecret(caPsk, 'ca-psk', command) }),
  };
}
