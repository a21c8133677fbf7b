import { CertError } from '../../base/errors.ts';
import { fromDer } from '../../asn1/codec.ts';
import { oidName, oids } from '../../asn1/oids.ts';
import { EnvelopedData } from '../../cms/enveloped-data.ts';
import { openKeyPackage } from '../../cms/key-package.ts';
import {
  openEnvelopedData,
  type OpenedContent,
  type Recipient,
} from '../../cms/open-enveloped-data.ts';
import { SignedData } from '../../cms/signed-data.ts';
import { verifySignedData } from '../../cms/verify-signed-data.ts';
import { assertKeyAllowed } from '../../crypto/public-key.ts';
import { decodeCertificate, type Certificate } from '../../x509/certificate.ts';
import { EncryptedKey } from '../message/encrypted-key.ts';
import type { TransactionState } from '../transaction/state.ts';
import type { GeneratedForUs, Issued, Sealed } from '../transaction/step.ts';
import type { Conversation, Judgement } from './conversation.ts';

/** An answer in clear, and why it is refused if what was encrypted is not as it should be. */
export interface OpenedAnswer {
  readonly issued: Issued;
  readonly refusal?: Extract<Judgement, { readonly type: 'refuse' }>;
}

/**
 * Decrypt what came encrypted: with the key of the request a certificate, with the credential that protects
 * the transaction a key that the CA made.
 *
 * A certificate that does not decrypt ends the transaction; one whose key is not good is refused as any other.
 *
 * @throws {CertError} CMP_RESPONSE_INVALID, CMP_ALGORITHM_UNSUPPORTED, LIMIT_EXCEEDED, DER_MALFORMED
 */
export async function openAnswer(
  conversation: Conversation,
  state: TransactionState,
  sealed: Sealed,
): Promise<OpenedAnswer> {
  const { around, certOrEncCert, privateKey } = sealed;
  if (certOrEncCert.type === 'encryptedCert') {
    const key = await conversation.keys.own();
    // C18: whatever rid says, since the certificate it names is not known yet.
    const { content } = await open(certOrEncCert.value, { type: 'key', key });
    // That certConf comes is what proves possession, so it is due in any case.
    return {
      issued: { ...around, certificate: decodeCertificate(content), implicitConfirm: false },
    };
  }
  const { value: certificate } = certOrEncCert;
  const issued = { ...around, certificate };
  if (!privateKey) return { issued };
  try {
    const recipient = recipientOf(conversation, state, around.extraCerts);
    const opened = await open(privateKey, recipient);
    const generated = await takeKey(conversation, opened, certificate, around.isUnderMac);
    return { issued: { ...issued, generated } };
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
    return {
      issued,
      refusal: {
        type: 'refuse',
        reason: error.message,
        told: NOT_TAKEN,
        failInfo: 'incorrectData',
      },
    };
  }
}

/**
 * All the peer hears: how far decrypting came, or what was found where a structure was expected, would tell whoever
 * sends us somebody else's ciphertext, changed, what is in it.
 */
const NOT_TAKEN = 'the private key cannot be decrypted, or is not as it should be';

async function open(encryptedKey: Uint8Array, recipient: Recipient): Promise<OpenedContent> {
  const { type, value } = fromDer(EncryptedKey, encryptedKey);
  if (type === 'encryptedValue') {
    throw new CertError(
      'CMP_ALGORITHM_UNSUPPORTED',
      'Cannot open an EncryptedValue: it is deprecated, expected EnvelopedData (RFC 9810 section 5.2.2)',
      { hint: 'Have the CA answer in the syntax of CMP version 3' },
    );
  }
  // Its tag is the one of the CHOICE.
  return openEnvelopedData(fromDer(EnvelopedData.withTag(value[0] ?? 0), value), recipient);
}

/** C17: by the technique of the request's credential, and no other. */
function recipientOf(
  { credential }: Conversation,
  { signerCerts }: TransactionState,
  extraCerts: readonly Certificate[],
): Recipient {
  if (credential.type === 'mac') return { type: 'secret', secret: credential.secret };
  const { key, certificate } = credential;
  const originators = [...extraCerts, ...signerCerts];
  return { type: 'certificate', key, certificate, originators };
}

async function takeKey(
  { trust, keys }: Conversation,
  { contentType, content }: OpenedContent,
  certificate: Certificate,
  isUnderMac: boolean,
): Promise<GeneratedForUs> {
  assertType('EnvelopedData', contentType, oids.signedData);
  const verified = verifySignedData(fromDer(SignedData, content), trust);
  assertType('SignedData', verified.eContentType, oids.ctKPaKeyPackage);
  const { subjectPublicKeyInfo } = certificate.tbsCertificate;
  const key = await openKeyPackage(verified.eContent, subjectPublicKeyInfo, await keys.provider());
  // What we would not make ourselves is no better for being made elsewhere.
  assertKeyAllowed(key.key.spki, trust);
  // RFC 9483 section 4.1.6: under a MAC the shared secret authorises who made the key.
  return { key, ...(!isUnderMac && { generator: verified }) };
}

function assertType(where: string, found: string, expected: string): void {
  if (found === expected) return;
  throw new CertError(
    'CMP_RESPONSE_INVALID',
    `Cannot take the generated key: what is in the ${where} is "${oidName(found)}", expected "${oidName(expected)}"`,
  );
}
