import { beforeAll, describe, expect, it } from 'vitest';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { oids } from '../../src/asn1/oids.ts';
import type { KeyHolder } from '../../src/ca/key-holder.ts';
import { sealCertificate, sealKey } from '../../src/ca/key-generation.ts';
import { buildEnvelopedData } from '../../src/cms/build-enveloped-data.ts';
import { EnvelopedData } from '../../src/cms/enveloped-data.ts';
import type { CertifiedKeyPair } from '../../src/cmp/message/cert-rep-message.ts';
import { implicitConfirm, hasImplicitConfirm } from '../../src/cmp/message/info-type-and-value.ts';
import type { PKIMessage } from '../../src/cmp/message/pki-message.ts';
import type { RequestBody } from '../../src/cmp/transaction/request.ts';
import { certHash } from '../../src/crypto/cert-hash.ts';
import { softwareKeys, type GeneratedKey } from '../../src/crypto/keys.ts';
import { judgeGeneratedKey } from '../../src/lifecycle/judge-generated-key.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { certificateDer, type Certificate } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { holder } from '../cms/holders.ts';
import { issue, makeKey } from '../harness/certificates.ts';
import { seeded } from '../harness/seeded.ts';
import { noTrust, now, pkiconf, secret, signedBy, type AnswerOptions } from './answers.ts';
import { noKeys, play, type Play } from './scripted-ca.ts';
import { response } from './transaction/states.ts';

const random = seeded(5);
const root = holder('CN=root', { isCa: true });
const ca = holder('CN=CA,O=Test', { isCa: true, issuer: root.issued });
const cmKGA = extension('extKeyUsage', [oids.cmKGA, oids.cmcRA]);
const kga = holder('CN=KGA', { issuer: ca.issued, extensions: [cmKGA] });
const plain = holder('CN=plain', { issuer: ca.issued });
const signers = { kga, plain, ca };
const subject = parseName('CN=gw1');

let generated: GeneratedKey;
let certificate: Certificate;
beforeAll(async () => {
  generated = await softwareKeys.generate('p-256');
  certificate = certified(generated);
});

function certified({ key }: GeneratedKey): Certificate {
  const spki = fromDer(SubjectPublicKeyInfo, key.spki);
  // The private half is not used by `issue`, which signs with the issuer's.
  return issue({ subject, issuer: ca.issued, key: { ...makeKey(), spki } }).certificate;
}

/** An ir for a key that the CA shall make. */
const centralRequest: RequestBody = {
  type: 'ir',
  value: [{ certReq: { certReqId: 0, certTemplate: { subject } } }],
};

async function sealed(
  to: KeyHolder = { type: 'secret', secret },
  by: keyof typeof signers = 'kga',
): Promise<Uint8Array> {
  const { key, certificate: own } = signers[by];
  const generator = { key, certificate: own, chain: by === 'ca' ? [] : [ca.certificate] };
  return sealKey(generated, generator, to, random);
}

function granting(
  certifiedKeyPair: CertifiedKeyPair,
  more: Partial<AnswerOptions> = {},
): AnswerOptions {
  const body = response('ip', { status: 'accepted' }, { certifiedKeyPair });
  return { body, header: { pvno: 3 }, ...more };
}

function withKey(privateKey: Uint8Array, more?: Partial<AnswerOptions>): AnswerOptions {
  return granting({ certOrEncCert: { type: 'certificate', value: certificate }, privateKey }, more);
}

const confirmed: AnswerOptions = { body: pkiconf, header: { pvno: 3 } };

/** The status that certConf gives of the certificate. */
function confirmedStatus({ requests }: Play) {
  const body = requests.at(-1)?.body;
  if (body?.type !== 'certConf') return body?.type;
  const { status, statusString = [], failInfo = [] } = body.value[0]?.statusInfo ?? {};
  return { status, statusString: [...statusString], failInfo: [...failInfo] };
}

const judging = {
  judge: (issued: Parameters<typeof judgeGeneratedKey>[0]) =>
    judgeGeneratedKey(
      issued,
      { anchors: [root.certificate], intermediates: [], policy: modernOnly },
      now,
    ) ?? ({ type: 'accept', chain: [] } as const),
};

/** The same, however far decrypting came. */
const notTaken = {
  status: 'rejection',
  statusString: ['the private key cannot be decrypted, or is not as it should be'],
  failInfo: ['incorrectData'],
};

