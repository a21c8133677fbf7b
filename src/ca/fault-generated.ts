import { oids } from '../asn1/oids.ts';
import type { Random } from '../base/random.ts';
import { softwareKeys } from '../crypto/keys.ts';
import { extension } from '../x509/extension-values.ts';
import { parseName } from '../x509/name-text.ts';
import { issuerOf } from './authority.ts';
import { changeRep } from './fault-body.ts';
import {
  randomOctets,
  type Draft,
  type DraftFault,
  type Fault,
  type Workshop,
} from './fault-draft.ts';
import { isCertRep } from './fault-polling.ts';
import { makeAuthority, validAround } from './fault-rogue.ts';
import type { KeyHolder } from './key-holder.ts';
import { issueCertificate, publicKeyOf } from './issue-certificate.ts';
import { sealKey } from './key-generation.ts';

/** Faults of a key the lab made, and of who answers for it. */
export const generatedKeyFaults: Readonly<Record<string, Fault>> = {
  'enveloped-data-without-cmkga': {
    ...fault('The generated key is signed by a leaf of the CA that has no cmKGA'),
    // Under a MAC an end entity may do without a look at the signer (RFC 9483 section 4.1.6).
    appliesTo: (draft) => draft.credential.type === 'signature' && pairIn(draft) !== undefined,
    change: (draft, workshop) => anotherKey(draft, workshop, false, true),
  },
  'generated-key-of-another': {
    ...fault('The generated key does not fit the certificate'),
    change: (draft, workshop) => anotherKey(draft, workshop, true, false),
  },
};

function fault(summary: string): Omit<DraftFault, 'change'> {
  return {
    where: 'draft',
    ends: 'refused',
    summary,
    appliesTo: (draft) => pairIn(draft) !== undefined,
  };
}

function pairIn({ body }: Draft) {
  const pair = isCertRep(body) ? body.value.response[0]?.certifiedKeyPair : undefined;
  return pair?.privateKey && pair.certOrEncCert.type === 'certificate'
    ? { certificate: pair.certOrEncCert.value }
    : undefined;
}

const random: Random = { bytes: randomOctets };

/** Seal a key made for this fault, and certify it where it shall fit. */
async function anotherKey(
  draft: Draft,
  { authorities: { issuing }, clock }: Workshop,
  isAuthorised: boolean,
  fits: boolean,
): Promise<Draft> {
  const holder = holderOf(draft);
  const pair = pairIn(draft);
  if (!pair || !holder) return draft;
  const generated = await softwareKeys.generate('p-256');
  const { tbsCertificate } = pair.certificate;
  const certificate = fits
    ? await issueCertificate(
        {
          serialNumber: tbsCertificate.serialNumber,
          subject: tbsCertificate.subject,
          publicKey: publicKeyOf(generated.key),
          notBefore: tbsCertificate.validity.notBefore.value,
          notAfter: tbsCertificate.validity.notAfter.value,
          extensions: [
            extension('basicConstraints', { cA: false }, true),
            extension('keyUsage', ['digitalSignature'], true),
          ],
        },
        issuerOf(issuing),
      )
    : pair.certificate;
  const generator = await makeAuthority({
    subject: parseName('CN=Another KGA,O=certkeeper lab'),
    extensions: [
      extension('basicConstraints', { cA: false }, true),
      extension('keyUsage', ['digitalSignature'], true),
      ...(isAuthorised ? [extension('extKeyUsage', [oids.cmKGA])] : []),
    ],
    issuer: issuerOf(issuing),
    ...validAround(clock.now()),
  });
  const chain = [issuing.certificate];
  const privateKey = await sealKey(generated, { ...generator, chain }, holder, random);
  const certOrEncCert = { type: 'certificate', value: certificate } as const;
  return changeRep(draft, (message) => ({
    ...message,
    response: message.response.map((one) => ({
      ...one,
      certifiedKeyPair: { certOrEncCert, privateKey },
    })),
  }));
}

function holderOf({ credential, requester }: Draft): KeyHolder | undefined {
  if (credential.type === 'mac') return { type: 'secret', secret: credential.secret };
  return requester && { type: 'certificate', certificate: requester };
}
