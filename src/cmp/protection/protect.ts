import { concatBytes } from '../../base/bytes.ts';
import { DerWriter } from '../../asn1/der-writer.ts';
import { octetBitString } from '../../asn1/primitives.ts';
import { signatureAlgorithmFor } from '../../crypto/signature.ts';
import type { AlgorithmIdentifier } from '../../x509/algorithm-identifier.ts';
import { certificateDer, type Certificate } from '../../x509/certificate.ts';
import { PKIBody } from '../message/pki-message.ts';
import { PKIHeader } from '../message/pki-header.ts';
import { senderKidOf, senderOf, type Credential } from './credential.ts';
import { computeMac } from './mac.ts';

/** The parts of a header that a credential does not decide. */
export type HeaderFields = Omit<PKIHeader, 'sender' | 'senderKID' | 'protectionAlg'>;

/**
 * Build, protect and encode a message. Sender, senderKID and protectionAlg follow from the credential.
 *
 * @param extraCerts under a signature its certificate first, then the chain, where nothing else is said
 *   (RFC 9483 section 3.3)
 * @returns DER of the PKIMessage, to be sent and stored as it is
 * @see RFC 9810 section 5.1.3
 */
export async function protect(
  fields: HeaderFields,
  body: PKIBody,
  credential: Credential,
  extraCerts: readonly Certificate[] = chainOf(credential),
): Promise<Uint8Array> {
  const protectionAlg = protectionAlgOf(credential);
  const senderKID = senderKidOf(credential);
  const header: PKIHeader = {
    ...fields,
    sender: senderOf(credential),
    // H6: exactly when there is protection, which there always is.
    protectionAlg,
    ...(senderKID && { senderKID }),
  };
  const writer = new DerWriter();
  PKIBody.encode(writer, body);
  PKIHeader.encode(writer, header);
  const contentLength = writer.mark();
  writer.header(0x30, 0);
  const part = writer.finish();
  const protection = await protectionOf(part, credential, protectionAlg);
  return assemble(part.subarray(-contentLength), protection, extraCerts.map(certificateDer));
}

/** P8: whoever makes a credential leaves the self-signed root out of its chain. */
function chainOf(credential: Credential): readonly Certificate[] {
  // P8: its certificate first, then its chain.
  return credential.type === 'signature' ? [credential.certificate, ...credential.chain] : [];
}

/** Name the algorithm a credential protects with. */
export function protectionAlgOf(credential: Credential): AlgorithmIdentifier {
  return credential.type === 'mac'
    ? credential.protectionAlg
    : (credential.protectionAlg ?? signatureAlgorithmFor(credential.key));
}

async function protectionOf(
  part: Uint8Array,
  credential: Credential,
  algorithm: AlgorithmIdentifier,
): Promise<Uint8Array> {
  if (credential.type === 'signature') return credential.key.sign(part, algorithm);
  // Our own choice of parameters was made when the CA was added; what is refused is the peer's.
  return computeMac(algorithm, credential.secret, part, { allowLegacy: true });
}

/** Put a PKIMessage together from parts that are encoded already. */
export function assembleMessage(parts: {
  readonly headerDer: Uint8Array;
  readonly bodyDer: Uint8Array;
  readonly protection?: Uint8Array;
  readonly extraCerts: readonly Uint8Array[];
}): Uint8Array {
  const { headerDer, bodyDer, protection, extraCerts } = parts;
  return assemble(concatBytes(headerDer, bodyDer), protection, extraCerts);
}

function assemble(
  headerAndBody: Uint8Array,
  protection: Uint8Array | undefined,
  extraCerts: readonly Uint8Array[],
): Uint8Array {
  const writer = new DerWriter();
  if (extraCerts.length > 0) {
    for (const certificate of extraCerts.toReversed()) writer.octets(certificate);
    writer.header(0x30, 0);
    writer.header(0xa1, 0);
  }
  if (protection) {
    const mark = writer.mark();
    octetBitString.encode(writer, protection);
    writer.header(0xa0, mark);
  }
  writer.octets(headerAndBody);
  writer.header(0x30, 0);
  return writer.finish();
}
