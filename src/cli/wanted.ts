import { fromDer } from '../asn1/codec.ts';
import { any } from '../asn1/primitives.ts';
import { fromHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { isOid, isOidName, oids, type Oid } from '../asn1/oids.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import type { OptionalValidity } from '../cmp/message/cert-template.ts';
import type { Wanted } from '../lifecycle/certificate-request.ts';
import type { Extension } from '../x509/extension.ts';
import { extension, extensionValue } from '../x509/extension-values.ts';
import { parseGeneralName } from '../x509/general-name-text.ts';
import { parseName } from '../x509/name-text.ts';
import { timeOf } from '../x509/time.ts';
import { requestedExtensions } from '../x509/certification-request.ts';
import { readCertificationRequest } from './certification-request-file.ts';
import type { CommandContext } from './command.ts';
import type { ArgsOf } from './parameter.ts';
import type { subjectParameters, templateParameters } from './parameters-cmp.ts';
import { resolveSecret } from './secret.ts';

type Args = ArgsOf<typeof subjectParameters & typeof templateParameters>;

/**
 * Make of the words what the certificate shall say. Names of a csr come first, what is said beside it adds to them.
 *
 * @throws {CertError} USAGE_INVALID, DN_INVALID, FILE_UNREADABLE, PEM_MALFORMED, SECRET_UNAVAILABLE
 */
export async function wantedOf(args: Args, command: CommandContext): Promise<Wanted> {
  const { subjectName, csr, certProfile } = args;
  const request = csr === undefined ? undefined : await readCertificationRequest(csr, command);
  const requested = request ? (requestedExtensions(request.certificationRequestInfo) ?? []) : [];
  const subject =
    subjectName === undefined ? request?.certificationRequestInfo.subject : parseName(subjectName);
  const said = saidExtensions(args);
  const replaced = new Set(said.map(({ extnID }) => extnID));
  const extensions = [
    ...requested.filter(({ extnID }) => extnID !== oids.subjectAltName && !replaced.has(extnID)),
    ...said,
  ];
  const validity = validityOf(args);
  const generalInfo = args.generalInfo.map(infoItem);
  return {
    ...(subject && { subject }),
    subjectAltNames: [
      ...(extensionValue(requested, 'subjectAltName') ?? []),
      ...args.san.map(parseGeneralName),
    ],
    ...(extensions.length > 0 && { extensions }),
    ...(validity && { validity }),
    ...(args.regToken && { regToken: await word(args.regToken, 'reg-token', command) }),
    ...(args.authenticator && {
      authenticator: await word(args.authenticator, 'authenticator', command),
    }),
    ...(certProfile !== undefined && { certProfile }),
    ...(generalInfo.length > 0 && { generalInfo }),
  };
}

function saidExtensions({ keyUsage, extKeyUsage, policy, mustStaple }: Args): readonly Extension[] {
  return [
    ...(keyUsage.length > 0 ? [extension('keyUsage', keyUsage, true)] : []),
    ...(extKeyUsage.length > 0 ? [extension('extKeyUsage', extKeyUsage.map(oidOf))] : []),
    ...(policy.length > 0
      ? [
          extension(
            'certificatePolicies',
            policy.map((text) => ({ policyIdentifier: oidOf(text) })),
          ),
        ]
      : []),
    // Not critical: who does not know it would refuse the certificate (RFC 5280 section 4.2).
    ...(mustStaple ? [extension('tlsFeature', [STATUS_REQUEST])] : []),
  ];
}

/** The number of the TLS extension that asks for a staple (RFC 6066 section 8). */
const STATUS_REQUEST = 5;

function oidOf(text: string): Oid {
  if (isOidName(text)) return oids[text];
  if (isOid(text)) return text;
  throw new CertError('USAGE_INVALID', `Cannot understand "${text}": neither a name nor an OID`, {
    hint: 'Give a name as in serverAuth, or an OID as in 1.3.6.1.5.5.7.3.1',
  });
}

function validityOf({ notBefore, notAfter }: Args): OptionalValidity | undefined {
  if (notBefore === undefined && notAfter === undefined) return undefined;
  return {
    ...(notBefore !== undefined && { notBefore: timeOf(moment(notBefore, 'not-before')) }),
    ...(notAfter !== undefined && { notAfter: timeOf(moment(notAfter, 'not-after')) }),
  };
}

/** Days and seconds in UTC: anything less exact means another moment elsewhere. */
function moment(text: string, what: string): Date {
  const shape = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$/;
  const date = new Date(text);
  if (shape.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new CertError('USAGE_INVALID', `Cannot use "${text}" as ${what}: not a time`, {
    hint: 'Write it as 2026-12-01 or 2026-12-01T00:00:00Z',
  });
}

function infoItem(text: string): InfoTypeAndValue {
  const [type = '', ...values] = text.split('=');
  const infoType = oidOf(type);
  if (values.length === 0) return { infoType };
  const hex = values.join('=');
  const isHex = /^(?:[0-9a-f]{2})+$/i.test(hex);
  const infoValue = isHex ? fromHex(hex) : new Uint8Array();
  const why = isHex ? whyNoElement(infoValue) : 'it is not hexadecimal';
  if (why === undefined) return { infoType, infoValue };
  throw new CertError('USAGE_INVALID', `Cannot use "${text}" as general-info: ${why}`, {
    hint: 'Write OID=HEX, the value as DER, as in 1.2.3.4=0500',
  });
}

/** H14: anything but one element of DER would make the whole message unreadable. */
function whyNoElement(der: Uint8Array): string | undefined {
  try {
    fromDer(any, der);
    return undefined;
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return 'its value is not DER';
    throw error;
  }
}

async function word(
  source: Parameters<typeof resolveSecret>[0],
  what: string,
  command: CommandContext,
): Promise<string> {
  return new TextDecoder('utf-8', { fatal: true }).decode(
    await resolveSecret(source, what, command),
  );
}
