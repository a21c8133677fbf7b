import { CertError } from '../../base/errors.ts';
import { formatTime } from '../../base/format-time.ts';
import { importCertificate } from '../../lifecycle/import-certificate.ts';
import type { CredentialFile } from '../../pkcs/credential-file.ts';
import { viewCertificate } from '../certificate-view.ts';
import type { Body, CommandContext } from '../command.ts';
import { reportImport } from '../imported.ts';
import type { ArgsOf } from '../parameter.ts';
import type { certImportParameters } from '../parameters-cert.ts';
import { resolvePassword } from '../password.ts';
import { assertKeyFetchable, readCredentialSource } from '../source-credential.ts';
import { sourceName } from '../source.ts';
import { findTokenKey } from '../token-arguments.ts';

type Args = ArgsOf<typeof certImportParameters>;

/** Take a certificate with its key and chain out of files into the store. */
export const run: Body<typeof certImportParameters> = async (args, context) => {
  const { certName: name, caRoot, replace, completeChain } = args;
  const credential = await readFiles(args, context);
  if (args.ca) return importCa(args, credential, context);
  const key =
    args.keyProvider === undefined ? credential.key : await findTokenKey(args.keyProvider, context);
  const services = await context.services();
  const result = await importCertificate(services, {
    name,
    certificates: credential.certificates,
    ...(key && { key }),
    ...(caRoot !== undefined && { ca: caRoot }),
    replace,
    completeChain,
  });
  reportImport(name, result, context.print);
  return 0;
};

/** Put a CA certificate into the local CA store. */
async function importCa(
  { certName: label, replace }: Args,
  { certificates, key }: CredentialFile,
  context: CommandContext,
): Promise<0> {
  const { importCaCertificate } = await import('../../lifecycle/ca-store.ts');
  const { record, isUnchanged } = await importCaCertificate(await context.services(), {
    label,
    certificates,
    hasKey: key !== undefined,
    replace,
  });
  const { subject, notBefore, notAfter, sha256 } = viewCertificate(record.der);
  context.print.done(
    {
      label,
      imported: !isUnchanged,
      subject,
      notBefore: formatTime(notBefore),
      notAfter: formatTime(notAfter),
      sha256,
    },
    isUnchanged
      ? `CA certificate "${label}" is here already, the same`
      : `CA certificate "${label}" (${subject}) is in the local CA store, valid until ${formatTime(notAfter)}; ` +
          'nothing is trusted for that',
  );
  return 0;
}

async function readFiles(args: Args, context: CommandContext): Promise<CredentialFile> {
  const { file, keyFile, chainFile, alias, allowCleartextKey, keyProvider } = args;
  const fromStdin = [file, keyFile, chainFile].filter((path) => path === '-');
  if (fromStdin.length > 1) {
    throw new CertError('USAGE_INVALID', 'Cannot read standard input twice', {
      hint: 'Give - once, or certificates and key together in one file',
    });
  }
  const password = await resolvePassword(args.password, 'password', context);
  const secret = { ...(password !== undefined && { password }), allowCleartextKey };
  if (keyFile !== undefined) assertKeyFetchable(keyFile, 'key-file', secret);
  const main = await readCredentialSource(file, 'file', context, {
    ...secret,
    ...(alias !== undefined && { alias }),
  });
  const keys =
    keyFile === undefined
      ? undefined
      : await readCredentialSource(keyFile, 'key-file', context, secret);
  if (keyFile !== undefined && keys?.key === undefined) {
    throw new CertError(
      'KEY_UNUSABLE',
      `Cannot use key-file "${sourceName(keyFile)}": there is no key in it`,
      {
        hint: 'Give the private key of the certificate as PEM',
      },
    );
  }
  const second = keyFile !== undefined ? 'key-file' : keyProvider !== undefined && 'key-provider';
  if (main.key && second !== false) {
    throw new CertError('USAGE_INVALID', `Cannot use ${second}: there is a key in file already`, {
      hint: `Leave out ${second}, or give the certificate alone in file`,
    });
  }
  const chain =
    chainFile === undefined
      ? []
      : (await readCredentialSource(chainFile, 'chain-file', context, secret)).certificates;
  const key = main.key ?? keys?.key;
  return { certificates: [...main.certificates, ...chain], ...(key && { key }) };
}
