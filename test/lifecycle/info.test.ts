import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asBuffer } from '../../src/base/bytes.ts';
import { oids, type Oid } from '../../src/asn1/oids.ts';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import { hasInfo, info, infoValue } from '../../src/cmp/message/info-values.ts';
import { issueCrl } from '../../src/ca/issue-crl.ts';
import { issuerOf } from '../../src/ca/authority.ts';
import { requestInfo, type InfoRequest, type InfoResult } from '../../src/lifecycle/info.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { decodeCertificateList } from '../../src/x509/certificate-list.ts';
import { nullDn, sameName } from '../../src/x509/name.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { answerFor } from './forge.ts';
import { coded, initialized, makeSite, named, request, wanted, type Site } from './site.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { signedAnswerFor } from './signed-answer.ts';

function ask(site: Site, infoType: Oid, changes: Partial<InfoRequest> = {}): Promise<InfoResult> {
  return requestInfo(site.context, {
    infoType,
    credential: { type: 'mac' },
    acceptRoot: false,
    waitSeconds: 0,
    ...changes,
  });
}

/** The genm that was sent last. */
function question(site: Site) {
  const { header, body } = decodeMessage(site.sent.at(-1) ?? new Uint8Array());
  if (body.type !== 'genm') throw new Error(`it is a ${body.type}`);
  return { header, items: body.value };
}

/** Answer every question with a genp of the test's own, under the shared secret. */
function answering(site: Site, value: Extract<PKIBody, { type: 'genp' }>['value']): void {
  site.setWire((der) => answerFor(site, der, { type: 'genp', value }));
}

function crlOf(site: Site, thisUpdate: Date, number: number) {
  const nextUpdate = new Date(thisUpdate.getTime() + 86_400_000);
  const issuer = issuerOf(site.lab.authorities.issuing);
  return issueCrl({ number, thisUpdate, nextUpdate, revoked: [] }, issuer).then(
    decodeCertificateList,
  );
}

describe('requestInfo()', () => {
  it.each([
    ['caCerts', 'ca-certs'],
    ['signKeyPairTypes', 'value'],
    ['encKeyPairTypes', 'value'],
    ['preferredSymmAlg', 'value'],
    ['caProtEncCert', 'nothing'],
    ['certReqTemplate', 'nothing'],
    ['rootCaCert', 'nothing'],
  ] as const)('asks for %s in one item and gets %s [B14][L10]', async (name, type) => {
    const site = await makeSite();
    expect(await ask(site, oids[name])).toMatchObject({ type, ca: 'lab' });
    const { header, items } = question(site);
    expect(items).toHaveLength(1);
    expect(items[0]?.infoType).toBe(oids[name]);
    expect(header.generalInfo).toBeUndefined();
    expect(await site.store.transactions.outstanding()).toEqual([]);
    expect(await site.store.history.list()).toMatchObject([
      { operation: 'genm', result: 'granted' },
    ]);
  });

  it('sends no value but where RFC 9483 section 4.3 has one [B14]', async () => {
    const site = await makeSite();
    await initialized(site);
    for (const name of ['caCerts', 'certReqTemplate', 'currentCRL'] as const) {
      await ask(site, oids[name]);
      expect(question(site).items[0]?.infoValue).toBeUndefined();
    }
    await ask(site, oids.rootCaCert);
    const sent = infoValue(question(site).items, 'rootCaCert');
    expect(sent && certificateDer(sent)).toEqual(site.profile.roots[0]);
  });

  it('is told that the CA does not know what was asked for [L10]', async () => {
    const site = await makeSite();
    expect(await ask(site, '1.3.6.1.4.1.99999.1')).toMatchObject({ type: 'unsupported' });
  });

  it('asks signing, too [B14]', async () => {
    const site = await makeSite();
    await initialized(site);
    const credential = { type: 'signature', signer: named('gw1') } as const;
    expect(await ask(site, oids.caCerts, { credential })).toMatchObject({ type: 'ca-certs' });
  });

  it('trusts none of the caCerts [L10]', async () => {
    const site = await makeSite();
    const before = await site.store.authorities.list();
    const result = await ask(site, oids.caCerts);
    expect(result.type === 'ca-certs' && result.certificates).toHaveLength(1);
    expect(await site.store.authorities.list()).toEqual(before);
  });

  it('says when the CA rejects the question', async () => {
    const site = await makeSite();
    site.setWire((der) =>
      answerFor(site, der, {
        type: 'error',
        value: { pKIStatusInfo: { status: 'rejection', failInfo: ['badRequest'] } },
      }),
    );
    expect(await ask(site, oids.caCerts)).toMatchObject({
      type: 'rejected',
      status: { failInfo: ['badRequest'] },
    });
    expect(await site.store.history.list()).toMatchObject([{ result: 'rejected' }]);
  });

  it('waits as long as it may, and keeps nothing of a question that is not answered [L2]', async () => {
    const site = await makeSite({ lab: { polls: 3, delay: 'error', checkAfterSeconds: 20 } });
    expect(await ask(site, oids.caCerts)).toMatchObject({ type: 'waiting' });
    expect(await site.store.transactions.outstanding()).toEqual([]);
    expect(await ask(site, oids.caCerts, { waitSeconds: 3600 })).toMatchObject({
      type: 'ca-certs',
    });
  });

  it('gives up when the answer is not protected, and notes it once [R6][R12]', async () => {
    const site = await makeSite();
    site.setWire((der) =>
      signedAnswerFor(site, der, { type: 'genp', value: [info('caCerts')] }, { isBare: true }),
    );
    const failed = ask(site, oids.caCerts);
    await expect(failed).rejects.toMatchObject(coded('CMP_PROTECTION_MISSING'));
    const [closed] = await site.store.history.list();
    expect(closed).toMatchObject({ result: 'failed' });
    await expect(failed).rejects.toMatchObject({ transactionID: closed?.transactionID });
  });

  it.each([
    ['two items', [info('caCerts'), info('caCerts')]],
    ['nothing', []],
    ['another type', [info('currentCRL')]],
    ['the type of the question where another answers', [info('rootCaCert')]],
  ])('refuses an answer with %s [L10]', async (_, value) => {
    const site = await makeSite();
    answering(site, value);
    const type = value[0]?.infoType === oids.rootCaCert ? oids.rootCaCert : oids.caCerts;
    await expect(ask(site, type)).rejects.toMatchObject(coded('CMP_RESPONSE_INVALID'));
  });
});

