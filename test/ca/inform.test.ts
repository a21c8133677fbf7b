import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { parseKeySpecs } from '../../src/ca/key-specs.ts';
import { openLedger } from '../../src/ca/ledger.ts';
import { rollRoot } from '../../src/ca/roll-root.ts';
import type { Lab } from '../../src/ca/lab.ts';
import { decodeKeySpec } from '../../src/cmp/message/cert-req-template.ts';
import type { CRLStatus } from '../../src/cmp/message/crl-status.ts';
import { hasInfo, info, infoValue } from '../../src/cmp/message/info-values.ts';
import type { InfoTypeAndValue } from '../../src/cmp/message/info-type-and-value.ts';
import { validatePath } from '../../src/revocation/validate-path.ts';
import { certificateDer, type Certificate } from '../../src/x509/certificate.ts';
import { certificateListDer, decodeCertificateList } from '../../src/x509/certificate-list.ts';
import { extensionValue } from '../../src/x509/extension-values.ts';
import { formatName } from '../../src/x509/name-text.ts';
import { timeOf } from '../../src/x509/time.ts';
import { converse, enrolled, gist, ownCredential, request } from './lab-client.ts';
import { clockAt, openLab, random, temporaryDirectory } from './lab-under-test.ts';

const now = new Date('2026-11-01T12:00:00Z');

async function ask(
  lab: Lab,
  ...questions: readonly InfoTypeAndValue[]
): Promise<readonly InfoTypeAndValue[]> {
  const { body } = await converse(lab).send({ type: 'genm', value: questions });
  if (body.type !== 'genp') throw new Error(`${body.type} instead of genp`);
  return body.value;
}

describe('a genm', () => {
  it('for caCerts gets the issuing CA', async () => {
    const lab = await openLab();
    const [issuing, second] = infoValue(await ask(lab, info('caCerts')), 'caCerts') ?? [];
    expect(issuing && certificateDer(issuing)).toEqual(
      certificateDer(lab.authorities.issuing.certificate),
    );
    expect(second).toBeUndefined();
  });

  it('for nothing gets what the CA wishes to tell, and for an unknown type its name back', async () => {
    const lab = await openLab();
    expect((await ask(lab)).map(({ infoType }) => infoType)).toEqual([
      oids.caCerts,
      oids.signKeyPairTypes,
      oids.currentCRL,
    ]);
    const answer = await ask(lab, { infoType: '1.2.3' }, info('preferredSymmAlg'));
    expect(infoValue(answer, 'preferredSymmAlg')?.algorithm).toBe(oids.aes256CBC);
    expect([...(infoValue(answer, 'unsupportedOIDs') ?? [])]).toEqual(['1.2.3']);
  });

  it('for key types gets RSA once and each curve by its name', async () => {
    const settings = { keySpecs: parseKeySpecs('p-256, rsa-2048,rsa-3072') };
    const lab = await openLab({ settings });
    const types = infoValue(await ask(lab, info('signKeyPairTypes')), 'signKeyPairTypes') ?? [];
    expect(types.map(({ algorithm }) => algorithm)).toEqual([oids.ecPublicKey, oids.rsaEncryption]);
    const encryption = infoValue(await ask(lab, info('encKeyPairTypes')), 'encKeyPairTypes');
    expect(encryption).toHaveLength(1);
    const without = await openLab({ settings: { keySpecs: parseKeySpecs('ed25519') } });
    const answer = await ask(without, info('encKeyPairTypes'));
    expect(hasInfo(answer, 'encKeyPairTypes')).toBe(true);
    expect(infoValue(answer, 'encKeyPairTypes')).toBeUndefined();
  });

  it('for certReqTemplate gets subject and key types as set, or no value', async () => {
    const plain = await openLab();
    const none = await ask(plain, info('certReqTemplate'));
    expect(hasInfo(none, 'certReqTemplate')).toBe(true);
    expect(infoValue(none, 'certReqTemplate')).toBeUndefined();

    const settings = { keySpecs: parseKeySpecs('p-256,rsa-3072'), templateSubject: 'O=Test' };
    const lab = await openLab({ settings });
    const { certTemplate, keySpec = [] } =
      infoValue(await ask(lab, info('certReqTemplate')), 'certReqTemplate') ?? {};
    expect(certTemplate?.subject && formatName(certTemplate.subject)).toBe('O=Test');
    expect(certTemplate?.publicKey).toBeUndefined();
    expect(keySpec.map(decodeKeySpec)).toMatchObject([
      { type: 'algId', value: { algorithm: oids.ecPublicKey } },
      { type: 'rsaKeyLen', value: 3072 },
    ]);
  });

  it('for suppLangTags gets English, or an error', async () => {
    const lab = await openLab();
    const tags = infoValue(await ask(lab, info('suppLangTags', ['de', 'en-GB'])), 'suppLangTags');
    expect([...(tags ?? [])]).toEqual(['en-GB']);
    const answer = await converse(lab).send({ type: 'genm', value: [info('suppLangTags', ['x'])] });
    expect(gist(answer)).toBe('error rejection badRequest');
  });

  it('with a value that does not decode is refused as badDataFormat', async () => {
    const value = [{ infoType: oids.crlStatusList, infoValue: Uint8Array.of(5, 0) }];
    const answer = await converse(await openLab()).send({ type: 'genm', value });
    expect(gist(answer)).toBe('error rejection badDataFormat');
  });
});

