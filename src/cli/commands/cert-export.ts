import { resolve } from 'node:path';
import { CertError } from '../../base/errors.ts';
import {
  exportCertificate,
  type ExportForm,
  type ExportResult,
} from '../../lifecycle/export-certificate.ts';
import type { Body, CommandContext } from '../command.ts';
import type { ArgsOf } from '../parameter.ts';
import type { certExportParameters } from '../parameters-cert.ts';
import { resolvePassword } from '../password.ts';
import { plural } from '../plural.ts';
import { assertNoStoreFile } from '../store-files.ts';

type Args = ArgsOf<typeof certExportParameters>;

/** Write a certificate out of the store, with chain and key as asked for. */
export const run: Body<typeof certExportParameters> = async (args, context) => {
  const { certName: name, to = '-', replace } = args;
  if (to === '-') checkStdout(args, context);
  else if (to.endsWith('/')) throw usage(`"${to}" is no file`, 'Name a file with to');
  else assertNoStoreFile(resolve(to), context);
  const form = await formFrom(args, context);
  const services = await context.services();
  const result = await exportCertificate(services, {
    name,
    form,
    ...(args.version !== undefined && { version: args.version }),
  });
  if (to === '-') {
    print(result, args, context);
    return 0;
  }
  const path = resolve(to);
  const { writeExport } = await import('../../deploy/export-file.ts');
  const { octets: content, certificate, count } = result;
  context.beforeWriting();
  await writeExport({ path, content, replace, holdsKey: args.withKey, log: context.log });
  const version = certificate.version === undefined ? '' : ` (version ${certificate.version})`;
  const key = args.withKey
    ? ` and its key${args.password === undefined ? ', which is not encrypted,' : ''}`
    : '';
  context.print.done(
    { ...viewOf(result, args), file: path },
    `${plural(count, 'certificate')} of "${name}"${version}${key} ` +
      `${count === 1 && !args.withKey ? 'is' : 'are'} written to ${path}`,
  );
  return 0;
};

/** What may be written to standard output. @throws {CertError} USAGE_INVALID */
function checkStdout({ form, withKey, password }: Args, { io, globals }: CommandContext): void {
  const hint = 'Name a file with to';
  if (withKey && (globals.json || io.stdout.isTTY)) {
    throw usage(`a private key is never written to ${globals.json ? 'JSON' : 'a terminal'}`, hint);
  }
  // Who reads what is at the other end, or with which mode a shell made the file, nobody here can know.
  if (withKey && password === undefined && form === 'pem')
    throw usage('a private key goes to standard output only encrypted', `${hint}, or add password`);
  if (form === 'pem') return;
  if (globals.json || io.stdout.isTTY)
    throw usage(`${form} is not text`, `${hint}, or choose form pem`);
}

/** @throws {CertError} USAGE_INVALID for words that do not go together, SECRET_UNAVAILABLE */
async function formFrom(args: Args, context: CommandContext): Promise<ExportForm> {
  const { form, content = 'fullchain', withKey } = args;
  if (withKey && content === 'chain')
    throw usage('a key goes with its certificate', 'Leave content chain or with-key out');
  if (form === 'der') {
    if (withKey || args.password !== undefined || (args.content ?? 'cert') !== 'cert')
      throw usage('der holds one certificate and nothing else', 'Choose form pem or pkcs12');
    return { type: 'der' };
  }
  const { password: source } = args;
  if (form === 'pkcs12' && source === undefined)
    throw usage('pkcs12 needs a password', 'Add password file:PATH, env:NAME or prompt');
  if (form === 'pem' && !withKey && source !== undefined)
    throw usage('only a key is encrypted, and none is asked for', 'Add with-key');
  const password = await resolvePassword(source, 'password', context);
  if (form === 'pkcs12') return { type: 'pkcs12', content, withKey, password: password ?? '' };
  if (!withKey || content === 'chain') return { type: 'pem', content };
  return { type: 'pem-with-key', content, ...(password !== undefined && { password }) };
}

function print(result: ExportResult, args: Args, { io, print: printer }: CommandContext): void {
  const { octets } = result;
  if (args.form === 'pem') {
    const pem = new TextDecoder().decode(octets);
    // Not with a key: that was refused before.
    printer.show({ ...viewOf(result, args), pem }, () => pem);
  } else {
    io.stdout.writeOctets(octets);
  }
}

function viewOf(
  { certificate: { name, version }, count }: ExportResult,
  { form, withKey }: Args,
): { readonly [field: string]: string | number | boolean | undefined } {
  return { name, version, form, certificates: count, withKey };
}

function usage(why: string, hint: string): CertError {
  return new CertError('USAGE_INVALID', `Cannot run "cert export": ${why}`, { hint });
}
