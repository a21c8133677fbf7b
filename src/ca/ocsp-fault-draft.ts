import type { CertStatus, SingleResponse } from '../x509/ocsp-response.ts';
import { randomOctets } from './fault-draft.ts';
import type { OcspDraftFault, OcspWorkshop } from './ocsp-fault.ts';
import { revokedStatus } from './ocsp-status.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Faults of what a response says; it is signed by who may, so that only this is wrong with it. */
export const ocspDraftFaults: Readonly<Record<string, OcspDraftFault>> = {
  revoked: {
    ...single(
      'It says revoked, for keyCompromise an hour ago, whatever the lab knows',
      (_, at) => ({
        certStatus: revokedStatus({ at: before(at.now, HOUR_MS), reason: 'keyCompromise' }),
      }),
    ),
    ends: 'believed',
  },
  'on-hold': {
    ...single('It says revoked, for certificateHold an hour ago', (_, at) => ({
      certStatus: revokedStatus({ at: before(at.now, HOUR_MS), reason: 'certificateHold' }),
    })),
    ends: 'believed',
  },
  unknown: {
    ...single('It says unknown', () => ({ certStatus: unknown })),
    ends: 'believed',
  },
  'wrong-cert-id': single('It is about the next serial number', ({ certID }) => ({
    certID: { ...certID, serialNumber: certID.serialNumber + 1n },
  })),
  'other-issuer': single('It is about a certificate of another issuer', ({ certID }) => ({
    certID: { ...certID, issuerKeyHash: certID.issuerKeyHash.toReversed() },
  })),
  expired: single('Its nextUpdate was an hour ago', (_, { now, validityMs }) => ({
    thisUpdate: before(now, HOUR_MS + validityMs),
    nextUpdate: before(now, HOUR_MS),
  })),
  future: single('Its thisUpdate is in a day', (_, { now, validityMs }) => ({
    thisUpdate: before(now, -DAY_MS),
    nextUpdate: before(now, -DAY_MS - validityMs),
  })),
  older: {
    ...single('Three quarters of its time are over', (_, { now, validityMs }) => ({
      thisUpdate: before(now, (validityMs * 3) / 4),
      nextUpdate: before(now, -validityMs / 4),
    })),
    ends: 'believed',
  },
  'no-next-update': {
    where: 'draft',
    ends: 'believed',
    summary: 'It has no nextUpdate: there is always something newer',
    change: (draft) => ({
      ...draft,
      responses: draft.responses.map(({ certID, certStatus, thisUpdate }) => ({
        certID,
        certStatus,
        thisUpdate,
      })),
    }),
  },
  'no-single-response': {
    where: 'draft',
    ends: 'refused',
    summary: 'It is about no certificate',
    change: (draft) => ({ ...draft, responses: [] }),
  },
  'more-responses': {
    where: 'draft',
    ends: 'believed',
    summary: 'It speaks of another certificate first, which is revoked',
    change: (draft, { now }) => ({
      ...draft,
      responses: draft.responses.flatMap((one) => [
        {
          ...one,
          certID: { ...one.certID, serialNumber: one.certID.serialNumber + 1n },
          certStatus: revokedStatus({ at: before(now, HOUR_MS), reason: 'keyCompromise' }),
        },
        one,
      ]),
    }),
  },
  'wrong-nonce': {
    where: 'draft',
    ends: 'refused',
    summary: 'Its nonce is another than was sent',
    change: (draft) => ({ ...draft, nonce: randomOctets(32) }),
  },
  'no-nonce': {
    where: 'draft',
    ends: 'believed',
    summary: 'It has no nonce, though one was sent',
    change(draft) {
      const { nonce: _, ...rest } = draft;
      return rest;
    },
  },
};

const unknown: CertStatus = { type: 'unknown', value: null };

function single(
  summary: string,
  change: (old: SingleResponse, workshop: OcspWorkshop) => Partial<SingleResponse>,
): OcspDraftFault {
  return {
    where: 'draft',
    ends: 'refused',
    summary,
    change: (draft, workshop) => ({
      ...draft,
      responses: draft.responses.map((one) => ({ ...one, ...change(one, workshop) })),
    }),
  };
}

/** Whole seconds, as all times in a response. */
function before(now: Date, ms: number): Date {
  return new Date(Math.floor((now.getTime() - ms) / 1000) * 1000);
}
