import { utf8 } from '../base/bytes.ts';
import { oids } from '../asn1/oids.ts';
import type { PKIHeader } from '../cmp/message/pki-header.ts';
import { parseName } from '../x509/name-text.ts';
import { randomOctets, type Draft, type DraftFault, type Fault } from './fault-draft.ts';
import { isFinal } from './fault-polling.ts';

const DAY_MS = 86_400_000;

/** Faults of the header; the protection is right over it. */
export const headerFaults: Readonly<Record<string, Fault>> = {
  'wrong-transaction-id': header('The transactionID is that of nobody', () => ({
    transactionID: randomOctets(16),
  })),
  'missing-transaction-id': without('transactionID', 'There is no transactionID'),
  'wrong-recip-nonce': header('The recipNonce is not our senderNonce', () => ({
    recipNonce: randomOctets(16),
  })),
  'missing-recip-nonce': without('recipNonce', 'There is no recipNonce'),
  'third-nonce': {
    ...header('The final answer after polling has neither of the two nonces it may have', () => ({
      recipNonce: randomOctets(16),
    })),
    appliesTo: isFinal,
  },
  'short-sender-nonce': header('The senderNonce has eight octets', () => ({
    senderNonce: randomOctets(8),
  })),
  'missing-sender-nonce': without('senderNonce', 'There is no senderNonce'),
  'message-time-day-old': header('The messageTime is a day ago', ({ messageTime }) => ({
    messageTime: new Date((messageTime?.getTime() ?? 0) - DAY_MS),
  })),
  'message-time-day-ahead': header('The messageTime is a day ahead', ({ messageTime }) => ({
    messageTime: new Date((messageTime?.getTime() ?? 0) + DAY_MS),
  })),
  'pvno-9': header('The pvno is 9', () => ({ pvno: 9 })),
  'sender-not-signer': {
    ...header('The sender is somebody else than the signer', () => ({
      sender: { type: 'directoryName', value: parseName('CN=Somebody Else') },
    })),
    appliesTo: isSigned,
  },
  'sender-kid-of-another': {
    ...fault('The senderKID is the key identifier of another certificate'),
    appliesTo: isSigned,
    change: (draft, { authorities }) => {
      const { extensions } = authorities.issuing.certificate.tbsCertificate;
      const kid = extensions?.find(({ extnID }) => extnID === oids.subjectKeyIdentifier);
      // The value is an OCTET STRING around the identifier: its header has two octets.
      const senderKID = kid?.extnValue.subarray(2) ?? randomOctets(20);
      return { ...draft, header: { ...draft.header, senderKID } };
    },
  },

  'foreign-sender-kid': {
    ...survived('The senderKID under a MAC is a reference we do not know', () => ({
      senderKID: utf8('server'),
    })),
    appliesTo: (draft) => !isSigned(draft),
  },
  'no-sender-kid': {
    ...without('senderKID', 'There is no senderKID'),
    ends: 'survived',
  },
  'other-recipient': survived('The recipient is somebody else', () => ({
    recipient: { type: 'directoryName', value: parseName('CN=Somebody Else') },
  })),
  'unknown-general-info': survived('The generalInfo has an item nobody knows', (old) => ({
    generalInfo: [
      ...(old.generalInfo ?? []),
      { infoType: oids.suppLangTags, infoValue: Uint8Array.of(0x30, 0x04, 0x0c, 0x02, 0x64, 0x65) },
      { infoType: oids.codeSigning, infoValue: Uint8Array.of(0x05, 0x00) },
    ],
  })),
  'free-text': survived('The header has a text', () => ({ freeText: ['Have a nice day'] })),
  'nonce-of-request': {
    ...fault('The final answer after polling has the nonce of the request'),
    ends: 'survived',
    appliesTo: isFinal,
    change: (draft) => {
      const { firstNonce } = draft;
      return firstNonce ? { ...draft, header: { ...draft.header, recipNonce: firstNonce } } : draft;
    },
  },
  'nonce-of-poll': {
    ...fault('The final answer after polling has the nonce of the last poll, as it should'),
    ends: 'survived',
    appliesTo: isFinal,
    change: (draft) => draft,
  },
};

function isSigned({ credential }: Draft): boolean {
  return credential.type === 'signature';
}

function fault(summary: string): Pick<DraftFault, 'where' | 'ends' | 'summary'> {
  return { where: 'draft', ends: 'refused', summary };
}

function header(summary: string, change: (old: PKIHeader) => Partial<PKIHeader>): DraftFault {
  return {
    ...fault(summary),
    change: (draft: Draft) => ({ ...draft, header: { ...draft.header, ...change(draft.header) } }),
  };
}

function survived(summary: string, change: (old: PKIHeader) => Partial<PKIHeader>): DraftFault {
  return { ...header(summary, change), ends: 'survived' };
}

function without(
  field: 'transactionID' | 'recipNonce' | 'senderNonce' | 'senderKID',
  summary: string,
): DraftFault {
  return {
    ...fault(summary),
    change: (draft: Draft) => {
      const { [field]: _, ...rest } = draft.header;
      return { ...draft, header: rest };
    },
  };
}
