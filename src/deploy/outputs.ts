import { decodePem } from '../asn1/pem.ts';
import { bytesEqual, concatBytes, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { isSamePkcs12, writePkcs12 } from '../pkcs/pkcs12-write.ts';
import type { OutputFile, OutputKind } from '../store/deployments-contract.ts';
import type { DeliveredPems } from './files.ts';

type Pems = Pick<DeliveredPems, 'name' | 'keyPem' | 'chainPem' | 'certificatePem' | 'anchorsPem'>;

/** What a PKCS #12 file is made with. */
export interface Sealing {
  readonly password: string;
  readonly random: Random;
}

/** The octets of a file, or of one as good as it. */
export interface Content {
  /** Make them. Of PKCS #12 no two are the same: its salts are new each time. */
  make(): Uint8Array;
  /** Tell whether octets are these, or hold the same under the same password. */
  isIn(octets: Uint8Array): boolean;
}

interface Output {
  /** Whether the private key is in it. */
  readonly holdsKey: boolean;
  content(pems: Pems, sealing: Sealing | undefined): Content;
}

/** What each kind of file holds, in the order in which files are moved in: a reader of the certificate finds its key. */
const outputs: Readonly<Record<OutputKind, Output>> = {
  key: plain(true, (pems) => utf8(keyOf(pems))),
  ca: plain(false, (pems) => utf8(anchorsOf(pems))),
  chain: plain(false, ({ chainPem }) => utf8(chainPem)),
  combined: plain(true, combinedOf),
  pkcs12: { holdsKey: true, content: pkcs12Of },
  der: plain(false, ({ certificatePem }) => concatBytes(...dersOf(certificatePem))),
  fullchain: plain(false, ({ certificatePem, chainPem }) => utf8(certificatePem + chainPem)),
  cert: plain(false, ({ certificatePem }) => utf8(certificatePem)),
};

const order = Object.keys(outputs);

/**
 * Say what the content of a file is.
 *
 * @param sealing needed for `pkcs12`
 * @throws {CertError} DELIVERY_FAILED when it needs a key or a password that is not here
 */
export function contentOf(kind: OutputKind, pems: Pems, sealing?: Sealing): Content {
  return outputs[kind].content(pems, sealing);
}

/** Write certificate, chain and private key, one after the other. @throws {CertError} DELIVERY_FAILED without a key */
export function combinedOf(pems: Pems): Uint8Array {
  return utf8(pems.certificatePem + pems.chainPem + keyOf(pems));
}

/** Tell whether the private key is in a kind of file. */
export function holdsKey(kind: OutputKind): boolean {
  return outputs[kind].holdsKey;
}

/** Sort files: key first, certificate last. */
export function inDeliveryOrder(files: readonly OutputFile[]): readonly OutputFile[] {
  return files.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

function plain(isKeyIn: boolean, octetsOf: (pems: Pems) => Uint8Array): Output {
  return {
    holdsKey: isKeyIn,
    content(pems) {
      const octets = octetsOf(pems);
      return { make: () => octets, isIn: (present) => bytesEqual(present, octets) };
    },
  };
}

function pkcs12Of(pems: Pems, sealing: Sealing | undefined): Content {
  const { name, certificatePem, chainPem } = pems;
  const [pkcs8] = dersOf(keyOf(pems));
  if (sealing === undefined || pkcs8 === undefined) {
    throw new CertError(
      'DELIVERY_FAILED',
      `Cannot deliver "${name}" as PKCS#12: its password is not known`,
      { hint: 'Say where it is: cert deploy … pkcs12 PATH password file:PATH' },
    );
  }
  const { password, random } = sealing;
  const credential = { name, pkcs8, certificates: dersOf(certificatePem + chainPem) };
  return {
    make: () => writePkcs12(credential, password, random),
    isIn: (present) => isSamePkcs12(present, credential, password),
  };
}

function dersOf(pem: string): readonly Uint8Array[] {
  return decodePem(pem).map(({ der }) => der);
}

function anchorsOf({ name, anchorsPem }: Pems): string {
  if (anchorsPem !== undefined) return anchorsPem;
  throw new CertError(
    'DELIVERY_FAILED',
    `Cannot deliver the anchors for "${name}": there is no CA profile for it, or no root in that`,
    { hint: 'Leave ca out of its deployments, or give it a CA profile with "cert move … by kur"' },
  );
}

function keyOf({ name, keyPem }: Pems): string {
  if (keyPem !== undefined) return keyPem;
  throw new CertError('DELIVERY_FAILED', `Cannot deliver the key of "${name}": it is not here`, {
    hint: 'Leave key, combined and pkcs12 out of its deployments',
  });
}
