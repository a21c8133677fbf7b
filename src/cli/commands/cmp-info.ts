import { CertError } from '../../base/errors.ts';
import { isOid, isOidName, oids, type Oid } from '../../asn1/oids.ts';
import { requestInfo } from '../../lifecycle/info.ts';
import type { Body } from '../command.ts';
import { sendRequest } from '../enrollment.ts';
import { reportInfo } from '../info-view.ts';
import { initialCredentialOf } from '../initial-credential.ts';
import type { InfoParameters } from '../parameters-cmp.ts';
import { placeOf } from '../request-arguments.ts';

/** Ask a CA for its certificates, CRLs, new root, wishes, or anything by OID. */
export const run: Body<InfoParameters> = async (args, command) => {
  const { type, accept } = args;
  const infoType = infoTypeOf(type);
  if (accept && infoType !== oids.rootCaCert) {
    throw new CertError('USAGE_INVALID', `Cannot accept what answers ${type}: only a rootCaCert`);
  }
  const request = {
    infoType,
    ...placeOf(args),
    credential: await initialCredentialOf(args, command),
    acceptRoot: accept,
    waitSeconds: args.wait,
  };
  return sendRequest(
    command,
    args,
    (context) => requestInfo(context, request),
    (result) => reportInfo(result, type, command),
  );
};

/** A name of RFC 9810 section 5.3.19, in any case, or an OID. */
function infoTypeOf(text: string): Oid {
  if (isOid(text)) return text;
  const name = askable.find((one) => one.toLowerCase() === text.toLowerCase());
  if (name) return oids[name];
  if (isOidName(text)) return oids[text];
  throw new CertError('USAGE_INVALID', `Cannot ask for "${text}": neither a name nor an OID`, {
    hint: `Ask for ${askable.join(', ')}, or an OID`,
  });
}

const askable = [
  'caCerts',
  'rootCaCert',
  'certReqTemplate',
  'currentCRL',
  'crlStatusList',
  'signKeyPairTypes',
  'encKeyPairTypes',
  'caProtEncCert',
  'preferredSymmAlg',
] as const;
