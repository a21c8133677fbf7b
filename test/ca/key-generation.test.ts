import { describe, expect, it } from 'vitest';
import type { Lab } from '../../src/ca/lab.ts';
import { defaultLabSettings, type LabSettings } from '../../src/ca/lab-settings.ts';
import type { Conversation } from '../../src/cmp/client/conversation.ts';
import type { CertTemplate } from '../../src/cmp/message/cert-template.ts';
import { implicitConfirm } from '../../src/cmp/message/info-type-and-value.ts';
import type { Credential } from '../../src/cmp/protection/credential.ts';
import { softwareKeys, type KeyType, type SigningKey } from '../../src/crypto/keys.ts';
import { describeKey } from '../../src/crypto/public-key.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { judgeGeneratedKey } from '../../src/lifecycle/judge-generated-key.ts';
import { templateKey } from '../../src/lifecycle/requested-key.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { noTrust, now } from '../cmp/answers.ts';
import { noKeys, play, type Play } from '../cmp/scripted-ca.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { converse, gist, macCredential, vendorCredential } from './lab-client.ts';
import { openLab } from './lab-under-test.ts';

const subject = parseName('CN=gw1');

async function labWith(settings: Partial<LabSettings> = {}): Promise<Lab> {
  return openLab({ clock: fakeClock(now), settings: { ...defaultLabSettings, ...settings } });
}

/** A client that talks to a lab, and judges as a CA profile with the lab's root does. */
function clientOf(lab: Lab, credential: Credential, parts: Partial<Conversation> = {}): Play {
  const anchors = [lab.authorities.root.certificate];
  const trust = { anchors, intermediates: [], policy: modernOnly };
  const intermediates = [lab.authorities.issuing.certificate];
  return play([], {
    credential,
    trust: { ...noTrust, anchors, intermediates },
    askImplicitConfirm: true,
    transport: { exchange: (der) => lab.handle(der), async close() {} },
    judge: (issued) => judgeGeneratedKey(issued, trust, now) ?? { type: 'accept', chain: [] },
    ...parts,
  });
}

function central(keyType?: KeyType): Parameters<Play['run']>[0] {
  const publicKey = templateKey({ type: 'central', ...(keyType && { keyType }) });
  const certTemplate: CertTemplate = { subject, ...(publicKey && { publicKey }) };
  return { request: { type: 'ir', value: [{ certReq: { certReqId: 0, certTemplate } }] } };
}

describe('the lab', () => {
  it.each([undefined, 'rsa-2048', 'p-384', 'ed25519'] as const)(
    'makes a key of type %s for who has a shared secret [B15][C17]',
    async (keyType) => {
      const lab = await labWith();
      const client = clientOf(lab, macCredential);
      expect(await client.run(central(keyType))).toEqual({ type: 'granted' });
      const { key } = client.saved.at(-1)?.staged?.key ?? {};
      expect(key?.keyType).toBe(keyType ?? 'p-256');
      expect(await lab.certificates()).toMatchObject([{ status: 'current' }]);
    },
  );

  it('makes a key for who signs, by somebody with cmKGA [B15][C17]', async () => {
    const lab = await labWith();
    const client = clientOf(lab, vendorCredential(lab));
    expect(await client.run(central())).toEqual({ type: 'granted' });
    const { key } = client.saved.at(-1)?.staged?.key ?? {};
    expect(key && describeKey(key.spki).kind).toBe('ec');
  });

  it('makes no key where it is set so', async () => {
    const lab = await labWith({ keyGeneration: false });
    const client = clientOf(lab, macCredential);
    expect(await client.run(central())).toMatchObject({
      type: 'rejected',
      status: { failInfo: ['badCertTemplate'] },
    });
  });

  it('makes no key of a kind it does not know', async () => {
    const certTemplate = {
      subject,
      publicKey: {
        algorithm: { algorithm: '1.2.3.4' },
        subjectPublicKey: new Uint8Array(),
      },
    };
    const answer = await converse(await labWith()).send({
      type: 'ir',
      value: [{ certReq: { certReqId: 0, certTemplate } }],
    });
    expect(gist(answer)).toBe('ip rejection badAlg');
  });

  it.each(['rsa-2048', 'p-256'] as const)(
    'encrypts a certificate to the %s key it is for, and waits for certConf [C18]',
    async (type) => {
      const { key } = await softwareKeys.generate(type);
      const lab = await labWith();
      const keys = { ...noKeys, own: (): Promise<SigningKey> => Promise.resolve(key) };
      const client = clientOf(lab, macCredential, { keys });
      const publicKey = templateKey({ type: 'ours', key, proof: 'encrypted-certificate' });
      const certTemplate: CertTemplate = { subject, ...(publicKey && { publicKey }) };
      const value = { type: 'subsequentMessage', value: 0 } as const;
      const certReq = { certReqId: 0, certTemplate };
      const request = {
        type: 'ir',
        value: [{ certReq, popo: { type: 'keyEncipherment', value } }],
      } as const;
      expect(await client.run({ request })).toEqual({ type: 'granted' });
      expect(client.journal).toEqual(['save confirming with certificate']);
    },
  );

  it('grants no implicitConfirm where to confirm is the proof [C18]', async () => {
    const { key } = await softwareKeys.generate('p-256');
    const publicKey = templateKey({ type: 'ours', key, proof: 'encrypted-certificate' });
    const certTemplate: CertTemplate = { subject, ...(publicKey && { publicKey }) };
    const value = { type: 'subsequentMessage', value: 0 } as const;
    const answer = await converse(await labWith({ implicitConfirm: true })).send(
      {
        type: 'ir',
        value: [{ certReq: { certReqId: 0, certTemplate }, popo: { type: 'keyAgreement', value } }],
      },
      { pvno: 3, generalInfo: [implicitConfirm] },
    );
    expect(gist(answer)).toBe('ip accepted');
    expect(answer.header.generalInfo).toBeUndefined();
  });
});
