import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { macEquals } from '../crypto/mac.ts';
import { oids } from '../asn1/oids.ts';
import type { PKIMessage } from '../cmp/message/pki-message.ts';
import { computeMac, isMac } from '../cmp/protection/mac.ts';
import { receivedProtectedPart } from '../cmp/protection/protected-part.ts';
import { verifySigner } from '../cmp/protection/signer.ts';
import type { Trust } from '../cmp/protection/trust.ts';
import { certificateDer, decodeCertificate, type Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { attributeText } from '../x509/name.ts';
import type { Authorities } from './authority.ts';
import type { LabSettings } from './lab-settings.ts';
import type { Ledger } from './ledger.ts';
import type { LabCertificate } from './ledger-records.ts';
import { isRefusal, refusal, refusalOf, type Refusal } from './refusal.ts';

/** Who sent a message, as its protection proves. */
export type Sender =
  | { readonly type: 'mac'; readonly reference: string; readonly secret: Uint8Array }
  | {
      readonly type: 'signature';
      readonly certificate: Certificate;
      /** The ledger's row, when the lab issued the certificate itself. */
      readonly issued?: LabCertificate;
    };

/** What authentication needs to know. */
export interface Knowledge {
  readonly ledger: Ledger;
  readonly authorities: Authorities;
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  readonly settings: LabSettings;
}

/**
 * Verify the protection of a request, over the octets received.
 *
 * Under a MAC the reference in senderKID decides which secret it is; the sender's name plays no part,
 * because OpenSSL puts the requested subject there (RFC 9483 section 3.1 would have CN=reference).
 */
export async function authenticate(
  message: PKIMessage,
  knowledge: Knowledge,
  at: Date,
): Promise<Sender | Refusal> {
  const { protectionAlg } = message.header;
  const { protection } = message;
  if (!protectionAlg || !protection) {
    const what = protectionAlg ? 'protection' : protection ? 'protectionAlg' : 'protection';
    return refusal('badMessageCheck', `The message has no ${what}`);
  }
  try {
    if (isMac(protectionAlg)) return verifyMac(message, protection, knowledge);
    return await verifySignature(message, knowledge, at);
  } catch (thrown) {
    return refusalOf(thrown);
  }
}

function verifyMac(
  message: PKIMessage,
  protection: Uint8Array,
  { secrets, settings }: Knowledge,
): Sender | Refusal {
  const { protectionAlg } = message.header;
  const reference = referenceIn(message);
  const secret = reference === undefined ? undefined : secrets.get(reference);
  // One answer for an unknown reference and a wrong secret: which references exist is nobody's business.
  const wrong = refusal('badMessageCheck', 'The MAC does not fit a reference and secret of ours');
  if (reference === undefined || secret === undefined || !protectionAlg) return wrong;
  const mac = computeMac(protectionAlg, secret, receivedProtectedPart(message), {
    allowLegacy: settings.legacyAlgorithms,
  });
  return macEquals(mac, protection) ? { type: 'mac', reference, secret } : wrong;
}

function referenceIn({ header }: PKIMessage): string | undefined {
  if (header.senderKID) return asBuffer(header.senderKID).toString('utf8');
  const { sender } = header;
  return sender.type === 'directoryName' ? attributeText(sender.value, oids.commonName) : undefined;
}

async function verifySignature(
  message: PKIMessage,
  { ledger, authorities, settings }: Knowledge,
  at: Date,
): Promise<Sender | Refusal> {
  const { senderKID } = message.header;
  const known = senderKID ? await ledger.certificatesByKey(senderKID) : [];
  const { root, rolled } = authorities;
  // RFC 9483 section 5.1.3: who asks to revoke an expired certificate is told so, by certRevoked.
  const isRevocation = message.body.type === 'rr';
  const trust: Trust = {
    anchors: [
      root.certificate,
      ...(rolled ? [rolled.previous.certificate] : []),
      authorities['vendor-root'].certificate,
    ],
    // Whoever holds a certificate below these may ask for one.
    anchorsAreDedicated: true,
    intermediates: [authorities.issuing.certificate],
    allowLegacy: settings.legacyAlgorithms,
  };
  const seen = known.map(({ der }) => decodeCertificate(der));
  const { certificate } = verifyAt(at, isRevocation ? lastValid(known, at) : undefined, (moment) =>
    verifySigner(message, trust, seen, moment),
  );
  if (extensionValue(certificate.tbsCertificate.extensions, 'basicConstraints')?.cA) {
    return refusal('notAuthorized', 'A CA certificate does not sign requests here');
  }
  const issued = await ledger.certificateByDer(certificateDer(certificate));
  const unusable = issued && whyUnusable(issued, isRevocation);
  if (isRefusal(unusable)) return unusable;
  return { type: 'signature', certificate, ...(issued && { issued }) };
}

/** The end of the certificate under a key identifier that expired last; undefined while none has. */
function lastValid(known: readonly LabCertificate[], at: Date): Date | undefined {
  const ends = known.map(({ notAfter }) => notAfter).filter((end) => end < at);
  return ends.toSorted((a, b) => b.getTime() - a.getTime())[0];
}

/** Verify as of now; a signer that cannot be trusted now also as of then, where there is one. */
function verifyAt<T>(now: Date, then: Date | undefined, verify: (at: Date) => T): T {
  try {
    return verify(now);
  } catch (thrown) {
    const isUntrusted = thrown instanceof CertError && thrown.code === 'CMP_SIGNER_UNTRUSTED';
    if (!then || !isUntrusted) throw thrown;
    return verify(then);
  }
}

/** A revoked certificate that asks to be revoked is told so by an rp (RFC 9483 section 5.1.3). */
function whyUnusable(
  { status, serial }: LabCertificate,
  isRevocation: boolean,
): Refusal | undefined {
  switch (status) {
    case 'revoked':
      if (isRevocation) return undefined;
      return refusal('certRevoked', `The certificate ${serial} is revoked`);
    case 'rejected':
    case 'issued':
      return refusal('signerNotTrusted', `The certificate ${serial} was never confirmed`);
    case 'current':
    case 'superseded':
      return undefined;
  }
}
