import { askedIn } from '../../src/cmp/transaction/request.ts';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { toDer } from '../../src/asn1/codec.ts';
import type { Judgement } from '../../src/cmp/client/conversation.ts';
import { hasImplicitConfirm, implicitConfirm } from '../../src/cmp/message/info-type-and-value.ts';
import type { PKIBody } from '../../src/cmp/message/pki-message.ts';
import { senderOf } from '../../src/cmp/protection/credential.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { GeneralName } from '../../src/x509/general-name.ts';
import { issue } from '../harness/certificates.ts';
import { macOfCa, noTrust, pkiconf, signedBy, type AnswerOptions } from './answers.ts';
import { play, type Reply } from './scripted-ca.ts';
import { ca, certificate, errorBody, granting, response } from './transaction/states.ts';

const granted: AnswerOptions = { body: granting };
const grantedFinally: AnswerOptions = {
  body: granting,
  header: { generalInfo: [implicitConfirm] },
};
const confirmed: AnswerOptions = { body: pkiconf };
const waiting: AnswerOptions = { body: response('ip', { status: 'waiting' }) };
const rejection = { status: 'rejection', failInfo: ['badPOP'], statusString: ['no'] } as const;

describe('follow()', () => {
  it('carries an ir to the confirmed certificate, saving before each message [C12][C14]', async () => {
    const scene = play([granted, confirmed]);
    expect(await scene.run()).toEqual({ type: 'granted' });
    expect(scene.journal).toEqual(['send ir', 'save confirming with certificate', 'send certConf']);
    expect(scene.saved.at(-1)?.staged?.certificate).toBeDefined();
    const { staged } = scene.saved.at(-1) ?? {};
    expect(staged && certificateDer(staged.certificate)).toEqual(certificateDer(certificate));
  });

  it('sends exactly the octets that were saved [C14]', async () => {
    const scene = play([waiting, pollRep(10), waiting, granted, confirmed]);
    expect(await scene.run()).toEqual({ type: 'granted' });
    const outgoing = scene.saved.flatMap((step) => (step.outgoing ? [toHex(step.outgoing)] : []));
    expect(scene.sent.map(toHex)).toEqual(outgoing);
    const sends = scene.journal.flatMap((line, i) =>
      line.startsWith('send ') && i > 0 ? [i] : [],
    );
    expect(sends.length).toBeGreaterThan(3);
    expect(sends.map((i) => scene.journal[i - 1]?.slice(0, 5))).toEqual(sends.map(() => 'save '));
  });

  it('keeps the transactionID, renews its nonce, and echoes the last of the CA [H9][H10][H11]', async () => {
    const scene = play([waiting, pollRep(10), granted, confirmed]);
    await scene.run();
    const headers = scene.requests.map(({ header }) => header);
    expect(new Set(headers.map((header) => hex(header.transactionID))).size).toBe(1);
    expect(new Set(headers.map((header) => hex(header.senderNonce))).size).toBe(headers.length);
    expect(headers.every(({ senderNonce }) => senderNonce?.length === 16)).toBe(true);
    const [first, ...later] = headers;
    expect(first?.recipNonce).toBeUndefined();
    expect(later.map(({ recipNonce }) => hex(recipNonce).slice(0, 4))).toEqual([
      '01ca',
      '02ca',
      '03ca',
    ]);
  });

  it('addresses the first message as configured, the others to who answered [H4][H15]', async () => {
    const scene = play([granted, confirmed], {
      recipient: { type: 'dNSName', value: 'ra.example' },
    });
    await scene.run();
    const recipients = scene.requests.map(({ header }) =>
      toHex(toDer(GeneralName, header.recipient)),
    );
    expect(recipients[0]).toBe(toHex(toDer(GeneralName, { type: 'dNSName', value: 'ra.example' })));
    expect(recipients[1]).toBe(toHex(toDer(GeneralName, senderOf(macOfCa))));
  });

  it('stamps each message with the time it was made [H5]', async () => {
    const scene = play([waiting, pollRep(60), granted, confirmed]);
    await scene.run();
    const seconds = scene.requests.map(
      ({ header }) => ((header.messageTime?.getTime() ?? 0) - scene.clock.now().getTime()) / 1000,
    );
    expect(seconds).toEqual([-60, -60, 0, 0]);
  });

  it('protects every message with the same credential and parameters [P4]', async () => {
    const scene = play([waiting, granted, confirmed]);
    await scene.run();
    const parameters = scene.requests.map(({ header }) => hex(header.protectionAlg?.parameters));
    expect(new Set(parameters).size).toBe(1);
  });

  it('ends with the rejection of the CA, and sends nothing to it [C2][L6]', async () => {
    for (const body of [response('ip', rejection), errorBody(rejection, 'log 7')]) {
      const scene = play([{ body }]);
      const ending = await scene.run();
      expect(structuredClone(ending)).toMatchObject({
        type: 'rejected',
        status: rejection,
        details: body.type === 'error' ? ['log 7'] : [],
      });
      expect(scene.journal).toEqual(['send ir']);
    }
  });

  it('notes what was sent and received, for the next save', async () => {
    const scene = play([waiting, pollRep(60, 'ask Bob'), granted, confirmed]);
    await scene.run();
    const told = [...scene.events, ...scene.conversation.pending].map(({ type, ...event }) =>
      'body' in event ? `${type} ${event.body}` : type,
    );
    expect(told).toEqual([
      'received ip',
      'sent pollReq',
      'received pollRep',
      'waiting',
      'sent pollReq',
      'received ip',
      'sent certConf',
      'received pkiconf',
    ]);
    expect(scene.events.find((event) => event.type === 'waiting')).toMatchObject({
      text: 'ask Bob',
    });
    expect(scene.events[0]).toMatchObject({ name: 'gw1', ca: 'lab', status: 'waiting' });
  });
});

