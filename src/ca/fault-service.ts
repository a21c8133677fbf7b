import { oids } from '../asn1/oids.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import type { RevRepContent } from '../cmp/message/revocation-content.ts';
import type { DraftFault, Fault } from './fault-draft.ts';

/** Faults of rp and genp. */
export const serviceFaults: Readonly<Record<string, Fault>> = {
  'two-rev-statuses': rp('The rp has two statuses', ({ status, ...rest }) => ({
    ...rest,
    status: [...status, ...status],
  })),
  'rev-status-warning': rp('The status in the rp is revocationWarning', (old) => ({
    ...old,
    status: [{ status: 'revocationWarning' }],
  })),
  'two-genp-items': genp('The genp has two items', (items) => [...items, ...items]),
  'no-genp-item': genp('The genp has no item', () => []),
  'other-info-type': genp('The genp is about something that was not asked for', (items) =>
    items.map((item) => ({ ...item, infoType: oids.preferredSymmAlg })),
  ),
  'malformed-info': genp('The value in the genp is not of its type', (items) =>
    items.map(({ infoType }) => ({ infoType, infoValue: Uint8Array.of(0x02, 0x01, 0x07) })),
  ),
};

function rp(summary: string, change: (old: RevRepContent) => RevRepContent): DraftFault {
  return {
    where: 'draft',
    ends: 'refused',
    summary,
    appliesTo: ({ body }) => body.type === 'rp',
    change: (draft) =>
      draft.body.type === 'rp'
        ? { ...draft, body: { type: 'rp', value: change(draft.body.value) } }
        : draft,
  };
}

function genp(
  summary: string,
  change: (old: readonly InfoTypeAndValue[]) => readonly InfoTypeAndValue[],
): DraftFault {
  return {
    where: 'draft',
    ends: 'refused',
    summary,
    appliesTo: ({ body }) => body.type === 'genp',
    change: (draft) =>
      draft.body.type === 'genp'
        ? { ...draft, body: { type: 'genp', value: change(draft.body.value) } }
        : draft,
  };
}
