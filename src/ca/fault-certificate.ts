import { softwareKeys } from '../crypto/keys.ts';
import { implicitConfirm } from '../cmp/message/info-type-and-value.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extension } from '../x509/extension-values.ts';
import { parseName } from '../x509/name-text.ts';
import { issuerOf } from './authority.ts';
import { changeRep } from './fault-body.ts';
import type { Draft, DraftFault, Fault, Workshop } from './fault-draft.ts';
import { bringsCertificate, isCertRep } from './fault-polling.ts';
import { rogueAuthority } from './fault-rogue.ts';
import {
  issueCertificate,
  publicKeyOf,
  type CertificateFields,
  type CertificateIssuer,
} from './issue-certificate.ts';

const DAY_MS = 86_400_000;

/** Faults of the certificate an answer brings, and of the anchors beside it. */
export const certificateFaults: Readonly<Record<string, Fault>> = {
  'other-key': certificate('The certificate is for another key', otherKey),
  'other-key-confirmed': {
    ...certificate('The certificate is for another key, and implicitConfirm is granted', otherKey),
    async change(draft, workshop) {
      const changed = await reissue(draft, workshop, otherKey);
      return { ...changed, header: { ...changed.header, generalInfo: [implicitConfirm] } };
    },
  },
  'other-subject': certificate('The certificate is for another subject', () => ({
    subject: parseName('CN=Somebody Else'),
  })),
  'expired-certificate': certificate('The certificate is expired', (_, now) => ({
    notBefore: new Date(now.getTime() - 2 * DAY_MS),
    notAfter: new Date(now.getTime() - DAY_MS),
  })),
  'future-certificate': certificate('The certificate begins to be valid in a month', (_, now) => ({
    notBefore: new Date(now.getTime() + 30 * DAY_MS),
    notAfter: new Date(now.getTime() + 60 * DAY_MS),
  })),
  'ca-certificate': certificate('The certificate is that of a CA', () => ({
    extensions: [
      extension('basicConstraints', { cA: true }, true),
      extension('keyUsage', ['digitalSignature', 'keyCertSign'], true),
    ],
  })),
  'rogue-issuer': {
    ...certificate('The certificate is issued by a CA nobody trusts', () => ({})),
    async change(draft, workshop) {
      const rogue = await rogueAuthority(workshop.clock.now());
      return reissue(draft, workshop, () => ({}), rogue.issuer);
    },
  },
  'ca-pubs-rogue': caPubs(
    'The root of a CA nobody trusts comes as caPubs, with a certificate of it',
  ),
  'ca-pubs-in-kup': {
    ...caPubs('The same in a kup, where caPubs has no place'),
    appliesTo: (draft) => draft.body.type === 'kup' && bringsCertificate(draft),
  },
};

type Changes = (
  old: Certificate,
  now: Date,
) => Partial<CertificateFields> | Promise<Partial<CertificateFields>>;

async function otherKey(): Promise<Partial<CertificateFields>> {
  const { key } = await softwareKeys.generate('p-256');
  return { publicKey: publicKeyOf(key) };
}

function certificate(summary: string, changes: Changes): DraftFault {
  return {
    where: 'draft',
    ends: 'refused',
    summary,
    appliesTo: bringsCertificate,
    change: (draft, workshop) => reissue(draft, workshop, changes),
  };
}

function caPubs(summary: string): DraftFault {
  return {
    ...certificate(summary, () => ({})),
    async change(draft, workshop) {
      const rogue = await rogueAuthority(workshop.clock.now());
      const changed = await reissue(draft, workshop, () => ({}), rogue.issuer);
      return changeRep(changed, (value) => ({ ...value, caPubs: [rogue.certificate] }));
    },
  };
}

/** Issue the certificate of an answer once more, with something else in it. */
async function reissue(
  draft: Draft,
  { authorities, clock }: Workshop,
  changes: Changes,
  issuer: CertificateIssuer = issuerOf(authorities.issuing),
): Promise<Draft> {
  const old = certificateIn(draft);
  if (!old) return draft;
  const { tbsCertificate } = old;
  const value = await issueCertificate(
    {
      serialNumber: tbsCertificate.serialNumber,
      subject: tbsCertificate.subject,
      publicKey: tbsCertificate.subjectPublicKeyInfo,
      notBefore: tbsCertificate.validity.notBefore.value,
      notAfter: tbsCertificate.validity.notAfter.value,
      extensions: [
        extension('basicConstraints', { cA: false }, true),
        extension('keyUsage', ['digitalSignature'], true),
      ],
      ...(await changes(old, clock.now())),
    },
    issuer,
  );
  return changeRep(draft, (message) => ({
    ...message,
    response: message.response.map((one) => ({
      ...one,
      certifiedKeyPair: { certOrEncCert: { type: 'certificate', value } },
    })),
  }));
}

function certificateIn({ body }: Draft): Certificate | undefined {
  const given = isCertRep(body)
    ? body.value.response[0]?.certifiedKeyPair?.certOrEncCert
    : undefined;
  return given?.type === 'certificate' ? given.value : undefined;
}
