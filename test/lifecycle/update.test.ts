import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { certStoreKey } from '../../src/lifecycle/setting-keys.ts';
import { update } from '../../src/lifecycle/update.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import {
  bodies,
  certificatesIn,
  coded,
  initialized,
  issued,
  makeSite,
  named,
  outstanding,
  request,
  sharedKey,
  wanted,
} from './site.ts';

const current = named('gw1');
const now = { current, waitSeconds: 60 };

describe('update()', () => {
  it('gets a new certificate with a new key and the same names, and keeps the old one', async () => {
    const site = await makeSite();
    const names = wanted('CN=gw1', { type: 'dNSName', value: 'gw1.example' });
    const old = await initialized(site, { wanted: names });
    const { certificate, differences } = issued(await update(site.context, now));

    expect(differences).toEqual([]);
    expect(certificate).toMatchObject({ name: 'gw1', version: 2, status: 'current' });
    expect(certificate.keyId).not.toBe(old.certificate.keyId);
    expect(await site.store.certificates.versions('gw1')).toMatchObject([
      { version: 2, status: 'current' },
      { version: 1, status: 'superseded', der: old.certificate.der },
    ]);
    expect(await site.store.keys.privateKey(old.certificate.keyId ?? 0)).toBeDefined();
    expect(bodies(site.sent)).toEqual(['ir', 'certConf', 'kur', 'certConf']);
    expect(await site.lab.certificates()).toMatchObject([
      { status: 'superseded' },
      { status: 'current' },
    ]);
  });

  it('is asked, polled for and confirmed under the old certificate, not the one just issued [P9][P11]', async () => {
    const site = await makeSite();
    const old = await initialized(site);
    await site.relab({ polls: 1, checkAfterSeconds: 10 });
    issued(await update(site.context, now));
    const signed = site.sent.slice(2).map((der) => decodeMessage(der));
    expect(new Set(signed.map(({ body }) => body.type))).toEqual(
      new Set(['kur', 'pollReq', 'certConf']),
    );
    for (const { header, extraCerts = [] } of signed) {
      const [own] = extraCerts.map(certificateDer);
      expect(own).toEqual(old.certificate.der);
      expect(header.protectionAlg?.algorithm).toBe(oids.ecdsaWithSHA256);
    }
  });

  it('is polled for under the old certificate by another process, once the new one is here [P9]', async () => {
    const site = await makeSite();
    const old = await initialized(site);
    await site.relab({ delayConfirm: true, polls: 1 });
    const before = site.sent.length;
    const first = await update(site.context, { current, waitSeconds: 0 });
    expect(first.type).toBe('waiting');
    for (const expected of ['waiting', 'issued']) {
      const { type } = await poll(await site.open(), { name: named('gw1'), waitSeconds: 0 });
      expect(type).toBe(expected);
    }
    const all = site.sent.slice(before).map(decodeMessage);
    const types = all.map(({ body }) => body.type);
    expect(types.slice(types.indexOf('certConf'))).toEqual(['certConf', 'pollReq', 'pollReq']);
    for (const { extraCerts } of all) {
      expect(extraCerts?.[0] && certificateDer(extraCerts[0])).toEqual(old.certificate.der);
    }
  });

  it('replaces the files and keeps the previous set', async () => {
    const site = await makeSite();
    await initialized(site);
    const before = site.files();
    await update(site.context, now);
    const after = site.files();
    for (const part of ['key', 'cert']) {
      expect(after.get(`gw1.${part}.pem`)).not.toBe(before.get(`gw1.${part}.pem`));
      expect(after.get(`gw1.previous/gw1.${part}.pem`)).toBe(before.get(`gw1.${part}.pem`));
    }
  });

  it.each(['rsa-2048', 'p-256', 'p-384', 'ed25519'] as const)(
    'makes a key like the old one (%s) unless told otherwise',
    async (keyType) => {
      const site = await makeSite();
      await initialized(site, { key: { type: 'given', key: await sharedKey(keyType) } });
      const { certificate } = issued(await update(site.context, now));
      const pkcs8 = await site.store.keys.privateKey(certificate.keyId ?? 0);
      expect((await site.context.keys()).load(pkcs8).keyType).toBe(keyType);
    },
  );

  it('makes a key of the type asked for', async () => {
    const site = await makeSite();
    await initialized(site);
    const key = { type: 'generate', keyType: 'ed448' } as const;
    const { certificate } = issued(await update(site.context, { ...now, key }));
    const pkcs8 = await site.store.keys.privateKey(certificate.keyId ?? 0);
    expect((await site.context.keys()).load(pkcs8).keyType).toBe('ed448');
  });

  it('keeps the key with key-reuse', async () => {
    const site = await makeSite();
    const old = await initialized(site);
    const { certificate } = issued(await update(site.context, { ...now, key: { type: 'reuse' } }));
    expect(certificate).toMatchObject({ version: 2, keyId: old.certificate.keyId });
    expect(certificate.der).not.toEqual(old.certificate.der);
  });

  it('keeps the key when the setting says so, and makes one when the command says so', async () => {
    const site = await makeSite();
    const old = await initialized(site);
    await site.store.settings.set(certStoreKey, 'reuse');
    expect(issued(await update(site.context, now)).certificate.keyId).toBe(old.certificate.keyId);
    const key = { type: 'generate', keyType: 'p-256' } as const;
    const { certificate } = issued(await update(site.context, { ...now, key }));
    expect(certificate.keyId).not.toBe(old.certificate.keyId);
  });

  it('asks for the names of the certificate as it is, not as it was asked for once [B10]', async () => {
    const site = await makeSite({ lab: { subjectSuffix: 'OU=Lab' } });
    await initialized(site);
    const lab = site.lab.settings;
    await site.relab({ ...lab, subjectSuffix: 'OU=Again' });
    expect(await update(site.context, now)).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining('asked was "OU=Lab,CN=gw1,O=Test"'),
    });
  });

  it('refuses another subject, with grantedWithMods too: the next update would ask for it', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.relab({ subjectSuffix: 'OU=Again' });
    expect(await update(site.context, now)).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining('an update keeps the subject'),
    });
    expect((await site.store.certificates.current('gw1'))?.version).toBe(1);
  });

  it('leaves everything as it was when the CA rejects it', async () => {
    const site = await makeSite();
    await initialized(site);
    const before = await certificatesIn(site);
    const files = site.files();
    await site.relab({ refuse: 'badRequest', refuseSubject: '*' });
    expect(await update(site.context, now)).toMatchObject({ type: 'rejected' });
    expect(await certificatesIn(site)).toEqual(before);
    expect(site.files()).toEqual(files);
  });

  it('refuses an expired certificate before anything is sent [B10][P10]', async () => {
    const site = await makeSite({ lab: { validitySeconds: 3600 } });
    await initialized(site);
    await site.clock.advance(3601);
    await expect(update(site.context, now)).rejects.toMatchObject(coded('CERT_INVALID'));
    expect(site.sent).toHaveLength(2);
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });

  it('asks after expiry where an operator insists, and says that it is outside the RFC', async () => {
    const site = await makeSite({ lab: { validitySeconds: 3600 } });
    await initialized(site);
    await site.clock.advance(3601);
    const result = await update(site.context, { ...now, afterExpiry: true });
    // The lab does as the RFC has it: the signature of an expired certificate counts for nothing.
    expect(result).toMatchObject({ type: 'rejected' });
    expect(site.sent).toHaveLength(3);
    expect(site.warnings.join()).toContain('outside of RFC 9810');
  });

  it('refuses an imported certificate without a key', async () => {
    const site = await makeSite();
    const { certificate } = await initialized(site);
    await site.store.certificates.import({
      name: named('foreign'),
      der: certificate.der,
      chain: [],
      source: 'import',
      at: site.clock.now(),
    });
    await expect(
      update(site.context, { ...now, current: named('foreign'), ca: named('lab') }),
    ).rejects.toMatchObject(coded('CERT_INVALID'));
  });

  it('goes on with an update that is outstanding instead of beginning another', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.relab({ approval: 'manual', checkAfterSeconds: 600 });
    await update(site.context, { ...now, waitSeconds: 0 });
    const { keyId } = await outstanding(site.store);
    await site.clock.advance(700);
    expect(await update(site.context, { ...now, waitSeconds: 0 })).toMatchObject({
      type: 'waiting',
    });
    const waiting = (await site.lab.requests()).find(({ phase }) => phase === 'waiting');
    await site.lab.approve(waiting?.id ?? 0);
    const { certificate } = issued(await poll(site.context, { name: current, waitSeconds: 0 }));
    expect(certificate).toMatchObject({ version: 2, keyId });
    expect(bodies(site.sent).filter((body) => body === 'kur')).toHaveLength(1);
  });

  it('goes on after the old certificate has expired while the CA was waiting', async () => {
    const site = await makeSite({ lab: { validitySeconds: 3600 } });
    await initialized(site);
    await site.relab({ polls: 1, checkAfterSeconds: 60 });
    await update(site.context, { ...now, waitSeconds: 0 });
    const [kur] = site.sent.slice(-1);
    expect(kur && decodeMessage(kur).body.type).toBe('pollReq');
    expect(issued(await poll(site.context, { name: current, waitSeconds: 60 })).type).toBe(
      'issued',
    );
  });

  it('says TRANSACTION_OUTSTANDING to an initialize() of a name that is being updated', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.relab({ approval: 'manual' });
    await update(site.context, { ...now, waitSeconds: 0 });
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('TRANSACTION_OUTSTANDING'),
    );
  });

  it('can be done many times over', async () => {
    const site = await makeSite();
    await initialized(site);
    for (let version = 2; version <= 5; version++) {
      await site.clock.advance(86_400);
      expect(issued(await update(site.context, now)).certificate.version).toBe(version);
    }
    // The current one and the three before it: no more are kept.
    expect(await site.store.certificates.versions('gw1')).toHaveLength(4);
    expect(site.files().size).toBe(6);
  });
});
