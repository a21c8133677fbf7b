import { CertError } from '../../base/errors.ts';
import type { InitialCredential } from '../../lifecycle/initial-credential.ts';
import { initialize } from '../../lifecycle/initialize.ts';
import type { Body, CommandContext } from '../command.ts';
import { runDry } from '../dry-run.ts';
import { reportResult, runEnrollment } from '../enrollment.ts';
import type { ArgsOf } from '../parameter.ts';
import type { InitializeParameters } from '../parameters-cmp.ts';
import { keyChoiceOf, wantedOf } from '../request-arguments.ts';
import { resolveSecret } from '../secret.ts';

/** Make a key and get its first certificate. */
export const run: Body<InitializeParameters> = async (args, command) => {
  const { certName: name, caRoot, caUrl } = args;
  const request = {
    name,
    wanted: wantedOf(args),
    key: await keyChoiceOf(args, command),
    ...(caRoot !== undefined && { ca: caRoot }),
    ...(caUrl !== undefined && { url: caUrl }),
    credential: await credentialOf(args, command),
    waitSeconds: args.wait,
  };
  const services = await command.services();
  if (args.dryRun) return runDry(command, services, (context) => initialize(context, request));
  const result = await runEnrollment(
    command,
    services,
    (context) => initialize(context, request),
    args.dump,
  );
  return reportResult(result, name, command);
};

async function credentialOf(
  { caPsk, reference, signerCert }: ArgsOf<InitializeParameters>,
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