function statusOf(lab: Lab, thisUpdate?: Date): CRLStatus {
  const { subject } = lab.authorities.issuing.certificate.tbsCertificate;
  return {
    source: { type: 'issuer', value: [{ type: 'directoryName', value: subject }] },
    ...(thisUpdate && { thisUpdate: timeOf(thisUpdate) }),
  };
}

function from(uri: string): CRLStatus {
  const name = { type: 'uniformResourceIdentifier', value: uri } as const;
  return { source: { type: 'dpn', value: { type: 'fullName', value: [name] } } };
}

describe('a genm for CRLs', () => {
  it('gets the current one', async () => {
    const lab = await openLab();
    const crl = infoValue(await ask(lab, info('currentCRL')), 'currentCRL');
    expect(crl && certificateListDer(crl)).toEqual(await lab.crl('issuing'));
  });

  it('gets none while there is none newer, and the newer one after a revocation', async () => {
    const lab = await openLab();
    const [first] = infoValue(await ask(lab, info('crlStatusList', [statusOf(lab)])), 'crls') ?? [];
    const held = statusOf(lab, first?.tbsCertList.thisUpdate.value);
    const none = await ask(lab, info('crlStatusList', [held]));
    expect(hasInfo(none, 'crls')).toBe(true);
    expect(infoValue(none, 'crls')).toBeUndefined();

    await enrolled(lab);
    await lab.revoke(1);
    const [second] = infoValue(await ask(lab, info('crlStatusList', [held])), 'crls') ?? [];
    expect(second && certificateListDer(second)).toEqual(await lab.crl('issuing'));
  });

  it('gets each CRL once, however often it asks', async () => {
    const lab = await openLab();
    const answer = await ask(lab, info('crlStatusList', [statusOf(lab), statusOf(lab)]));
    expect(infoValue(answer, 'crls')).toHaveLength(1);
  });

  it('gets that of a distribution point by its file name, and none that is unknown', async () => {
    const lab = await openLab();
    const answer = await ask(lab, info('crlStatusList', [from('http://x/root.crl')]));
    const [root] = infoValue(answer, 'crls') ?? [];
    expect(root && certificateListDer(root)).toEqual(await lab.crl('root'));
    const unknown = await ask(lab, info('crlStatusList', [from('http://x/other.crl')]));
    expect(infoValue(unknown, 'crls')).toBeUndefined();
  });

  it('without a value is refused', async () => {
    const lab = await openLab();
    const answer = await converse(lab).send({ type: 'genm', value: [info('crlStatusList')] });
    expect(gist(answer)).toBe('error rejection badRequest');
  });
});