describe('follow() and implicitConfirm', () => {
  const asks = { askImplicitConfirm: true };

  it('asks for it in the first message only, and only when told to [H12][H16]', async () => {
    const scene = play([waiting, granted, confirmed], asks);
    await scene.run();
    expect(scene.requests.map(({ header }) => hasImplicitConfirm(header.generalInfo))).toEqual([
      true,
      false,
      false,
    ]);
    const other = play([granted, confirmed]);
    await other.run();
    expect(other.requests[0]?.header.generalInfo).toBeUndefined();
  });

  it('sends no certConf when it was granted, asked for or not [C8]', async () => {
    for (const parts of [asks, {}]) {
      const scene = play([grantedFinally], parts);
      expect(await scene.run()).toEqual({ type: 'granted' });
      expect(scene.journal).toEqual(['send ir', 'save granted with certificate']);
      expect(scene.remarks).toHaveLength(parts === asks ? 0 : 1);
    }
  });

  it('takes the grant from the final answer after polling', async () => {
    const scene = play([waiting, pollRep(10), grantedFinally], asks);
    expect(await scene.run()).toEqual({ type: 'granted' });
    expect(scene.journal.at(-1)).toBe('save granted with certificate');
  });

  it('confirms when it was asked for and not granted [C8]', async () => {
    const scene = play([granted, confirmed], asks);
    await scene.run();
    expect(scene.journal).toEqual(['send ir', 'save confirming with certificate', 'send certConf']);
  });
});

describe('follow() and a certificate that is refused', () => {
  it('tells the CA, and ends refused with its pkiconf [C11][L7]', async () => {
    const scene = play([granted, confirmed], { judge });
    expect(await scene.run()).toEqual({ type: 'refused', reason: 'wrong key' });
    expect(scene.journal).toEqual(['send ir', 'save refusing with certificate', 'send certConf']);
    const body = scene.requests[1]?.body;
    expect(body?.type === 'certConf' && structuredClone(body.value[0]?.statusInfo)).toEqual({
      status: 'rejection',
      statusString: ['wrong key'],
      failInfo: ['badCertTemplate'],
    });
  });

  it('sends nothing under implicitConfirm, and keeps what the CA takes for ours [C15]', async () => {
    const scene = play([grantedFinally], { judge });
    expect(await scene.run()).toEqual({ type: 'refused', reason: 'wrong key' });
    expect(scene.journal).toEqual(['send ir', 'save requested with certificate']);
    expect(scene.saved.at(-1)?.outgoing).toEqual(scene.sent[0]);
  });

  it('is handed what was asked for, and the certificates that came along', async () => {
    const seen: unknown[] = [];
    const scene = play([{ body: granting, extraCerts: [ca.certificate] }, confirmed], {
      judge(issued, { request }) {
        seen.push(
          askedIn(request).subject?.rdns.length,
          issued.extraCerts.length,
          issued.implicitConfirm,
        );
        return { type: 'accept', chain: issued.extraCerts };
      },
    });
    await scene.run();
    expect(seen).toEqual([1, 1, false]);
    expect(scene.saved.at(-1)?.staged?.chain).toHaveLength(1);
  });
});

