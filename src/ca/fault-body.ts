import type { CertRepMessage, CertResponse } from '../cmp/message/cert-rep-message.ts';
import type { PKIBody } from '../cmp/message/pki-message.ts';
import type { PKIStatusInfo } from '../cmp/message/pki-status-info.ts';
import type { Draft, DraftFault, Fault } from './fault-draft.ts';
import { bringsCertificate, isCertRep } from './fault-polling.ts';

const rejection: PKIStatusInfo = {
  status: 'rejection',
  statusString: ['Injected by the lab'],
  failInfo: ['badPOP'],
};

/** Faults of the body: what contradicts itself, or answers what was not asked. */
export const bodyFaults: Readonly<Record<string, Fault>> = {
  'cp-for-ir': otherBody('An ir is answered by a cp', 'ip', 'cp'),
  'ip-for-cr': otherBody('A cr or p10cr is answered by an ip', 'cp', 'ip'),
  'ip-for-kur': otherBody('A kur is answered by an ip', 'kup', 'ip'),
  'pkiconf-for-certificate': {
    ...fault('A request is answered by a pkiconf'),
    appliesTo: ({ body }) => isCertRep(body),
    change: (draft) => ({ ...draft, body: { type: 'pkiconf', value: null } }),
  },
  'certificate-for-pkiconf': {
    ...fault('A certConf is answered by an ip that says waiting'),
    appliesTo: ({ body }) => body.type === 'pkiconf',
    change: (draft) => {
      const response = [{ certReqId: 0, status: { status: 'waiting' } as const }];
      return { ...draft, body: { type: 'ip', value: { response } } };
    },
  },
  'two-cert-responses': rep('There are two CertResponses', ({ response, ...rest }) => ({
    ...rest,
    response: [...response, ...response],
  })),
  'no-cert-response': rep('There is no CertResponse', (value) => ({ ...value, response: [] })),
  'cert-req-id-77': eachResponse('The certReqId is 77', () => ({ certReqId: 77 })),
  'accepted-without-certificate': withCertificate(
    'The status is accepted, and there is no certificate',
    ({ certReqId, status }) => ({ certReqId, status }),
  ),
  'fail-info-beside-certificate': withCertificate(
    'The status is accepted, with a certificate and a failInfo',
    (old) => ({ ...old, status: { ...old.status, failInfo: ['badPOP'] } }),
  ),
  'certificate-beside-rejection': withCertificate(
    'The status is rejection, and there is a certificate',
    (old) => ({ ...old, status: rejection }),
  ),
  'certificate-beside-waiting': withCertificate(
    'The status is waiting, and there is a certificate',
    (old) => ({ ...old, status: { status: 'waiting' } }),
  ),
  'status-revocation-warning': withCertificate('The status is revocationWarning', (old) => ({
    ...old,
    status: { status: 'revocationWarning' },
  })),
  'encrypted-cert': withCertificate(
    'The certificate is encrypted, which was not asked for',
    (old) => ({
      ...old,
      // An EncryptedValue with nothing but its bits.
      certifiedKeyPair: { certOrEncCert: { type: 'encryptedCert', value: encryptedValue } },
    }),
  ),
  'private-key': withCertificate(
    'There is a private key beside the certificate, which was not asked for',
    (old) => ({
      ...old,
      ...(old.certifiedKeyPair && {
        certifiedKeyPair: { ...old.certifiedKeyPair, privateKey: encryptedValue },
      }),
    }),
  ),
  'error-accepted': {
    ...fault('There is an error whose status is accepted'),
    change: (draft) => ({ ...draft, body: errorBody({ status: 'accepted' }) }),
  },
  'ca-pubs-beside-rejection': {
    ...fault('The status is rejection, with caPubs beside it'),
    ends: 'survived',
    appliesTo: ({ body }) => isCertRep(body),
    change: (draft, { authorities }) => {
      const { body } = draft;
      if (!isCertRep(body)) return draft;
      const caPubs = [authorities.root.certificate];
      const [{ certReqId } = { certReqId: 0 }] = body.value.response;
      const value = { caPubs, response: [{ certReqId, status: rejection }] };
      return { ...draft, body: { type: body.type, value } };
    },
  },
};

const encryptedValue = Uint8Array.of(0x30, 0x05, 0x03, 0x03, 0x00, 0x12, 0x34);

function fault(summary: string): Pick<DraftFault, 'where' | 'ends' | 'summary'> {
  return { where: 'draft', ends: 'refused', summary };
}

function otherBody(summary: string, from: CertBody, to: CertBody): DraftFault {
  return {
    ...fault(summary),
    appliesTo: ({ body }) => body.type === from,
    change: (draft) =>
      isCertRep(draft.body) ? { ...draft, body: { type: to, value: draft.body.value } } : draft,
  };
}

type CertBody = 'ip' | 'cp' | 'kup';

/** Make a fault of ip, cp and kup. */
function rep(summary: string, change: (old: CertRepMessage) => CertRepMessage): DraftFault {
  return {
    ...fault(summary),
    appliesTo: ({ body }) => isCertRep(body),
    change: (draft) => changeRep(draft, change),
  };
}

function eachResponse(
  summary: string,
  change: (old: CertResponse) => Partial<CertResponse>,
): DraftFault {
  return rep(summary, (value) => ({
    ...value,
    response: value.response.map((one) => ({ ...one, ...change(one) })),
  }));
}

/** Make a fault of an answer that brings a certificate. */
function withCertificate(summary: string, change: (old: CertResponse) => CertResponse): DraftFault {
  return {
    ...rep(summary, (value) => ({ ...value, response: value.response.map(change) })),
    appliesTo: bringsCertificate,
  };
}

/** Change what an ip, cp or kup says. */
export function changeRep(draft: Draft, change: (old: CertRepMessage) => CertRepMessage): Draft {
  const { body } = draft;
  if (!isCertRep(body)) return draft;
  return { ...draft, body: { type: body.type, value: change(body.value) } };
}

/** An error message; what is not said is a rejection. */
export function errorBody(pKIStatusInfo: PKIStatusInfo = rejection): PKIBody {
  return { type: 'error', value: { pKIStatusInfo } };
}