describe('requestInfo() for a new root', () => {
  it('shows it, and stores it only when it is accepted [L10]', async () => {
    const site = await makeSite();
    await site.lab.rollRoot();
    const before = await site.store.authorities.list();
    expect(await ask(site, oids.rootCaCert)).toMatchObject({
      type: 'root-update',
      verdict: { type: 'valid' },
      isAccepted: false,
    });
    expect(await site.store.authorities.list()).toEqual(before);

    expect(await ask(site, oids.rootCaCert, { acceptRoot: true })).toMatchObject({
      type: 'root-update',
      isAccepted: true,
    });
    const [profile] = await site.store.authorities.list();
    expect(profile?.roots).toEqual([
      ...(before[0]?.roots ?? []),
      certificateDer(site.lab.authorities.root.certificate),
    ]);
    expect(site.warnings.join('\n')).toContain('new trust anchor');
  });

  it('does not call a root new that is an anchor already [L10]', async () => {
    const site = await makeSite();
    await site.lab.rollRoot();
    const { rolled, root } = site.lab.authorities;
    if (!rolled) throw new Error('there is no new root');
    const update = { newWithNew: root.certificate, newWithOld: rolled.newWithOld };
    const accept = async () => {
      answering(site, [info('rootCaKeyUpdate', update)]);
      return await ask(site, oids.rootCaCert, { acceptRoot: true });
    };
    expect(await accept()).toMatchObject({ isAccepted: true, wasAnchor: false });
    const before = await site.store.authorities.list();
    expect(await accept()).toMatchObject({ isAccepted: true, wasAnchor: true });
    expect(await site.store.authorities.list()).toEqual(before);
    expect(site.warnings.filter((line) => line.includes('new trust anchor'))).toHaveLength(1);
  });

  it('stores nothing, accepted or not, when the present root does not vouch for it [L10]', async () => {
    const site = await makeSite();
    await site.lab.rollRoot();
    const { rolled, root } = site.lab.authorities;
    if (!rolled) throw new Error('there is no new root');
    answering(site, [info('rootCaKeyUpdate', { newWithNew: root.certificate })]);
    const before = await site.store.authorities.list();
    expect(await ask(site, oids.rootCaCert, { acceptRoot: true })).toMatchObject({
      type: 'root-update',
      verdict: { type: 'invalid' },
      isAccepted: false,
    });
    expect(await site.store.authorities.list()).toEqual(before);
  });

  it('has nothing new to say once the new root is here [L10]', async () => {
    const site = await makeSite();
    await site.lab.rollRoot();
    await ask(site, oids.rootCaCert, { acceptRoot: true });
    expect(await ask(site, oids.rootCaCert)).toMatchObject({ type: 'nothing' });
  });
});

