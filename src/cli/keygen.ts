import { resolve } from 'node:path';
import { utf8 } from '../base/bytes.ts';
import { CertError, type ExitCode } from '../base/errors.ts';
import { parseLabel, type Label } from '../base/label.ts';
import type { KeyType } from '../crypto/key-type.ts';
import {
  generateRequest,
  requestPemOf,
  type GeneratedRequest,
} from '../lifecycle/generate-request.ts';
import { parseGeneralName } from '../x509/general-name-text.ts';
import type { GeneralName } from '../x509/general-name.ts';
import { formatName, parseName } from '../x509/name-text.ts';
import type { CommandContext } from './command.ts';
import type { ArgsOf } from './parameter.ts';
import type { keyRequestParameters } from './parameters-keygen.ts';
import { assertNoStoreFile } from './store-files.ts';
import { newTokenKeyUri } from './token-arguments.ts';

type Args = ArgsOf<typeof keyRequestParameters>;

/** As gateways have it, for id and subject alike. */
const MAX_CHARACTERS = 256;

/** Make a key and a request for it, and write them where the words say. */
export async function runKeygen(
  { keyType, allowLegacy }: { readonly keyType: KeyType; readonly allowLegacy: boolean },
  args: Args,
  context: CommandContext,
): Promise<ExitCode> {
  const { file, keyProvider, replace } = args;
  checkLength('id', args.id);
  checkLength('subject-name', args.subjectName);
  if (keyType === 'rsa-1024' && !allowLegacy) {
    throw new CertError('KEY_UNUSABLE', 'Cannot make an RSA key of 1024 bits: the least is 2048', {
      hint: 'Add legacy-algorithms if its CA cannot do better',
    });
  }
  const name = nameOf(args);
  const order = {
    name,
    subject: parseName(args.subjectName),
    subjectAltNames: [subjectAltNameOf(args)],
    keyType,
    ...(keyProvider !== undefined && { token: newTokenKeyUri(keyProvider, name) }),
    allowLegacy,
    replace,
    toCertStore: file === undefined,
  };
  const generated = await generateRequest(await context.services(), order);
  const csr = requestPemOf(generated.request);
  if (file !== undefined && file !== '-') await writeRequest(file, csr, context);
  const json = {
    name,
    keyType: generated.keyType,
    subject: formatName(order.subject),
    isRepeated: generated.isRepeated,
    tokenUri: generated.tokenUri,
    files: file === undefined || file === '-' ? generated.files : [file],
    csr,
  };
  if (file === '-') context.print.show(json, () => csr);
  else context.print.done(json, sentence(generated, json.files));
  return 0;
}

function sentence(
  { name, keyType, tokenUri, isRepeated }: GeneratedRequest,
  files: readonly string[],
): string {
  const where = tokenUri === undefined ? '' : `, in the token (${tokenUri})`;
  return (
    `${isRepeated ? 'The request made before' : `A key (${keyType})${where} and its request`} for "${name}" ` +
    `${isRepeated ? 'is' : 'are'} stored, and written to ${files.join(', ')}; import the CA's answer with ` +
    `"certkeeper cert import cert-name ${name} file ANSWER"`
  );
}

function checkLength(word: 'id' | 'subject-name', text: string): void {
  if ([...text].length <= MAX_CHARACTERS) return;
  throw new CertError(
    'USAGE_INVALID',
    `Cannot use ${word === 'id' ? 'an' : 'a'} ${word} of ${[...text].length} characters: at most ${MAX_CHARACTERS}`,
    { hint: `Give a shorter ${word}` },
  );
}

function nameOf({ certName, id }: Args): Label {
  if (certName !== undefined) return certName;
  try {
    return parseLabel(id, 'cert-name');
  } catch (cause) {
    if (!(cause instanceof CertError)) throw cause;
    throw new CertError('USAGE_INVALID', `Cannot name the certificate ${JSON.stringify(id)}`, {
      cause,
      hint: 'Give it a cert-name',
    });
  }
}

const kinds = {
  fqdn: { kind: 'dns', what: 'a host name', example: 'gw1.example' },
  ip: { kind: 'ip', what: 'an IPv4 or IPv6 address', example: '192.0.2.1' },
  'rfc822-addr': { kind: 'email', what: 'a mail address', example: 'ops@example.org' },
} as const;

function subjectAltNameOf({ idType, id }: Args): GeneralName {
  const { kind, what, example } = kinds[idType];
  try {
    return parseGeneralName(`${kind}:${id}`);
  } catch (cause) {
    if (!(cause instanceof CertError)) throw cause;
    throw new CertError('USAGE_INVALID', `Cannot use ${JSON.stringify(id)} as id: not ${what}`, {
      cause,
      hint: `With id-type ${idType} write it as in ${example}`,
    });
  }
}

/** A symbolic link that somebody put there would lead it over another file. */
async function writeRequest(file: string, csr: string, context: CommandContext): Promise<void> {
  const { writeExport } = await import('../deploy/export-file.ts');
  try {
    const path = resolve(file);
    assertNoStoreFile(path, context);
    const replace = await isRequest(path);
    await writeExport({ path, content: utf8(csr), holdsKey: false, replace });
  } catch (cause) {
    if (!(cause instanceof CertError)) throw cause;
    throw new CertError(cause.code, cause.message, {
      cause,
      hint: 'Key and request are stored: give the same command again with another file',
    });
  }
}

/** No request of ours is as long: what is longer is something else. */
const MAX_REQUEST_OCTETS = 65_536;

/** Tell whether a request stands there: nothing else is written over, a key least of all. */
async function isRequest(path: string): Promise<boolean> {
  const { lstat, readFile } = await import('node:fs/promises');
  try {
    const found = await lstat(path);
    if (!found.isFile() || found.size > MAX_REQUEST_OCTETS) return false;
    return /^-----BEGIN (NEW )?CERTIFICATE REQUEST-----/m.test(await readFile(path, 'utf8'));
  } catch {
    // Not there, or not to be read: the writing says why.
    return false;
  }
}
