import { requestCertificate } from '../../lifecycle/request-certificate.ts';
import { readCertificationRequest } from '../certification-request-file.ts';
import type { Body } from '../command.ts';
import { runDry } from '../dry-run.ts';
import { reportResult, runEnrollment } from '../enrollment.ts';
import { initialCredentialOf } from '../initial-credential.ts';
import type { RequestParameters } from '../parameters-cmp.ts';
import { givenKey } from '../request-arguments.ts';

/** Get a certificate for a PKCS#10 request that was made elsewhere. */
export const run: Body<RequestParameters> = async (args, command) => {
  const { certName: name, caRoot, caUrl, csr } = args;
  const key = await givenKey(args, command);
  const request = {
    name,
    certificationRequest: await readCertificationRequest(csr, command.io),
    ...(key && { key }),
    ...(caRoot !== undefined && { ca: caRoot }),
    ...(caUrl !== undefined && { url: caUrl }),
    credential: await initialCredentialOf(args, command),
    waitSeconds: args.wait,
  };
  const services = await command.services();
  if (args.dryRun) {
    return runDry(command, services, (context) => requestCertificate(context, request));
  }
  const result = await runEnrollment(
    command,
    services,
    (context) => requestCertificate(context, request),
    args.dump,
  );
  return reportResult(result, name, command);
};
