import { utf8 } from '../base/bytes.ts';
import type { SignatureCredential } from '../cmp/protection/credential.ts';
import { isPbm, pbmAlgorithm, pbmParameterOf, type PBMParameter } from '../cmp/protection/pbm.ts';
import { digestAlgorithm } from '../crypto/digest.ts';
import { macAlgorithm } from '../crypto/mac.ts';
import { errorBody } from './fault-body.ts';
import {
  underCredential,
  type Draft,
  type DraftFault,
  type Fault,
  type Workshop,
} from './fault-draft.ts';

/** Faults of the protection: there is none, or of the wrong kind, or with parameters nobody should take. */
export const protectionFaults: Readonly<Record<string, Fault>> = {
  'missing-protection': {
    ...fault('There is neither protection nor protectionAlg'),
    change: unprotected,
  },
  'protection-alg-alone': {
    ...fault('There is a protectionAlg and no protection'),
    change: (draft) => ({ ...draft, protection: 'absent' }),
  },
  'unprotected-pkiconf': {
    ...fault('The pkiconf has no protection'),
    appliesTo: ({ body }) => body.type === 'pkiconf',
    change: unprotected,
  },
  'unprotected-error': {
    ...fault('There is an error without protection'),
    change: (draft) => unprotected({ ...draft, body: errorBody() }),
  },
  'mac-other-secret': {
    ...fault('The MAC is made with another secret'),
    appliesTo: isMac,
    change: (draft) =>
      draft.credential.type === 'mac'
        ? { ...draft, credential: { ...draft.credential, secret: utf8('guessed') } }
        : draft,
  },
  'signed-to-mac': {
    ...fault('The request had a MAC, and the answer is signed'),
    appliesTo: isMac,
    change: signedByRa,
  },
  'mac-to-signed': {
    ...fault('The request was signed, and the answer has a MAC'),
    appliesTo: (draft) => !isMac(draft),
    change: (draft) => {
      const protectionAlg = pbmAlgorithm(guessable);
      const credential = { type: 'mac', reference: 'device-0001', secret: utf8(''), protectionAlg };
      return underCredential(draft, { ...credential, type: 'mac' }, draft.extraCerts);
    },
  },
  'iterations-2-31': pbm('The iterationCount of the MAC is 2^31', { iterationCount: 2 ** 31 }),
  'iterations-1': pbm('The iterationCount of the MAC is 1', { iterationCount: 1 }),
  'empty-salt': pbm('The salt of the MAC is empty', { salt: new Uint8Array() }),

  'signed-error-to-mac': {
    ...fault('The request had a MAC, and a signed error comes'),
    ends: 'survived',
    appliesTo: isMac,
    change: (draft, workshop) => signedByRa({ ...draft, body: errorBody() }, workshop),
  },
};

const guessable: PBMParameter = {
  salt: new Uint8Array(16).fill(1),
  owf: digestAlgorithm('sha256'),
  iterationCount: 100,
  mac: macAlgorithm('hmac-sha256'),
};

function fault(summary: string): Pick<DraftFault, 'where' | 'ends' | 'summary'> {
  return { where: 'draft', ends: 'refused', summary };
}

function isMac({ credential }: Draft): boolean {
  return credential.type === 'mac';
}

function unprotected(draft: Draft): Draft {
  const { protectionAlg: _, ...header } = draft.header;
  return { ...draft, header, protection: 'absent' };
}

function signedByRa(draft: Draft, { authorities }: Workshop): Draft {
  const { ra, issuing } = authorities;
  const chain = [issuing.certificate];
  const credential: SignatureCredential = { type: 'signature', ...ra, chain };
  return underCredential(draft, credential, [ra.certificate, ...chain]);
}

/** Make a fault of PasswordBasedMac; nobody computes a MAC by such parameters. */
function pbm(summary: string, changes: Partial<PBMParameter>): DraftFault {
  return {
    ...fault(summary),
    appliesTo: ({ header }) => header.protectionAlg !== undefined && isPbm(header.protectionAlg),
    change: (draft) => {
      const { protectionAlg } = draft.header;
      if (!protectionAlg) return draft;
      const parameters = { ...pbmParameterOf(protectionAlg), ...changes };
      const header = { ...draft.header, protectionAlg: pbmAlgorithm(parameters) };
      return { ...draft, header, protection: 'forged' };
    },
  };
}
