import { requestCertificate } from '../../lifecycle/request-certificate.ts';
import { readCertificationRequest } from '../certification-request-file.ts';
import type { Body } from '../command.ts';
import { reportResult, sendRequest } from '../enrollment.ts';
import { initialCredentialOf } from '../initial-credential.ts';
import type { RequestParameters } from '../parameters-cmp.ts';
import { givenKey, placeOf } from '../request-arguments.ts';

/** Get a certificate for a PKCS#10 request that was made elsewhere. */
export const run: Body<RequestParameters> = async (args, command) => {
  const { certName: name, csr } = args;
  const key = await givenKey(args, command);
  const request = {
    name,
    certificationRequest: await readCertificationRequest(csr, command),
    ...(key && { key }),
    ...placeOf(args),
    credential: await initialCredentialOf(args, command),
    waitSeconds: args.wait,
    retry: args.retry,
  };
  return sendRequest(
    command,
    args,
    (context) => requestCertificate(context, request),
    (result) => reportResult(result, name, command),
  );
};
