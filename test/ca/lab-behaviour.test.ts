import { describe, expect, it } from 'vitest';
import { fromDer, rawOf, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { utf8String } from '../../src/asn1/strings.ts';
import { parseKeySpecs } from '../../src/ca/key-specs.ts';
import { info, infoValue } from '../../src/cmp/message/info-values.ts';
import type { CertReqMsg } from '../../src/cmp/message/cert-req-msg.ts';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import { extension, extensionValue } from '../../src/x509/extension-values.ts';
import type { Name } from '../../src/x509/name.ts';
import { formatName, parseName } from '../../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { signatureAlgorithmFor, verifySignature } from '../../src/crypto/signature.ts';
import { POPOSigningKeyInput } from '../../src/cmp/message/proof-of-possession.ts';
import { receivedProtectedPart } from '../../src/cmp/protection/protected-part.ts';
import {
  certConf,
  certificateIn,
  converse,
  deviceKey,
  gist,
  request,
  rr,
  enrolled,
  template,
  vendorCredential,
  ownCredential,
} from './lab-client.ts';
import { clockAt, openLab } from './lab-under-test.ts';

const now = new Date('2026-11-01T12:00:00Z');

async function ir(...changes: Parameters<typeof request>): Promise<PKIBody> {
  return { type: 'ir', value: [await request(...changes)] };
}

describe('response-protection signature', () => {
  it('signs the answer to a MAC, errors included', async () => {
    const lab = await openLab({ settings: { responseProtection: 'signature' } });
    const client = converse(lab);
    for (const body of [await ir(), { type: 'pkiconf', value: null } as const]) {
      const { header, extraCerts } = await client.send(body);
      expect(header.protectionAlg?.algorithm).toBe(oids.ecdsaWithSHA256);
      expect(extraCerts).toHaveLength(2);
    }
  });
});

describe('unprotected-errors', () => {
  it('leaves errors without protection, and nothing else', async () => {
    const lab = await openLab({ settings: { unprotectedErrors: 'yes' } });
    const client = converse(lab);
    const error = await client.send({ type: 'pkiconf', value: null });
    expect(error.protection).toBeUndefined();
    expect(error.header.protectionAlg).toBeUndefined();
    expect((await client.send(await ir())).protection).toBeDefined();
  });

  it('rejections leaves a rejecting ip and rp without, and no waiting error', async () => {
    const settings = { unprotectedErrors: 'rejections', refuse: 'badPOP' } as const;
    const lab = await openLab({ settings });
    const ip = await converse(lab).send(await ir());
    expect([gist(ip), ip.protection]).toEqual(['ip rejection badPOP', undefined]);
    const waiting = await openLab({ settings: { ...settings, polls: 1 } });
    const answer = await converse(waiting).send({ type: 'genm', value: [] });
    expect(gist(answer)).toBe('error waiting');
    expect(answer.protection).toBeDefined();
  });
});

describe('confirm-wait-time', () => {
  it('is told where implicitConfirm is not granted, and never beside it', async () => {
    const lab = await openLab({ settings: { confirmWaitSeconds: 60 } });
    const { header } = await converse(lab).send(await ir());
    expect(infoValue(header.generalInfo, 'confirmWaitTime')).toEqual(
      new Date(now.getTime() + 60_000),
    );
    const generalInfo = [info('implicitConfirm', null)];
    const granted = await converse(lab).send(await ir(), { generalInfo });
    expect(granted.header.generalInfo).toHaveLength(1);
  });

  it('takes the certificate back when it is over', async () => {
    const clock = clockAt(now);
    const lab = await openLab({ clock, settings: { confirmWaitSeconds: 60 } });
    const client = converse(lab);
    const certificate = certificateIn(await client.send(await ir()));
    clock.advance(61);
    expect(gist(await client.send(certConf(certificate)))).toBe('error rejection badRequest');
    expect(await lab.certificates()).toMatchObject([{ status: 'rejected' }]);
  });
});

/** A request as TS 33.310 devices send it: no subject, and the proof over certReq. */
async function nameless(): Promise<CertReqMsg> {
  const { subject: _, ...rest } = template();
  return request(rest);
}

/** The same with a proof over poposkInput that names the sender. */
async function named(name: Name): Promise<CertReqMsg> {
  const { certReq } = await nameless();
  const publicKey = fromDer(SubjectPublicKeyInfo, deviceKey.spki);
  const poposkInput: POPOSigningKeyInput = {
    authInfo: { type: 'sender', value: { type: 'directoryName', value: name } },
    publicKey,
  };
  const algorithmIdentifier = signatureAlgorithmFor(deviceKey);
  const signature = await deviceKey.sign(
    toDer(POPOSigningKeyInput, poposkInput),
    algorithmIdentifier,
  );
  return {
    certReq,
    popo: { type: 'signature', value: { poposkInput, algorithmIdentifier, signature } },
  };
}

describe('confirm-wait-time with delay-confirm', () => {
  it('is kept by a certConf that came in time, however late it is answered', async () => {
    const clock = clockAt(now);
    const settings = { confirmWaitSeconds: 60, delayConfirm: true };
    const lab = await openLab({ clock, settings });
    const client = converse(lab);
    const certificate = certificateIn(await client.send(await ir()));
    await client.send(certConf(certificate));
    clock.advance(61);
    const poll: PKIBody = { type: 'pollReq', value: [{ certReqId: -1 }] };
    expect(gist(await client.send(poll))).toBe('pkiconf');
  });

  it('is no matter where the client gives up: the certificate is taken back', async () => {
    const lab = await openLab({ settings: { delayConfirm: true } });
    const client = converse(lab);
    const certificate = certificateIn(await client.send(await ir()));
    await client.send(certConf(certificate));
    const error: PKIBody = { type: 'error', value: { pKIStatusInfo: { status: 'rejection' } } };
    expect(gist(await client.send(error))).toBe('pkiconf');
    expect(await lab.certificates()).toMatchObject([{ status: 'rejected' }]);
  });
});

describe('layout 3gpp', () => {
  it('gives a vendor device the name of its vendor certificate', async () => {
    const lab = await openLab({ settings: { layout: '3gpp' } });
    const answer = await converse(lab, vendorCredential(lab)).send({
      type: 'ir',
      value: [await nameless()],
    });
    const { subject } = certificateIn(answer).tbsCertificate;
    expect(formatName(subject)).toBe('CN=device-0001,O=certkeeper lab vendor');
  });

  it('brings the root, the chain and the RA in an ip, in another order than elsewhere', async () => {
    const lab = await openLab({ settings: { layout: '3gpp' } });
    const { extraCerts = [] } = await converse(lab, vendorCredential(lab)).send(await ir());
    const names = extraCerts.map(({ tbsCertificate }) => formatName(tbsCertificate.subject));
    expect(names.map((name) => name.split(',')[0])).toEqual([
      'CN=Lab Root CA',
      'CN=Lab Issuing CA',
      'CN=Lab RA',
    ]);
  });

  it('still checks a poposkInput that comes without a subject', async () => {
    const lab = await openLab({ settings: { layout: '3gpp' } });
    const vendor = lab.authorities['vendor-device'].certificate.tbsCertificate.subject;
    const said: string[] = [];
    for (const name of [vendor, parseName('CN=somebody else')]) {
      const value = [await named(name)];
      const answer = await converse(lab, vendorCredential(lab)).send({ type: 'ir', value });
      said.push(gist(answer));
    }
    expect(said).toEqual(['ip accepted', 'ip rejection badPOP']);
  });

  it('gives no name to who has a secret, and in the other layout to nobody', async () => {
    const body: PKIBody = { type: 'ir', value: [await nameless()] };
    const lab = await openLab({ settings: { layout: '3gpp' } });
    expect(gist(await converse(lab).send(body))).toBe('ip rejection badCertTemplate');
    const other = await openLab();
    const answer = await converse(other, vendorCredential(other)).send(body);
    expect(gist(answer)).toBe('ip rejection badPOP');
  });
});

describe('rsa-signature pss', () => {
  it('signs messages, certificates and CRLs with RSASSA-PSS', async () => {
    const lab = await openLab({ settings: { keyType: 'rsa-2048', rsaSignature: 'pss' } });
    const client = converse(lab, vendorCredential(lab));
    const certificate = certificateIn(await client.send(await ir()));
    expect(certificate.signatureAlgorithm.algorithm).toBe(oids.rsassaPss);
    const message = decodeMessage(client.received);
    const algorithm = message.header.protectionAlg ?? { algorithm: '' };
    const policy = { allowLegacy: false };
    const isGood = [
      {
        spki: lab.authorities.ra.key.spki,
        algorithm,
        data: receivedProtectedPart(message),
        signature: message.protection ?? new Uint8Array(),
      },
      {
        spki: lab.authorities.issuing.key.spki,
        algorithm: certificate.signatureAlgorithm,
        data: rawOf(certificate.tbsCertificate),
        signature: certificate.signature,
      },
    ].map((signed) => verifySignature({ ...signed, policy }));
    expect([algorithm.algorithm, ...isGood]).toEqual([oids.rsassaPss, true, true]);
    expect(gist(await client.send(certConf(certificate)))).toBe('pkiconf');
  });

  it.each(['sha384', 'sha512'] as const)('takes %s where that is set', async (digest) => {
    const settings = { keyType: 'rsa-2048', rsaSignature: 'pss', digest } as const;
    const client = converse(await openLab({ settings }));
    const certificate = certificateIn(await client.send(await ir()));
    expect(certificate.signatureAlgorithm.algorithm).toBe(oids.rsassaPss);
    expect(gist(await client.send(certConf(certificate)))).toBe('pkiconf');
  });
});

describe('key-specs', () => {
  it('refuses keys of other types', async () => {
    const lab = await openLab({ settings: { keySpecs: parseKeySpecs('p-384,rsa-2048') } });
    expect(gist(await converse(lab).send(await ir()))).toBe('ip rejection badCertTemplate');
    const fitting = await openLab({ settings: { keySpecs: parseKeySpecs('p-256') } });
    expect(gist(await converse(fitting).send(await ir()))).toBe('ip accepted');
  });

  it('refuses words that name no key type', () => {
    expect(() => parseKeySpecs('p-256,dsa')).toThrow(
      expect.objectContaining({ code: 'USAGE_INVALID' }),
    );
  });
});

describe.each(['regToken', 'authenticator'] as const)('the control %s', (name) => {
  const control = (text: string) => [{ type: oids[name], value: toDer(utf8String, text) }];

  it('is checked where the lab is set to', async () => {
    const lab = await openLab({ settings: { [name]: 'open sesame' } });
    const said: string[] = [];
    for (const changes of [{}, { controls: control('wrong') }]) {
      said.push(gist(await converse(lab).send(await ir(template(), changes))));
    }
    expect(said).toEqual(['ip rejection notAuthorized', 'ip rejection notAuthorized']);
    const right = await ir(template(), { controls: control('open sesame') });
    expect(gist(await converse(lab).send(right))).toBe('ip accepted');
  });

  it('is let pass where it is not', async () => {
    const lab = await openLab();
    const answer = await converse(lab).send(await ir(template(), { controls: control('any') }));
    expect(gist(answer)).toBe('ip accepted');
  });
});

describe('a template', () => {
  it('gets keyUsage, extKeyUsage, policies and validity as it asks', async () => {
    const extensions = [
      extension('keyUsage', ['digitalSignature', 'keyAgreement'], true),
      extension('extKeyUsage', [oids.ipsecIKE]),
      extension('certificatePolicies', [{ policyIdentifier: '1.2.3.4' }]),
    ];
    const answer = await converse(await openLab()).send(await ir(template({ extensions })));
    expect(gist(answer)).toBe('ip accepted');
    const { tbsCertificate } = certificateIn(answer);
    expect([...(extensionValue(tbsCertificate.extensions, 'keyUsage') ?? [])]).toEqual([
      'digitalSignature',
      'keyAgreement',
    ]);
    expect(extensionValue(tbsCertificate.extensions, 'extKeyUsage')).toContain(oids.ipsecIKE);
    const [policy] = extensionValue(tbsCertificate.extensions, 'certificatePolicies') ?? [];
    expect(policy?.policyIdentifier).toBe('1.2.3.4');
  });

  it.each(['cmcCA', 'cmcRA', 'cmKGA'] as const)('gets no extended key usage %s', async (usage) => {
    const extensions = [extension('extKeyUsage', [oids.clientAuth, oids[usage]])];
    const answer = await converse(await openLab()).send(await ir(template({ extensions })));
    expect(gist(answer)).toBe('ip rejection notAuthorized');
  });

  it('may come with a certProfile in the header', async () => {
    const generalInfo = [info('certProfile', ['gateway'])];
    const answer = await converse(await openLab()).send(await ir(), { generalInfo });
    expect(gist(answer)).toBe('ip accepted');
  });
});

describe('pvno 3', () => {
  it.each(['genm', 'rr'] as const)('is taken in a %s, and given back', async (type) => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    const client = converse(lab, ownCredential(lab, certificate));
    const body: PKIBody = type === 'rr' ? rr(certificate) : { type, value: [info('caCerts')] };
    const { header } = await client.send(body, { pvno: 3 });
    expect(header.pvno).toBe(3);
  });
});
