import { decodePem } from '../asn1/pem.ts';
import { concatBytes, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { OutputFile, OutputKind } from '../store/deployments-contract.ts';
import type { DeliveredPems } from './files.ts';

type Pems = Pick<DeliveredPems, 'name' | 'keyPem' | 'chainPem' | 'certificatePem'>;

interface Output {
  /** Whether the private key is in it. */
  readonly holdsKey: boolean;
  content(pems: Pems): Uint8Array;
}

/** What each kind of file holds, in the order in which files are moved in: a reader of the certificate finds its key. */
const outputs: Readonly<Record<OutputKind, Output>> = {
  key: { holdsKey: true, content: (pems) => utf8(keyOf(pems)) },
  chain: { holdsKey: false, content: ({ chainPem }) => utf8(chainPem) },
  combined: {
    holdsKey: true,
    content: (pems) => utf8(pems.certificatePem + pems.chainPem + keyOf(pems)),
  },
  der: {
    holdsKey: false,
    content: ({ certificatePem }) =>
      concatBytes(...decodePem(certificatePem).map(({ der }) => der)),
  },
  fullchain: {
    holdsKey: false,
    content: ({ certificatePem, chainPem }) => utf8(certificatePem + chainPem),
  },
  cert: { holdsKey: false, content: ({ certificatePem }) => utf8(certificatePem) },
};

const order = Object.keys(outputs);

/** Make the content of a file. @throws {CertError} DELIVERY_FAILED when it needs a key that is not here */
export function contentOf(kind: OutputKind, pems: Pems): Uint8Array {
  return outputs[kind].content(pems);
}

/** Tell whether the private key is in a kind of file. */
export function holdsKey(kind: OutputKind): boolean {
  return outputs[kind].holdsKey;
}

/** Sort files: key first, certificate last. */
export function inDeliveryOrder(files: readonly OutputFile[]): readonly OutputFile[] {
  return files.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

function keyOf({ name, keyPem }: Pems): string {
  if (keyPem !== undefined) return keyPem;
  throw new CertError('DELIVERY_FAILED', `Cannot deliver the key of "${name}": it is not here`, {
    hint: 'Leave key and combined out of its deployments',
  });
}
