import { decodePem } from '../asn1/pem.ts';
import { CertError } from '../base/errors.ts';
import { quoted } from '../base/quoted.ts';
import { fileKindOf } from '../pkcs/file-kind.ts';
import { readSource, type SourceContext } from './source.ts';

/**
 * Read the certificates of a peer from a file or URL: the blocks of PEM, or DER as it is. They are not looked at: what
 * is wrong with them is for the verdict to say. A file that holds something else on purpose is the wrong one.
 *
 * @throws {CertError} FILE_UNREADABLE, PEM_MALFORMED, and what `readSource` throws
 */
export async function readPeerFile(
  text: string,
  what: string,
  context: SourceContext,
): Promise<readonly Uint8Array[]> {
  const { octets, name } = await readSource(text, what, context);
  const kind = fileKindOf(octets);
  if (kind === 'PKCS#12') {
    const command = `openssl pkcs12 -in ${name} -nokeys -out peer.pem`;
    throw wrongFile(name, what, 'it is PKCS#12', command);
  }
  if (kind === 'key in DER') throw wrongFile(name, what, 'it is a private key');
  if (kind !== 'PEM') return [octets];
  const blocks = decodePem(new TextDecoder().decode(octets));
  const found = blocks.filter(({ label }) => label.endsWith('CERTIFICATE'));
  if (found.length > 0) return found.map(({ der }) => der);
  if (blocks.length === 0) return [octets];
  const labels = [...new Set(blocks.map(({ label }) => label))];
  const isBundle = labels.includes('PKCS7') || labels.includes('CMS');
  throw wrongFile(
    name,
    what,
    `it has ${labels.map(quoted).join(', ')}`,
    isBundle ? `openssl pkcs7 -in ${name} -print_certs -out peer.pem` : undefined,
  );
}

function wrongFile(name: string, what: string, why: string, command?: string): CertError {
  return new CertError('PEM_MALFORMED', `Cannot find a certificate in ${what} "${name}": ${why}`, {
    hint:
      command === undefined
        ? 'Give the certificate of the peer, PEM or DER'
        : `Take the certificates out of it: ${command}`,
  });
}
