import { rawOf } from '../../asn1/codec.ts';
import { DerWriter } from '../../asn1/der-writer.ts';
import type { PKIMessage } from '../message/pki-message.ts';

/**
 * Build the DER of ProtectedPart ::= SEQUENCE { header, body } from the octets of its two halves.
 *
 * @see RFC 9810 section 5.1.3
 */
export function protectedPart(headerDer: Uint8Array, bodyDer: Uint8Array): Uint8Array {
  const writer = new DerWriter();
  writer.octets(bodyDer);
  // P1: over the header as well, protectionAlg included.
  writer.octets(headerDer);
  writer.header(0x30, 0);
  return writer.finish();
}

/** Give the ProtectedPart of a received message: its own octets, never a re-encoding. */
export function receivedProtectedPart(message: PKIMessage): Uint8Array {
  return protectedPart(rawOf(message.header), rawOf(message.body));
}
