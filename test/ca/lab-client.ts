import { fromDer, toDer } from '../../src/asn1/codec.ts';
import type { Lab } from '../../src/ca/lab.ts';
import { CertRequest, type CertReqMsg } from '../../src/cmp/message/cert-req-msg.ts';
import type { CertTemplate } from '../../src/cmp/message/cert-template.ts';
import { decodeMessage, type PKIBody, type PKIMessage } from '../../src/cmp/message/pki-message.ts';
import type { PKIStatusInfo } from '../../src/cmp/message/pki-status-info.ts';
import { statusInfoOf } from '../../src/cmp/message/status-text.ts';
import type { Credential } from '../../src/cmp/protection/credential.ts';
import { pbmAlgorithm } from '../../src/cmp/protection/pbm.ts';
import { protect, type HeaderFields } from '../../src/cmp/protection/protect.ts';
import { certHash } from '../../src/crypto/cert-hash.ts';
import { digestAlgorithm } from '../../src/crypto/digest.ts';
import { softwareKeys, type SigningKey } from '../../src/crypto/keys.ts';
import { macAlgorithm } from '../../src/crypto/mac.ts';
import { signatureAlgorithmFor } from '../../src/crypto/signature.ts';
import { certificateDer, type Certificate } from '../../src/x509/certificate.ts';
import {
  CertificationRequestInfo,
  type CertificationRequest,
} from '../../src/x509/certification-request.ts';
import type { CRLReason } from '../../src/x509/crl-reason.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { nullDn } from '../../src/x509/name.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { random, reference, secret } from './lab-under-test.ts';

/** The secret every lab under test knows, as a credential. */
export const macCredential: Credential = {
  type: 'mac',
  reference,
  secret,
  protectionAlg: pbmAlgorithm({
    salt: random.bytes(16),
    owf: digestAlgorithm('sha256'),
    iterationCount: 100,
    mac: macAlgorithm('hmac-sha256'),
  }),
};

/** Sign requests with the certificate of the lab's vendor device. */
export function vendorCredential({ authorities }: Lab): Credential {
  return { type: 'signature', ...authorities['vendor-device'], chain: [] };
}

const keyPair = await softwareKeys.generate('p-256');

/** The key every request asks a certificate for, unless it says otherwise. */
export const deviceKey: SigningKey = keyPair.key;

/** A template that a lab grants. */
export function template(
  changes: Partial<CertTemplate> = {},
  key: SigningKey = deviceKey,
): CertTemplate {
  return {
    subject: parseName('CN=gw1,O=Test'),
    publicKey: fromDer(SubjectPublicKeyInfo, key.spki),
    ...changes,
  };
}

/** A request with a proof of possession over what it says. */
export async function request(
  certTemplate: CertTemplate = template(),
  changes: Partial<Omit<CertRequest, 'certTemplate'>> = {},
  key: SigningKey = deviceKey,
): Promise<CertReqMsg> {
  const certReq: CertRequest = { certReqId: 0, certTemplate, ...changes };
  const algorithmIdentifier = signatureAlgorithmFor(key);
  const signature = await key.sign(toDer(CertRequest, certReq), algorithmIdentifier);
  return { certReq, popo: { type: 'signature', value: { algorithmIdentifier, signature } } };
}

/** A conversation with a lab that a test steers message by message. */
export interface Conversation {
  /** Build, protect and send a message; header fields of the test's own win. */
  send(body: PKIBody, header?: Partial<HeaderFields>): Promise<PKIMessage>;
  /** Send octets as they are. */
  sendDer(der: Uint8Array): Promise<PKIMessage>;
  /** The octets sent last. */
  readonly sent: Uint8Array;
  /** The octets received last. */
  readonly received: Uint8Array;
}

/** Begin a conversation; nonces and transactionID are as RFC 9810 has them. */
export function converse(
  lab: Pick<Lab, 'handle'>,
  credential: Credential = macCredential,
): Conversation {
  const transactionID = random.bytes(16);
  let recipNonce: Uint8Array | undefined;
  let sent = new Uint8Array();
  let received = new Uint8Array();
  async function sendDer(der: Uint8Array): Promise<PKIMessage> {
    sent = Uint8Array.from(der);
    received = Uint8Array.from(await lab.handle(der));
    const answer = decodeMessage(received);
    recipNonce = answer.header.senderNonce ?? recipNonce;
    return answer;
  }
  return {
    sendDer,
    send: async (body, header = {}) =>
      sendDer(
        await protect(
          {
            pvno: 2,
            recipient: { type: 'directoryName', value: nullDn },
            transactionID,
            senderNonce: random.bytes(16),
            ...(recipNonce && { recipNonce }),
            ...header,
          },
          body,
          credential,
        ),
      ),
    get sent() {
      return sent;
    },
    get received() {
      return received;
    },
  };
}

/** Give the status of an answer, whichever body carries it. */
export function statusIn({ body }: PKIMessage): PKIStatusInfo | undefined {
  return statusInfoOf(body);
}

/** Put an answer into one word or two: its body, and its status with failInfo. */
export function gist(message: PKIMessage): string {
  const status = statusIn(message);
  return [message.body.type, status?.status, ...(status?.failInfo ?? [])].join(' ').trim();
}

/** Give the certificate an answer brings. */
export function certificateIn({ body }: PKIMessage): Certificate {
  const isReply = body.type === 'ip' || body.type === 'cp' || body.type === 'kup';
  const given = isReply ? body.value.response[0]?.certifiedKeyPair?.certOrEncCert : undefined;
  if (given?.type !== 'certificate') throw new Error(`no certificate in ${body.type}`);
  return given.value;
}

/** Accept a certificate. */
export function certConf(certificate: Certificate): Extract<PKIBody, { type: 'certConf' }> {
  const { hash } = certHash(certificateDer(certificate), certificate.signatureAlgorithm);
  return { type: 'certConf', value: [{ certHash: hash, certReqId: 0 }] };
}

/** Enroll with the secret and confirm. */
export async function enrolled(lab: Lab): Promise<Certificate> {
  const client = converse(lab);
  const certificate = certificateIn(await client.send({ type: 'ir', value: [await request()] }));
  await client.send(certConf(certificate));
  return certificate;
}

/** Sign requests with a certificate that was issued for `deviceKey`. */
export function ownCredential({ authorities }: Lab, certificate: Certificate): Credential {
  return {
    type: 'signature',
    key: deviceKey,
    certificate,
    chain: [authorities.issuing.certificate],
  };
}

/** Ask to revoke a certificate. */
export function rr(
  { tbsCertificate: { issuer, serialNumber } }: Certificate,
  reason: CRLReason = 'keyCompromise',
): Extract<PKIBody, { type: 'rr' }> {
  return {
    type: 'rr',
    value: [
      {
        certDetails: { issuer, serialNumber },
        crlEntryDetails: [extension('reasonCode', reason)],
      },
    ],
  };
}

/** A PKCS #10 request by `deviceKey`. */
export async function pkcs10(): Promise<CertificationRequest> {
  const certificationRequestInfo: CertificationRequestInfo = {
    version: 0,
    subject: parseName('CN=gw1,O=Test'),
    subjectPKInfo: fromDer(SubjectPublicKeyInfo, deviceKey.spki),
    attributes: [],
  };
  const signatureAlgorithm = signatureAlgorithmFor(deviceKey);
  const der = toDer(CertificationRequestInfo, certificationRequestInfo);
  const signature = await deviceKey.sign(der, signatureAlgorithm);
  return { certificationRequestInfo, signatureAlgorithm, signature };
}
