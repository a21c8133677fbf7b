import { CertError } from '../../base/errors.ts';
import { revoke, type IssuerAndSerial } from '../../lifecycle/revoke.ts';
import { decodeCertificate } from '../../x509/certificate.ts';
import { parseName } from '../../x509/name-text.ts';
import { readCertificateFile } from '../certificate-file.ts';
import type { Body, CommandContext } from '../command.ts';
import { reportResult, sendRequest } from '../enrollment.ts';
import type { ArgsOf } from '../parameter.ts';
import type { RevokeParameters } from '../parameters-cmp.ts';
import { placeOf } from '../request-arguments.ts';
import { warnOfChange } from '../source-trust.ts';

/** Have a certificate revoked. */
export const run: Body<RevokeParameters> = async (args, command) => {
  const { currentCert: current, reason } = args;
  const other = await otherCertificate(args, command);
  const request = {
    current,
    ...(other && { other }),
    reason,
    ...placeOf(args),
    waitSeconds: args.wait,
  };
  return sendRequest(
    command,
    args,
    (context) => revoke(context, request),
    (result) => reportResult(result, current, command),
  );
};

async function otherCertificate(
  { certFile, issuer, serial }: ArgsOf<RevokeParameters>,
  context: CommandContext,
): Promise<IssuerAndSerial | undefined> {
  if (certFile !== undefined) {
    const source = await readCertificateFile(certFile, 'cert-file', context);
    warnOfChange(source, 'cert-file', context.log);
    const [der, ...more] = source.ders;
    if (!der || more.length > 0) {
      throw new CertError(
        'USAGE_INVALID',
        `Cannot revoke by "${source.name}": it has ${more.length + 1} certificates, expected one`,
      );
    }
    const { issuer: name, serialNumber } = decodeCertificate(der).tbsCertificate;
    return { issuer: name, serialNumber };
  }
  if (issuer === undefined && serial === undefined) return undefined;
  if (issuer === undefined || serial === undefined) {
    throw new CertError('USAGE_INVALID', 'Cannot revoke by issuer or serial alone', {
      hint: 'Give both; "openssl x509 -noout -issuer -serial -nameopt RFC2253" prints them',
    });
  }
  const digits = serial.replaceAll(':', '').replace(/^0x/i, '');
  if (!/^[0-9a-f]{1,40}$/i.test(digits)) {
    throw new CertError('USAGE_INVALID', `Cannot use "${serial}" as serial: not hexadecimal`, {
      hint: 'A serial number has up to 40 hexadecimal digits',
    });
  }
  return { issuer: parseName(issuer), serialNumber: BigInt(`0x${digits}`) };
}