describe('requestInfo() for CRLs', () => {
  it('keeps the current CRL of the issuing CA [L10]', async () => {
    const site = await makeSite();
    await initialized(site);
    expect(await ask(site, oids.currentCRL)).toMatchObject({
      type: 'crls',
      crls: [{ outcome: 'stored' }],
    });
    expect(await site.store.crls.list('lab')).toHaveLength(1);
  });

  it('asks for a newer one than is here, by issuer and thisUpdate [B14]', async () => {
    const site = await makeSite();
    await initialized(site);
    expect(await ask(site, oids.crlStatusList)).toMatchObject({ type: 'crls' });
    const first = infoValue(question(site).items, 'crlStatusList');
    expect(first).toHaveLength(1);
    expect(first?.[0]?.thisUpdate).toBeUndefined();
    const [held] = await site.store.crls.list('lab');
    expect(await ask(site, oids.crlStatusList)).toMatchObject({ type: 'nothing' });
    const second = infoValue(question(site).items, 'crlStatusList');
    expect(second?.[0]?.thisUpdate?.value).toEqual(held?.thisUpdate);
    await site.clock.advance(60);
    const [labs] = await site.lab.certificates();
    await site.lab.revoke(labs?.id ?? 0);
    expect(await ask(site, oids.crlStatusList)).toMatchObject({ crls: [{ outcome: 'stored' }] });
  });

  it('keeps no older CRL in place of a newer, and no forged one [L10]', async () => {
    const site = await makeSite();
    await initialized(site);
    const now = site.clock.now().getTime();
    answering(site, [info('currentCRL', await crlOf(site, new Date(now - 1000), 5))]);
    await ask(site, oids.currentCRL);
    const stored = await site.store.crls.list('lab');
    expect(stored).toHaveLength(1);
    answering(site, [info('currentCRL', await crlOf(site, new Date(now - 3_600_000), 4))]);
    expect(await ask(site, oids.currentCRL)).toMatchObject({ crls: [{ outcome: 'older' }] });
    const forged = await issueCrl(
      { number: 9, thisUpdate: new Date(now), nextUpdate: new Date(now + 1000), revoked: [] },
      {
        ...issuerOf(site.lab.authorities['vendor-device']),
        name: site.lab.authorities.issuing.certificate.tbsCertificate.subject,
      },
    );
    answering(site, [info('currentCRL', decodeCertificateList(forged))]);
    expect(await ask(site, oids.currentCRL)).toMatchObject({
      crls: [{ outcome: { refused: expect.stringContaining('signature') } }],
    });
    expect(await site.store.crls.list('lab')).toEqual(stored);
  });

  it('keeps no CRL of the future, but for what clocks may differ [L10]', async () => {
    const site = await makeSite();
    await initialized(site);
    const now = site.clock.now().getTime();
    answering(site, [info('currentCRL', await crlOf(site, new Date(now + 3_600_000), 5))]);
    expect(await ask(site, oids.currentCRL)).toMatchObject({
      crls: [{ outcome: { refused: expect.stringContaining('future') } }],
    });
    expect(await site.store.crls.list('lab')).toEqual([]);
    answering(site, [info('currentCRL', await crlOf(site, new Date(now + 60_000), 5))]);
    expect(await ask(site, oids.currentCRL)).toMatchObject({ crls: [{ outcome: 'stored' }] });
  });
});

describe('requestInfo() for the request template', () => {
  it('keeps it, and the next request follows it [L10]', async () => {
    const site = await makeSite({
      lab: { keySpecs: ['p-384', 'rsa-3072'], templateSubject: 'CN=by-template,O=Test' },
    });
    expect(await ask(site, oids.certReqTemplate)).toMatchObject({ type: 'request-template' });
    const { certificate } = await initialized(site, {
      wanted: { subjectAltNames: [] },
      key: { type: 'by-template' },
    });
    const { body } = decodeMessage(site.sent.find((der) => isIr(der)) ?? new Uint8Array());
    const template = body.type === 'ir' ? body.value[0]?.certReq.certTemplate : undefined;
    expect(template?.subject?.rdns.length).toBe(2);
    const { publicKey } = new X509Certificate(asBuffer(certificate.der));
    expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1');
  });

  it('lets the operator have the last word, and warns of a kind of key the CA does not take', async () => {
    const site = await makeSite({
      lab: { keySpecs: ['p-384'], templateSubject: 'CN=by-template' },
    });
    await ask(site, oids.certReqTemplate);
    const result = await initialize(
      site.context,
      request({ wanted: wanted('CN=mine'), key: { type: 'generate', keyType: 'p-256' } }),
    );
    expect(result).toMatchObject({ type: 'rejected' });
    expect(site.warnings.join('\n')).toContain('asks for a key of type p-384, not p-256');
    const { body } = decodeMessage(site.sent.at(-1) ?? new Uint8Array());
    const template = body.type === 'ir' ? body.value[0]?.certReq.certTemplate : undefined;
    expect(sameName(template?.subject ?? nullDn, parseName('CN=mine'))).toBe(true);
  });

  it('refuses to choose a key where the CA has said nothing', async () => {
    const site = await makeSite();
    await expect(
      initialize(site.context, request({ key: { type: 'by-template' } })),
    ).rejects.toMatchObject(coded('USAGE_INVALID'));
    expect(site.sent).toEqual([]);
  });

  it('names the certificate profile in the question, and in no other [H13]', async () => {
    const site = await makeSite({ profile: { certProfile: 'gateway' } });
    await ask(site, oids.certReqTemplate);
    const [profile] = infoValue(question(site).header.generalInfo, 'certProfile') ?? [];
    expect(profile).toBe('gateway');
    await ask(site, oids.caCerts);
    expect(hasInfo(question(site).header.generalInfo, 'certProfile')).toBe(false);
  });
});

function isIr(der: Uint8Array): boolean {
  return decodeMessage(der).body.type === 'ir';
}
