import { oids } from '../../src/asn1/oids.ts';
import { issuerOf } from '../../src/ca/authority.ts';
import { issueCertificate, type CertificateIssuer } from '../../src/ca/issue-certificate.ts';
import { DEFAULT_REFERENCE } from '../../src/ca/lab.ts';
import { respond } from '../../src/ca/respond.ts';
import type { CertRepMessage } from '../../src/cmp/message/cert-rep-message.ts';
import { hasImplicitConfirm, implicitConfirm } from '../../src/cmp/message/info-type-and-value.ts';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import type { PKIStatusInfo } from '../../src/cmp/message/pki-status-info.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { Extension } from '../../src/x509/extension.ts';
import type { Name } from '../../src/x509/name.ts';
import { nullDn } from '../../src/x509/name.ts';
import type { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { random, type Site, type Wire } from './site.ts';

/** What a lab gone bad issues; what is left out is as asked for. */
export interface Forged {
  readonly serialNumber?: bigint;
  readonly subject?: Name;
  readonly publicKey?: SubjectPublicKeyInfo;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly issuer?: CertificateIssuer;
  readonly extensions?: readonly Extension[];
  readonly status?: PKIStatusInfo;
  readonly caPubs?: readonly Certificate[];
}

/** What a request asks for. */
export function askedIn(der: Uint8Array): { subject: Name; publicKey: SubjectPublicKeyInfo } {
  const { body } = decodeMessage(der);
  if (body.type !== 'ir' && body.type !== 'cr' && body.type !== 'kur') {
    throw new Error(`A ${body.type} asks for no certificate`);
  }
  const { subject = nullDn, publicKey } = body.value[0]?.certReq.certTemplate ?? {};
  if (!publicKey) throw new Error('The request has no public key');
  return { subject, publicKey };
}

/** Answer a message in the lab's place, protected under its shared secret as the lab does it. */
export function answerFor(
  { lab, clock }: Pick<Site, 'lab' | 'clock'>,
  der: Uint8Array,
  body: PKIBody,
): Promise<Uint8Array> {
  const { header } = decodeMessage(der);
  const secret = lab.secrets.get(DEFAULT_REFERENCE) ?? new Uint8Array();
  return respond(
    {
      to: header,
      sender: { type: 'mac', reference: DEFAULT_REFERENCE, secret },
      body,
      senderNonce: random.bytes(16),
      isFirst: true,
      generalInfo:
        lab.settings.implicitConfirm && hasImplicitConfirm(header.generalInfo)
          ? [implicitConfirm]
          : [],
    },
    { authorities: lab.authorities, settings: lab.settings, clock, random },
  );
}

/** Issue what nobody asked for. */
export async function forgedCertificate(
  { lab, clock }: Pick<Site, 'lab' | 'clock'>,
  request: Uint8Array,
  forged: Forged,
): Promise<Certificate> {
  const asked = askedIn(request);
  return issueCertificate(
    {
      serialNumber: forged.serialNumber ?? 4711n,
      subject: forged.subject ?? asked.subject,
      publicKey: forged.publicKey ?? asked.publicKey,
      notBefore: forged.notBefore ?? clock.now(),
      notAfter: forged.notAfter ?? new Date(clock.now().getTime() + 86_400_000),
      extensions: forged.extensions ?? [extension('keyUsage', ['digitalSignature'], true)],
    },
    forged.issuer ?? issuerOf(lab.authorities.issuing),
  );
}

/** A wire on which the first request is answered with a forged certificate; all else reaches nobody. */
export function forging(site: Site, forged: Forged): Wire {
  return async (der) => {
    const { body } = decodeMessage(der);
    if (body.type === 'certConf') return answerFor(site, der, { type: 'pkiconf', value: null });
    const value = await forgedCertificate(site, der, forged);
    return answerFor(site, der, {
      type: 'ip',
      value: repMessage(value, forged),
    });
  };
}

function repMessage(value: Certificate, { status, caPubs }: Forged): CertRepMessage {
  return {
    ...(caPubs && { caPubs }),
    response: [
      {
        certReqId: 0,
        status: status ?? { status: 'accepted' },
        certifiedKeyPair: { certOrEncCert: { type: 'certificate', value } },
      },
    ],
  };
}

/** The failInfo a certConf refuses a certificate with; absent when it accepts it. */
export function refusalIn(der: Uint8Array): readonly string[] | undefined {
  const { body } = decodeMessage(der);
  if (body.type !== 'certConf') throw new Error(`It is a ${body.type}`);
  return body.value[0]?.statusInfo?.failInfo;
}

/** A critical extension nobody processes in a certificate. */
export const unknownExtension: Extension = {
  extnID: oids.implicitConfirm,
  critical: true,
  extnValue: Uint8Array.of(5, 0),
};
