import { oids } from '../asn1/oids.ts';
import { extension } from '../x509/extension-values.ts';
import type { Extension } from '../x509/extension.ts';
import { parseName } from '../x509/name-text.ts';
import { issuerOf, type Authority } from './authority.ts';
import { makeAuthority, rogueAuthority, validAround, type Made } from './fault-rogue.ts';
import type { OcspDraft } from './ocsp-draft.ts';
import type { OcspDraftFault, OcspWorkshop } from './ocsp-fault.ts';
import { asDelegate, delegateSubject } from './ocsp-signer.ts';

const DAY_MS = 86_400_000;

/** Faults of who signs a response. */
export const ocspSignerFaults: Readonly<Record<string, OcspDraftFault>> = {
  'bad-signature': {
    ...refused('The signature is over other octets'),
    change: (draft) => ({ ...draft, signature: 'forged' }),
  },
  'new-delegate': {
    ...delegate('A new delegate of the CA signs each response', asDelegate),
    ends: 'believed',
  },
  'delegate-without-eku': delegate(
    'The delegate is a leaf of the CA like any other, without ocspSigning',
    asDelegate.filter(({ extnID }) => extnID !== oids.extKeyUsage),
  ),
  'delegate-any-eku': delegate('The delegate has anyExtendedKeyUsage in place of ocspSigning', [
    ...asDelegate.filter(({ extnID }) => extnID !== oids.extKeyUsage),
    extension('extKeyUsage', [oids.anyExtendedKeyUsage]),
  ]),
  'delegate-expired': delegate(
    'The certificate of the delegate has expired',
    asDelegate,
    ({ now }) => ({
      notBefore: new Date(now.getTime() - 2 * DAY_MS),
      notAfter: new Date(now.getTime() - DAY_MS),
    }),
  ),
  'delegate-untrusted': {
    ...refused('The delegate is one of a CA nobody trusts'),
    async change(draft, { now }) {
      const rogue = await rogueAuthority(now);
      return signedBy(
        draft,
        await makeAuthority({
          subject: parseName(delegateSubject),
          extensions: asDelegate,
          issuer: rogue.issuer,
          ...validAround(now),
        }),
      );
    },
  },
  'delegate-not-sent': {
    ...delegate('The certificate of the delegate does not come along', asDelegate),
    async change(draft, workshop) {
      const { certificate, key } = await below(workshop, asDelegate);
      return { ...draft, signer: { certificate, key }, certs: [] };
    },
  },
};

function refused(summary: string): Omit<OcspDraftFault, 'change'> {
  return { where: 'draft', ends: 'refused', summary };
}

function delegate(
  summary: string,
  extensions: readonly Extension[],
  validity: (workshop: OcspWorkshop) => Pick<Made, 'notBefore' | 'notAfter'> = ({ now }) =>
    validAround(now),
): OcspDraftFault {
  return {
    ...refused(summary),
    change: async (draft, workshop) =>
      signedBy(draft, await below(workshop, extensions, validity(workshop))),
  };
}

function signedBy(draft: OcspDraft, signer: Authority): OcspDraft {
  return { ...draft, signer, certs: [signer.certificate] };
}

function below(
  { authorities, now }: OcspWorkshop,
  extensions: readonly Extension[],
  validity: Pick<Made, 'notBefore' | 'notAfter'> = validAround(now),
): Promise<Authority> {
  return makeAuthority({
    subject: parseName(delegateSubject),
    extensions,
    issuer: issuerOf(authorities.issuing),
    ...validity,
  });
}