describe('a new root', () => {
  const policy = { allowLegacy: false };
  const isValid = (certificate: Certificate, anchor: Certificate, ...between: Certificate[]) =>
    validatePath({ certificate, intermediates: between, anchors: [anchor], at: now, policy }).type;

  it('is told to who has the old one, with links both ways', async () => {
    const lab = await openLab();
    const old = lab.authorities.root.certificate;
    const before = await ask(lab, info('rootCaCert', old));
    expect(hasInfo(before, 'rootCaKeyUpdate')).toBe(true);
    expect(infoValue(before, 'rootCaKeyUpdate')).toBeUndefined();

    await lab.rollRoot();
    const update = infoValue(await ask(lab, info('rootCaCert', old)), 'rootCaKeyUpdate');
    if (!update?.newWithOld || !update.oldWithNew) throw new Error('links are missing');
    const { newWithNew, newWithOld, oldWithNew } = update;
    expect(certificateDer(newWithNew)).toEqual(certificateDer(lab.authorities.root.certificate));
    expect(isValid(newWithOld, old)).toBe('valid');
    expect(isValid(oldWithNew, newWithNew)).toBe('valid');
    expect(isValid(newWithNew, old)).toBe('invalid');
    expect(newWithOld.tbsCertificate.subjectPublicKeyInfo.subjectPublicKey).toEqual(
      newWithNew.tbsCertificate.subjectPublicKeyInfo.subjectPublicKey,
    );
    const same = await ask(lab, info('rootCaCert', newWithNew));
    expect(infoValue(same, 'rootCaKeyUpdate')).toBeUndefined();
    const unasked = await ask(lab, info('rootCaCert'));
    expect(infoValue(unasked, 'rootCaKeyUpdate')).toBeDefined();
  });

  it('leaves the old one acceptable, for certificates of before and of after', async () => {
    const lab = await openLab();
    const old = lab.authorities.root.certificate;
    const oldIssuing = lab.authorities.issuing.certificate;
    const before = await enrolled(lab);
    await lab.rollRoot();
    const { root, issuing, rolled } = lab.authorities;
    if (!rolled) throw new Error('there is a new root');
    const own = { ...ownCredential(lab, before), chain: [oldIssuing] };
    const value = [await request()];
    const answer = await converse(lab, own).send({ type: 'cr', value });
    expect(gist(answer)).toBe('cp accepted');
    const { extraCerts = [] } = answer;
    for (const certificate of [before, await enrolled(lab)]) {
      expect(isValid(certificate, root.certificate, issuing.certificate)).toBe('valid');
      expect(isValid(certificate, old, ...extraCerts)).toBe('valid');
    }
  });

  it('signs a CRL of its own, under the next number', async () => {
    const lab = await openLab();
    await lab.crl('root');
    await lab.rollRoot();
    const { tbsCertList } = decodeCertificateList(await lab.crl('root'));
    expect(extensionValue(tbsCertList.crlExtensions, 'cRLNumber')).toBe(2n);
  });

  it('is noticed by a lab that runs, when another process makes it', async () => {
    const directory = temporaryDirectory();
    const lab = await openLab({ directory });
    const clock = clockAt(now);
    const ledger = await openLedger(directory, clock);
    await ledger.putAuthorities(await rollRoot(await ledger.authorities(), clock, random));
    await ledger.close();
    const update = infoValue(await ask(lab, info('rootCaCert')), 'rootCaKeyUpdate');
    expect(update && certificateDer(update.newWithNew)).toEqual(
      certificateDer(lab.authorities.root.certificate),
    );
  });
});