describe('follow() of a request for a key that the CA makes', () => {
  it('takes key and certificate, durable in one write before certConf [B15][C17][C14]', async () => {
    const scene = play([withKey(await sealed()), confirmed]);
    expect(await scene.run({ request: centralRequest })).toEqual({ type: 'granted' });
    expect(scene.journal).toEqual(['send ir', 'save confirming with certificate', 'send certConf']);
    expect(scene.saved.at(-1)?.staged?.key?.key.spki).toEqual(generated.key.spki);
    expect(confirmedStatus(scene)).toMatchObject({ status: 'accepted' });
  });

  it('speaks version 3 from the first message on [B15][H1]', async () => {
    const scene = play([withKey(await sealed()), confirmed]);
    await scene.run({ request: centralRequest });
    expect(scene.requests.map(({ header }) => header.pvno)).toEqual([3, 3]);
  });

  it.each([
    ['RSA', { rsaBits: 2048, keyIdentifier: utf8('device') }],
    ['EC', {}],
  ] as const)(
    'decrypts with the %s key of the certificate that signed the request [C17]',
    async (_kind, options) => {
      const own = holder('CN=device', { issuer: ca.issued, ...options });
      const credential = { type: 'signature', ...own, chain: [ca.certificate] } as const;
      const answer = { credential: signedBy(kga.issued, ca.issued) };
      const scene = play(
        [
          withKey(await sealed({ type: 'certificate', certificate: own.certificate }), answer),
          { ...confirmed, ...answer },
        ],
        { ...judging, credential, trust: { ...noTrust, anchors: [root.certificate] } },
      );
      expect(await scene.run({ request: centralRequest })).toEqual({ type: 'granted' });
      expect(scene.saved.at(-1)?.staged?.key?.key.spki).toEqual(generated.key.spki);
    },
  );

  it.each([
    ['who lacks cmKGA', 'plain', 'refused'],
    ['the CA itself', 'ca', 'granted'],
  ] as const)('judges a key signed by %s: %s under signatures [C17]', async (_who, by, outcome) => {
    const own = holder('CN=device', { issuer: ca.issued });
    const credential = { type: 'signature', ...own, chain: [ca.certificate] } as const;
    const answer = { credential: signedBy(kga.issued, ca.issued) };
    const to = { type: 'certificate', certificate: own.certificate } as const;
    const scene = play([withKey(await sealed(to, by), answer), { ...confirmed, ...answer }], {
      ...judging,
      credential,
      trust: { ...noTrust, anchors: [root.certificate] },
    });
    expect(await scene.run({ request: centralRequest })).toMatchObject({ type: outcome });
    expect(scene.saved.at(-1)?.staged?.key === undefined).toBe(outcome === 'refused');
  });

  it('takes a key signed by anybody under the shared secret, which authorises enough [C17]', async () => {
    const scene = play([withKey(await sealed(undefined, 'plain')), confirmed], judging);
    expect(await scene.run({ request: centralRequest })).toEqual({ type: 'granted' });
  });

  it.each([
    [
      'another secret',
      () => sealed({ type: 'secret', secret: utf8('another') }),
      /does not decrypt/,
    ],
    [
      'another certificate',
      () => sealed({ type: 'certificate', certificate: plain.certificate }),
      /expected a recipient with a shared secret, found kari/,
    ],
    [
      'nobody: an EncryptedValue',
      () => Promise.resolve(Uint8Array.of(0x30, 0)),
      /deprecated, expected EnvelopedData/,
    ],
    [
      'nobody: damaged octets',
      // One octet of the last block but one: the padding after it comes out above any there is.
      async () => {
        const octets = Uint8Array.from(await sealed());
        const at = octets.length - 17;
        return octets.with(at, (octets[at] ?? 0) ^ 0xff);
      },
      /does not decrypt/,
    ],
  ] as const)('refuses a key encrypted for %s, and says so [C17]', async (_whom, make, why) => {
    const scene = play([withKey(await make()), confirmed]);
    const ending = await scene.run({ request: centralRequest });
    expect(ending).toMatchObject({ type: 'refused', reason: expect.stringMatching(why) });
    expect(confirmedStatus(scene)).toMatchObject(notTaken);
    expect(scene.saved.at(-1)?.staged?.key).toBeUndefined();
  });

  it('says nothing of what it decrypted to whoever sent it [C17]', async () => {
    const enveloped = await buildEnvelopedData(
      {
        contentType: oids.signedData,
        content: Uint8Array.of(0x8f, 1, 2),
        addressee: { type: 'password', secret, iterationCount: 1000, wrap: 'aes-wrap' },
      },
      random,
    );
    const scene = play([withKey(toDer(EnvelopedData.withTag(0xa0), enveloped)), confirmed]);
    expect(await scene.run({ request: centralRequest })).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining('0x8f'),
    });
    expect(confirmedStatus(scene)).toMatchObject(notTaken);
  });

  it('refuses a key that does not fit the certificate [C17]', async () => {
    const other = certified(await softwareKeys.generate('p-256'));
    const pair = {
      certOrEncCert: { type: 'certificate', value: other },
      privateKey: await sealed(),
    } as const;
    const scene = play([granting(pair), confirmed]);
    const ending = await scene.run({ request: centralRequest });
    expect(ending).toMatchObject({
      type: 'refused',
      reason: expect.stringMatching(/does not fit/),
    });
  });

  it('refuses an RSA key too short to be made here [C17]', async () => {
    const short = await softwareKeys.generate('rsa-1024');
    const { key, certificate: own } = signers.kga;
    const generator = { key, certificate: own, chain: [ca.certificate] };
    const privateKey = await sealKey(short, generator, { type: 'secret', secret }, random);
    const pair = {
      certOrEncCert: { type: 'certificate', value: certified(short) },
      privateKey,
    } as const;
    const scene = play([granting(pair), confirmed]);
    expect(await scene.run({ request: centralRequest })).toMatchObject({
      type: 'refused',
      reason: expect.stringMatching(/1024 bits/),
    });
  });

  it('ends when the key that was asked for is not in the answer [C17]', async () => {
    const scene = play([granting({ certOrEncCert: { type: 'certificate', value: certificate } })]);
    await expect(scene.run({ request: centralRequest })).rejects.toMatchObject({
      code: 'CMP_RESPONSE_INVALID',
      message: expect.stringContaining('the private key that the CA was to make'),
    });
  });

  it('ends when a private key comes for a key that was made here [C17]', async () => {
    const scene = play([withKey(await sealed(), { header: {} })]);
    await expect(scene.run()).rejects.toMatchObject({
      code: 'CMP_RESPONSE_INVALID',
      message: expect.stringContaining('private key, which was not asked for'),
    });
    expect(scene.journal).toEqual(['send ir']);
  });
});