describe('follow() and a failed check', () => {
  const twice: PKIBody = {
    type: 'ip',
    value: {
      response: [0, 1].map((certReqId) => ({ certReqId, status: { status: 'rejection' } })),
    },
  };

  it.each<[string, Reply, string]>([
    ['a wrong secret', { protection: () => new Uint8Array(32) }, 'CMP_PROTECTION_INVALID'],
    [
      'no protection',
      { protection: () => undefined, without: ['protectionAlg'] },
      'CMP_PROTECTION_MISSING',
    ],
    ['another nonce', { header: { recipNonce: new Uint8Array(16) } }, 'CMP_NONCE_MISMATCH'],
    [
      'another transaction',
      { header: { transactionID: new Uint8Array(16) } },
      'CMP_TRANSACTION_ID_MISMATCH',
    ],
    ['two CertResponses', { body: twice }, 'CMP_RESPONSE_INVALID'],
    ['another body', { body: response('cp', rejection) }, 'CMP_BODY_UNEXPECTED'],
    ['HTML', Buffer.from('<html>'), 'DER_MALFORMED'],
    ['nothing', new Uint8Array(), 'DER_MALFORMED'],
    ['no answer', new CertError('NETWORK_TIMEOUT', 'Cannot wait'), 'NETWORK_TIMEOUT'],
  ])('sends nothing more, an error least of all: %s [L7][L13]', async (_, reply, code) => {
    const scene = play([reply]);
    await expect(scene.run()).rejects.toMatchObject({ code });
    expect(scene.journal).toEqual(['send ir']);
    const confirming = play([granted, reply, reply, reply]);
    await expect(confirming.run()).rejects.toBeInstanceOf(CertError);
    expect(new Set(confirming.journal.slice(2))).toEqual(new Set(['send certConf']));
  });

  it('sends nothing when the step before could not be saved', async () => {
    const full = new CertError('STORE_FULL', 'Cannot save');
    const scene = play([granted, confirmed], { save: () => Promise.reject(full) });
    await expect(scene.run()).rejects.toBe(full);
    expect(scene.journal).toEqual(['send ir']);
  });
});

describe('follow() under signatures', () => {
  const root = issue({ subject: 'CN=Root', isCa: true });
  const sub = issue({ subject: 'CN=Sub', issuer: root, isCa: true });
  const server = signedBy(issue({ subject: 'CN=RA', issuer: sub }), sub);
  const client = signedBy(issue({ subject: 'CN=client', issuer: sub }), sub);
  const parts = {
    credential: client,
    trust: { ...noTrust, anchors: [root.certificate], anchorsAreDedicated: true },
  };

  it('signs every message with the old certificate, which comes first in extraCerts [P8][P9]', async () => {
    const scene = play(
      [waiting, granted, confirmed].map((reply) => ({ ...reply, credential: server })),
      parts,
    );
    expect(await scene.run()).toEqual({ type: 'granted' });
    expect(scene.requests).toHaveLength(3);
    for (const { extraCerts = [] } of scene.requests) {
      expect(extraCerts.map(certificateDer)).toEqual(
        [client.certificate, ...client.chain].map(certificateDer),
      );
    }
  });

  it('knows the signer of an earlier answer when later ones leave extraCerts out [R15]', async () => {
    const bare = { credential: server, extraCerts: [] };
    const scene = play(
      [{ ...waiting, credential: server }, pollRep(10), granted, confirmed].map((reply, i) =>
        i === 0 ? reply : { ...reply, ...bare },
      ),
      parts,
    );
    expect(await scene.run()).toEqual({ type: 'granted' });
  });

  it('knows it after a restart too [R15][L4]', async () => {
    const scene = play([{ ...waiting, credential: server }], parts);
    await expect(scene.run()).rejects.toThrow('nobody answers the pollReq');
    const bare = { credential: server, extraCerts: [] };
    scene.script.push({ ...granted, ...bare }, { ...confirmed, ...bare });
    expect(await scene.resume()).toEqual({ type: 'granted' });
  });

  it('believes no stranger who takes over', async () => {
    const other = signedBy(issue({ subject: 'CN=RA' }));
    const scene = play(
      [
        { ...waiting, credential: server },
        { ...granted, credential: other },
      ],
      parts,
    );
    await expect(scene.run()).rejects.toMatchObject({ code: 'CMP_SIGNER_UNTRUSTED' });
  });
});

function judge(): Judgement {
  return { type: 'refuse', reason: 'wrong key', failInfo: 'badCertTemplate' };
}

function pollRep(checkAfter: number, ...reason: string[]): AnswerOptions {
  const texts = reason.length > 0 && { reason };
  return { body: { type: 'pollRep', value: [{ certReqId: 0, checkAfter, ...texts }] } };
}

function hex(octets: Uint8Array | undefined): string {
  return octets ? toHex(octets) : 'absent';
}
