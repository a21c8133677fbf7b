import { CertError } from '../../base/errors.ts';
import { formatTime } from '../../base/format-time.ts';
import { importCertificate } from '../../lifecycle/import-certificate.ts';
import type { CredentialFile } from '../../pkcs/credential-file.ts';
import { viewCertificate } from '../certificate-view.ts';
import type { Body, CommandContext } from '../command.ts';
import type { ArgsOf } from '../parameter.ts';
import type { certImportParameters } from '../parameters-cert.ts';
import { resolvePassword } from '../password.ts';
import { plural } from '../plural.ts';
import { assertKeyFetchable, readCredentialSource } from '../source-credential.ts';
import { sourceName } from '../source.ts';

type Args = ArgsOf<typeof certImportParameters>;

/** Take a certificate with its key and chain out of files into the store. */
export const run: Body<typeof certImportParameters> = async (args, context) => {
  const { certName: name, caRoot, replace } = args;
  const credential = await readFiles(args, context);
  const services = await context.services();
  const { certificate, isUnchanged } = await importCertificate(services, {
    name,
    ...credential,
    ...(caRoot !== undefined && { ca: caRoot }),
    replace,
  });
  const { subject, notBefore, notAfter, sha256 } = viewCertificate(certificate.der);
  const hasKey = certificate.keyId !== undefined;
  const { length } = certificate.chain;
  const withIssuers = length === 0 ? '' : ` and ${plural(length, 'issuer')}`;
  context.print.done(
    {
      name,
      imported: !isUnchanged,
      version: certificate.version,
      subject,
      notBefore: formatTime(notBefore),
      notAfter: formatTime(notAfter),
      sha256,
      hasKey,
      chain: certificate.chain.length,
    },
    isUnchanged
      ? `Certificate "${name}" is here already, the same`
      : `Certificate "${name}" (${subject}) is imported ${hasKey ? 'with its key' : 'without a key'}` +
          `${withIssuers}, valid until ${formatTime(notAfter)}`,
  );
  return 0;
};

async function readFiles(args: Args, context: CommandContext): Promise<CredentialFile> {
  const { file, keyFile, chainFile, alias, allowCleartextKey } = args;
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
  if (main.key && keys?.key) {
    throw new CertError('USAGE_INVALID', 'Cannot use key-file: there is a key in file already', {
      hint: 'Leave out key-file, or give the certificate alone in file',
    });
  }
  const chain =
    chainFile === undefined
      ? []
      : (await readCredentialSource(chainFile, 'chain-file', context, secret)).certificates;
  const key = main.key ?? keys?.key;
  return { certificates: [...main.certificates, ...chain], ...(key && { key }) };
}
