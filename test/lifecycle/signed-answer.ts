import { join } from 'node:path';
import { toDer } from '../../src/asn1/codec.ts';
import type { AuthorityRole } from '../../src/ca/authority.ts';
import { openLedger } from '../../src/ca/ledger.ts';
import { respond } from '../../src/ca/respond.ts';
import { decodeMessage, PKIMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import type { PKIHeader } from '../../src/cmp/message/pki-header.ts';
import { loadPrivateKeyPem } from '../../src/crypto/private-key-pem.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { named, random, type Site } from './site.ts';

/** How an answer of the lab's RA differs from the usual one. */
export interface SignedAnswerOptions {
  /** Nobody protects it. */
  readonly isBare?: boolean;
  /** In place of the fields the RA would write; only for what is not protected. */
  readonly header?: Partial<PKIHeader>;
}

/** Answer a message in the lab's place, signed by its RA, or by nobody. */
export async function signedAnswerFor(
  { lab, clock }: Pick<Site, 'lab' | 'clock'>,
  der: Uint8Array,
  body: PKIBody,
  { isBare = false, header = {} }: SignedAnswerOptions = {},
): Promise<Uint8Array> {
  const answer = {
    to: decodeMessage(der).header,
    body,
    senderNonce: random.bytes(16),
    isFirst: true,
  };
  const { authorities, settings } = lab;
  const signed = await respond(answer, { authorities, settings, clock, random });
  if (!isBare) return signed;
  const message = decodeMessage(signed);
  const { protectionAlg: _, senderKID: __, ...bare } = message.header;
  return toDer(PKIMessage, { header: { ...bare, ...header }, body });
}

/** Put a certificate of the lab, with its key, into the client's store. */
export async function bring(
  { lab, store, clock, certs }: Site,
  role: AuthorityRole & ('ra' | 'vendor-device'),
  name: string,
): Promise<void> {
  const ledger = await openLedger(join(certs, '..', 'lab'), clock);
  const records = await ledger.authorities();
  await ledger.close();
  const { certificate } = lab.authorities[role];
  const pkcs8 = records.find((record) => record.role === role)?.pkcs8 ?? new Uint8Array();
  const { key } = loadPrivateKeyPem(encodePem('PRIVATE KEY', pkcs8));
  await store.certificates.import({
    name: named(name),
    der: certificateDer(certificate),
    chain: role === 'ra' ? [certificateDer(lab.authorities.issuing.certificate)] : [],
    key: { spki: key.spki, pkcs8 },
    source: 'import',
    at: clock.now(),
  });
}
