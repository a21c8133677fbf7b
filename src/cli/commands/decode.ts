import { asBuffer } from '../../base/bytes.ts';
import { CertError } from '../../base/errors.ts';
import { cut } from '../../base/printable.ts';
import { reasonIn } from '../../base/reason-in.ts';
import { decodePem, looksLikePem, type PemBlock } from '../../asn1/pem.ts';
import { inspectDer, notShown } from '../../inspect/inspect.ts';
import { formatTree, type Node } from '../../inspect/node.ts';
import type { Body } from '../command.ts';
import type { decodeParameters } from '../parameters-ca.ts';
import { readSource } from '../source.ts';

/** The bundles of browsers have about 150; more would only fill the screen. */
const MAX_BLOCKS = 1000;

/** The largest public CRLs have some 50 MB. */
const MAX_FILE_OCTETS = 64 * 1024 * 1024;

/** Show what is in a file, each block of it. */
export const run: Body<typeof decodeParameters> = async (args, context) => {
  const { octets, name: file } = await readSource(args.file, 'file', context, MAX_FILE_OCTETS);
  const trees = blocksOf(octets, file).map((block, i, { length }) =>
    attempt(length > 1 ? `block ${i + 1} of file "${file}"` : `file "${file}"`, () => show(block)),
  );
  context.print.show({ decoded: trees }, () => trees.map(formatTree).join('\n'));
  return 0;
};

type Block = Omit<PemBlock, 'label'> & Partial<Pick<PemBlock, 'label'>>;

function blocksOf(read: Uint8Array, file: string): readonly Block[] {
  if (!looksLikePem(read) || !(isText(read) || asBuffer(read).includes('-----BEGIN '))) {
    return [{ der: read }];
  }
  const blocks = attempt(`file "${file}"`, () => decodePem(new TextDecoder().decode(read)));
  if (blocks.length <= MAX_BLOCKS) return blocks;
  throw new CertError(
    'FILE_UNREADABLE',
    `Cannot decode file "${file}": ${blocks.length} blocks are more than the limit of ${MAX_BLOCKS}`,
  );
}

/** Nothing of a private key is shown, whatever its form is. */
function show({ label, der }: Block): Node {
  return label?.endsWith('PRIVATE KEY') === true ? notShown('private key', der) : inspectDer(der);
}

function isText(octets: Uint8Array): boolean {
  return octets.every((octet) => octet >= 0x20 || (octet >= 0x09 && octet <= 0x0d));
}

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof CertError)) throw cause;
    // What is wrong is a file that was named here, and no peer: the codes of those say otherwise.
    throw new CertError('FILE_UNREADABLE', `Cannot decode ${what}: ${cut(reasonIn(cause), 500)}`, {
      cause,
      hint: 'Give a whole CMP message, certificate, CRL, PKCS#10 request or other DER, as it is or as PEM',
    });
  }
}
