import { looksLikePem } from '../../asn1/pem.ts';
import { utf8 } from '../../base/bytes.ts';
import { CertError } from '../../base/errors.ts';
import { parseHttpUrl } from '../../http/url.ts';
import { importCertificate } from '../../lifecycle/import-certificate.ts';
import { readCredentialFile, type CredentialFile } from '../../pkcs/credential-file.ts';
import type { Body, CommandContext } from '../command.ts';
import { reportImport } from '../imported.ts';
import type { ArgsOf } from '../parameter.ts';
import type { certificateNameParameters } from '../parameters-certificate.ts';
import { resolvePassword } from '../password.ts';
import { resolveSecret, type SecretSource } from '../secret.ts';
import { assertKeyFetchable, assertKeyUnread } from '../source-credential.ts';
import { parseInlinePem } from '../source-inline.ts';
import { readSource, type Source } from '../source.ts';

type Args = ArgsOf<typeof certificateNameParameters>;

/** Take a certificate and its key into the store, as a gateway is told to. */
export const run: Body<typeof certificateNameParameters> = async (args, context) => {
  const { name, replace } = args;
  const hashUrl = hashUrlOf(args);
  const credential = await readCredential(args, context);
  const services = await context.services();
  // The line says all there is to say of the certificate, as in a configuration.
  const settings = [['hash-url', hashUrl]] as const;
  const result = await importCertificate(services, { name, ...credential, replace, settings });
  reportImport(name, result, context.print, { certHashUrl: hashUrl });
  return 0;
};

/** No gateway takes a longer one. */
const MAX_HASH_URL_CHARACTERS = 1024;

function hashUrlOf({ certEnc, certHashUrlUrl: url }: Args): string | undefined {
  if (url === undefined) {
    if (!certEnc) return undefined;
    throw new CertError('USAGE_INVALID', 'Cannot use cert-enc alone', {
      hint: 'After it comes how: cert-hash-url url http://…; leave it out to have the certificate itself sent',
    });
  }
  // RFC 7296 section 3.6: http is the one scheme that every peer has.
  if (!parseHttpUrl(url).origin.startsWith('http:')) {
    throw new CertError('CONFIG_INVALID', `Cannot use "${url}" as cert-hash-url: it is not http`, {
      hint: 'Peers fetch it by http (RFC 7296 section 3.6); its hash protects it',
    });
  }
  if (url.length <= MAX_HASH_URL_CHARACTERS) return url;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot use a cert-hash-url of ${url.length} characters: at most ${MAX_HASH_URL_CHARACTERS} are taken`,
  );
}

async function readCredential(args: Args, context: CommandContext): Promise<CredentialFile> {
  const { derUrl, pemUrl, privateKeyPemUrl, allowCleartextKey } = args;
  if ([derUrl ?? pemUrl, privateKeyPemUrl].every((text) => text === '-')) {
    throw new CertError('USAGE_INVALID', 'Cannot read standard input twice', {
      hint: 'Give - once',
    });
  }
  const password = await passwordOf(args, context);
  const secret = { ...(password !== undefined && { password }), allowCleartextKey };
  if (privateKeyPemUrl !== undefined) {
    assertKeyFetchable(privateKeyPemUrl, 'private-key', secret);
  }
  const main = readAs(await certificateSource(args, context), 'certificate', secret);
  const keySource = await privateKeySource(args, context);
  if (keySource === undefined) return main;
  const { key } = readAs(keySource, 'private-key', secret);
  if (key === undefined) {
    throw new CertError(
      'KEY_UNUSABLE',
      `Cannot use private-key "${keySource.name}": there is no key in it`,
    );
  }
  if (main.key !== undefined) {
    throw new CertError(
      'USAGE_INVALID',
      'Cannot use private-key: there is a key beside the certificate already',
      {
        hint: 'Leave out private-key, or give the certificate alone',
      },
    );
  }
  return { certificates: main.certificates, key };
}

interface Secret {
  readonly password?: string;
  readonly allowCleartextKey: boolean;
}

function readAs(source: Source, what: string, secret: Secret): CredentialFile {
  if (source.way === 'open' && !secret.allowCleartextKey) assertKeyUnread(source, what);
  return readCredentialFile(source.octets, { path: source.name, ...secret });
}

async function certificateSource(
  { derUrl, pemUrl, pemData }: Args,
  context: CommandContext,
): Promise<Source> {
  if (pemData !== undefined) return await inline(pemData, 'pem data', context);
  const [form, text] = derUrl === undefined ? ['pem', pemUrl ?? ''] : ['der', derUrl];
  const source = await readSource(text, `${form} url`, context);
  const found = looksLikePem(source.octets) ? 'pem' : 'der';
  if (found === form) return source;
  throw new CertError(
    'PEM_MALFORMED',
    `Cannot use "${source.name}" as ${form}: it is ${found === 'pem' ? 'PEM' : 'not PEM'}`,
    { hint: `Write "${found} url", if that is the right file` },
  );
}

async function privateKeySource(args: Args, context: CommandContext): Promise<Source | undefined> {
  const { privateKeyPemUrl, privateKeyPemData, privateKeyPemEncryptedData } = args;
  if (privateKeyPemUrl !== undefined) {
    return await readSource(privateKeyPemUrl, 'private-key pem url', context);
  }
  if (privateKeyPemData !== undefined) {
    return await inline(privateKeyPemData, 'private-key', context);
  }
  if (privateKeyPemEncryptedData === undefined) return undefined;
  const source = await inline(privateKeyPemEncryptedData, 'private-key', context);
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----/.test(new TextDecoder().decode(source.octets))) {
    return source;
  }
  throw new CertError('KEY_UNUSABLE', 'Cannot use private-key as encrypted: it is not PKCS #8', {
    hint: 'Give an "ENCRYPTED PRIVATE KEY", or leave out the word encrypted; what a gateway encrypted for itself, only that gateway can read',
  });
}

/** Read PEM that stands in the line, or where the line says. */
async function inline(
  source: SecretSource,
  what: string,
  context: CommandContext,
): Promise<Source> {
  const isShown = source.kind === 'literal' && what === 'pem data';
  const octets = isShown ? utf8(source.reveal()) : await resolveSecret(source, what, context);
  const pem = parseInlinePem(new TextDecoder().decode(octets), what);
  return { octets: utf8(pem), name: what, way: 'local' };
}

async function passwordOf(args: Args, context: CommandContext): Promise<string | undefined> {
  const isEncrypted = args.privateKeyPemEncryptedData !== undefined;
  const source = args.password ?? (isEncrypted ? ({ kind: 'prompt' } as const) : undefined);
  return await resolvePassword(source, 'password', context);
}
