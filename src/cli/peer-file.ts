import { decodePem, looksLikePem } from '../asn1/pem.ts';
import { readSource, type SourceContext } from './source.ts';

/**
 * Read the certificates of a peer from a file or URL: the blocks of PEM, or DER as it is. They are not looked at: what
 * is wrong with them is for the verdict to say.
 *
 * @throws {CertError} FILE_UNREADABLE, PEM_MALFORMED, and what `readSource` throws
 */
export async function readPeerFile(
  text: string,
  what: string,
  context: SourceContext,
): Promise<readonly Uint8Array[]> {
  const { octets } = await readSource(text, what, context);
  if (!looksLikePem(octets)) return [octets];
  const blocks = decodePem(new TextDecoder().decode(octets));
  const found = blocks.filter(({ label }) => label.endsWith('CERTIFICATE'));
  return found.length > 0 ? found.map(({ der }) => der) : [octets];
}
