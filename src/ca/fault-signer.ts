import { oids } from '../asn1/oids.ts';
import type { SignatureCredential } from '../cmp/protection/credential.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extension } from '../x509/extension-values.ts';
import type { Extension } from '../x509/extension.ts';
import { parseName } from '../x509/name-text.ts';
import { issuerOf, type Authority } from './authority.ts';
import { changeRep } from './fault-body.ts';
import {
  underCredential,
  type Draft,
  type DraftFault,
  type Fault,
  type Workshop,
} from './fault-draft.ts';
import { bringsCertificate } from './fault-polling.ts';
import { makeAuthority, rogueAuthority, validAround, type Made } from './fault-rogue.ts';

const DAY_MS = 86_400_000;

const asRa: readonly Extension[] = [
  extension('basicConstraints', { cA: false }, true),
  extension('keyUsage', ['digitalSignature'], true),
  extension('extKeyUsage', [oids.cmcRA]),
];

/** Faults of who signs an answer; only answers that are signed have them. */
export const signerFaults: Readonly<Record<string, Fault>> = {
  'signer-untrusted': signer('The signer is an RA below a root nobody trusts', async (workshop) => {
    const rogue = await rogueAuthority(workshop.clock.now());
    const made = await makeAuthority({
      subject: parseName('CN=Rogue RA,O=Nobody'),
      extensions: asRa,
      issuer: rogue.issuer,
      ...validAround(workshop.clock.now()),
    });
    return { ...made, chain: [rogue.certificate] };
  }),
  'signer-same-name-self-signed': signer(
    'The signer has the name of the RA and certified itself',
    async ({ authorities, clock }) => ({
      ...(await makeAuthority({
        subject: authorities.ra.certificate.tbsCertificate.subject,
        extensions: asRa,
        ...validAround(clock.now()),
      })),
      chain: [authorities.issuing.certificate],
    }),
  ),
  'signer-expired': signer('The certificate of the signer is expired', ({ authorities, clock }) =>
    belowIssuing(authorities.issuing, asRa, {
      notBefore: new Date(clock.now().getTime() - 2 * DAY_MS),
      notAfter: new Date(clock.now().getTime() - DAY_MS),
    }),
  ),
  'signer-without-digital-signature': signer(
    'The keyUsage of the signer does not allow digitalSignature',
    ({ authorities, clock }) =>
      belowIssuing(
        authorities.issuing,
        [
          extension('basicConstraints', { cA: false }, true),
          extension('keyUsage', ['keyAgreement'], true),
          extension('extKeyUsage', [oids.cmcRA]),
        ],
        validAround(clock.now()),
      ),
  ),
  'signer-any-leaf': signer(
    'The signer is a leaf of the CA like any other, not an RA',
    ({ authorities, clock }) =>
      belowIssuing(
        authorities.issuing,
        [
          extension('basicConstraints', { cA: false }, true),
          extension('keyUsage', ['digitalSignature'], true),
        ],
        validAround(clock.now()),
      ),
  ),
  'signer-revoked': {
    ...refused('The signer is revoked: it has the serial number of what the lab revoked last'),
    async change(draft, { authorities, clock, ledger }) {
      const revoked = (await ledger.certificates()).findLast(({ status }) => status === 'revoked');
      if (!revoked) return draft;
      const made = await belowIssuing(authorities.issuing, asRa, {
        ...validAround(clock.now()),
        serialNumber: BigInt(`0x${revoked.serial}`),
      });
      return signedBy(draft, made);
    },
  },
  'ca-pubs-of-signer': {
    ...refused('The caPubs bring the root of the very signer of the answer'),
    appliesTo: (draft) => isSigned(draft) && bringsCertificate(draft),
    async change(draft, { clock }) {
      const rogue = await rogueAuthority(clock.now());
      const made = await makeAuthority({
        subject: parseName('CN=Rogue RA,O=Nobody'),
        extensions: asRa,
        issuer: rogue.issuer,
        ...validAround(clock.now()),
      });
      const caPubs = [rogue.certificate];
      return changeRep(signedBy(draft, { ...made, chain: caPubs }), (value) => ({
        ...value,
        caPubs,
      }));
    },
  },

  'extra-certs-reversed': {
    ...survived('The extraCerts come in the opposite order'),
    change: (draft) => ({ ...draft, extraCerts: draft.extraCerts.toReversed() }),
  },
  'extra-certs-absent': {
    ...survived('There are no extraCerts in a pkiconf'),
    appliesTo: ({ body }) => body.type === 'pkiconf' || body.type === 'pollRep',
    change: (draft) => ({ ...draft, extraCerts: [] }),
  },
  'extra-certs-foreign': {
    ...survived('Foreign certificates stand among the extraCerts'),
    async change(draft, { authorities, clock }) {
      const rogue = await rogueAuthority(clock.now());
      const foreign = [rogue.certificate, authorities['vendor-root'].certificate];
      return { ...draft, extraCerts: [...foreign, ...draft.extraCerts] };
    },
  },
};

function isSigned({ credential }: Draft): boolean {
  return credential.type === 'signature';
}

type Signer = Authority & { readonly chain: readonly Certificate[] };

function signer(summary: string, make: (workshop: Workshop) => Promise<Signer>): DraftFault {
  return {
    ...refused(summary),
    change: async (draft, workshop) => signedBy(draft, await make(workshop)),
  };
}

function refused(summary: string): Omit<DraftFault, 'change'> {
  return { where: 'draft', ends: 'refused', summary, appliesTo: isSigned };
}

function survived(summary: string): Pick<DraftFault, 'where' | 'ends' | 'summary'> {
  return { where: 'draft', ends: 'survived', summary };
}

function signedBy(draft: Draft, { key, certificate, chain }: Signer): Draft {
  const credential: SignatureCredential = { type: 'signature', key, certificate, chain };
  return underCredential(draft, credential, [certificate, ...chain, ...draft.extraCerts]);
}

async function belowIssuing(
  issuing: Authority,
  extensions: readonly Extension[],
  validity: Pick<Made, 'notBefore' | 'notAfter' | 'serialNumber'>,
): Promise<Signer> {
  const subject = parseName('CN=Another RA,O=certkeeper lab');
  const made = await makeAuthority({ subject, extensions, issuer: issuerOf(issuing), ...validity });
  return { ...made, chain: [issuing.certificate] };
}