describe('follow() of a request that is proven by decrypting the certificate', () => {
  const value = { type: 'subsequentMessage', value: 0 } as const;

  function encrCert(spki: Uint8Array): RequestBody {
    const publicKey = fromDer(SubjectPublicKeyInfo, spki);
    const certReq = { certReqId: 0, certTemplate: { subject, publicKey } };
    return { type: 'ir', value: [{ certReq, popo: { type: 'keyEncipherment', value } }] };
  }

  async function scene(
    type: 'rsa-2048' | 'p-256',
    key?: GeneratedKey,
  ): Promise<{ scene: Play; request: RequestBody; issued: Certificate }> {
    const own = await softwareKeys.generate(type);
    const issued = certified(own);
    const encryptedCert = await sealCertificate(issued, random);
    const answer = granting({ certOrEncCert: { type: 'encryptedCert', value: encryptedCert } });
    const keys = { ...noKeys, own: () => Promise.resolve((key ?? own).key) };
    // Granted although nobody asked for it.
    const header = { pvno: 3, generalInfo: [implicitConfirm] };
    return {
      scene: play([{ ...answer, header }, confirmed], { keys, askImplicitConfirm: true }),
      request: encrCert(own.key.spki),
      issued,
    };
  }

  it.each(['rsa-2048', 'p-256'] as const)(
    'decrypts it with the new %s key, and confirms what it decrypted [C18]',
    async (type) => {
      const { scene: played, request, issued } = await scene(type);
      expect(await played.run({ request })).toEqual({ type: 'granted' });
      const { staged } = played.saved.at(-1) ?? {};
      expect(staged && certificateDer(staged.certificate)).toEqual(certificateDer(issued));
      const body = played.requests.at(-1)?.body;
      const { hash } = certHash(certificateDer(issued), issued.signatureAlgorithm);
      expect(body?.type === 'certConf' && toHex(body.value[0]?.certHash ?? new Uint8Array())).toBe(
        toHex(hash),
      );
    },
  );

  it('does not ask for implicitConfirm, and speaks version 3 [C18][H1]', async () => {
    const { scene: played, request } = await scene('p-256');
    await played.run({ request });
    const [first] = played.requests satisfies readonly PKIMessage[];
    expect(hasImplicitConfirm(first?.header.generalInfo)).toBe(false);
    expect(first?.header.pvno).toBe(3);
  });

  it('ends when it does not decrypt [C18]', async () => {
    const other = await softwareKeys.generate('p-256');
    const { scene: played, request } = await scene('p-256', other);
    await expect(played.run({ request })).rejects.toMatchObject({ code: 'CMP_RESPONSE_INVALID' });
    expect(played.journal).toEqual(['send ir']);
  });

  it('is refused where it was not asked for [C18]', async () => {
    const { scene: played } = await scene('p-256');
    played.script = played.script.map((reply) =>
      typeof reply === 'object' && 'header' in reply ? { ...reply, header: {} } : reply,
    );
    await expect(played.run()).rejects.toMatchObject({
      code: 'CMP_RESPONSE_INVALID',
      message: expect.stringContaining('encrypted, which was not asked for'),
    });
  });
});
