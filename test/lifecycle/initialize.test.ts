import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asBuffer } from '../../src/base/bytes.ts';
import { DEFAULT_REFERENCE } from '../../src/ca/lab.ts';
import { openLedger } from '../../src/ca/ledger.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
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
  type Site,
} from './site.ts';

/** Give the client the certificate a vendor put into the device. */
async function importVendorCertificate({ lab, store, clock, certs }: Site): Promise<void> {
  const ledger = await openLedger(join(certs, '..', 'lab'), clock);
  const records = await ledger.authorities();
  await ledger.close();
  const device = records.find(({ role }) => role === 'vendor-device');
  const { key, certificate } = lab.authorities['vendor-device'];
  await store.certificates.import({
    name: named('vendor'),
    der: certificateDer(certificate),
    chain: [],
    key: { spki: key.spki, pkcs8: device?.pkcs8 ?? new Uint8Array() },
    source: 'import',
    at: clock.now(),
  });
}

describe('initialize()', () => {
  it('gets a certificate under a shared secret, confirms it, and puts three files', async () => {
    const site = await makeSite();
    const { certificate, files, differences } = await initialized(site);

    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
    expect(differences).toEqual([]);
    expect(certificate).toMatchObject({ name: 'gw1', version: 1, status: 'current', ca: 'lab' });
    expect(files).toEqual(
      ['key', 'chain', 'cert'].map((part) => join(site.certs, `gw1.${part}.pem`)),
    );
    const [ofLab] = await site.lab.certificates();
    expect(ofLab).toMatchObject({ der: certificate.der, status: 'current' });
    expect(await site.store.transactions.outstanding()).toEqual([]);
    expect(await site.store.certificates.pendingDelivery()).toEqual([]);
    expect(await site.store.history.list()).toMatchObject([
      { operation: 'ir', name: 'gw1', result: 'granted' },
    ]);
  });

  it('writes a key file of mode 0600 that fits the certificate file, and the chain without the root', async () => {
    const site = await makeSite();
    await initialized(site);
    const files = site.files();
    const certificate = new X509Certificate(files.get('gw1.cert.pem') ?? '');
    const chain = new X509Certificate(files.get('gw1.chain.pem') ?? '');
    const key = createPrivateKey(files.get('gw1.key.pem') ?? '');

    expect(statSync(join(site.certs, 'gw1.key.pem')).mode & 0o777).toBe(0o600);
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(certificate.verify(chain.publicKey)).toBe(true);
    expect(chain.subject).toContain('Lab Issuing CA');
    expect(files.get('gw1.chain.pem')?.match(/BEGIN/g)).toHaveLength(1);
  });

  it('sends nothing after the certificate when implicitConfirm is granted', async () => {
    const site = await makeSite({ lab: { implicitConfirm: true } });
    await initialized(site);
    expect(bodies(site.sent)).toEqual(['ir']);
  });

  it('confirms when the profile does not ask for implicitConfirm [H16]', async () => {
    const site = await makeSite({
      lab: { implicitConfirm: true },
      profile: { implicitConfirm: false },
    });
    await initialized(site);
    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
  });

  it.each(['rsa-2048', 'p-256', 'p-384', 'p-521', 'ed25519', 'ed448'] as const)(
    'enrolls a key of type %s',
    async (keyType) => {
      const site = await makeSite();
      const key = await sharedKey(keyType);
      const { certificate } = await initialized(site, { key: { type: 'given', key } });
      const { publicKey } = new X509Certificate(asBuffer(certificate.der));
      expect(publicKey.export({ type: 'spki', format: 'der' })).toEqual(asBuffer(key.key.spki));
    },
  );

  it.each(['p-256', 'ed25519', 'ed448'] as const)(
    'confirms a certificate that a CA with a key of type %s signed',
    async (keyType) => {
      const site = await makeSite({ lab: { keyType } });
      await initialized(site);
      expect(await site.lab.certificates()).toMatchObject([{ status: 'current' }]);
    },
  );

  it('makes a key of the type asked for, which never leaves in the clear', async () => {
    const site = await makeSite();
    const { certificate } = await initialized(site, {
      key: { type: 'generate', keyType: 'p-384' },
    });
    const { publicKey } = new X509Certificate(asBuffer(certificate.der));
    expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1');
    const pkcs8 = await site.store.keys.privateKey(certificate.keyId ?? 0);
    const key = createPrivateKey({ key: asBuffer(pkcs8), format: 'der', type: 'pkcs8' });
    expect(createPublicKey(key).equals(publicKey)).toBe(true);
    const secret = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
    expect(secret.length).toBe(48);
    for (const der of site.sent) expect(asBuffer(der).includes(secret)).toBe(false);
  });

  it('asks for subject alternative names [B7]', async () => {
    const site = await makeSite();
    const names = wanted(
      'CN=gw1',
      { type: 'dNSName', value: 'gw1.example' },
      { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) },
      { type: 'rfc822Name', value: 'ops@example.org' },
    );
    const { certificate, differences } = await initialized(site, { wanted: names });
    const { subjectAltName } = new X509Certificate(asBuffer(certificate.der));
    expect(subjectAltName).toBe('DNS:gw1.example, IP Address:192.0.2.1, email:ops@example.org');
    expect(differences).toEqual([]);
  });

  it('asks for a certificate with an empty subject and a critical subjectAltName [B3]', async () => {
    const site = await makeSite();
    const names = wanted('', { type: 'dNSName', value: 'gw1.example' });
    const { certificate } = await initialized(site, { wanted: names });
    const shown = new X509Certificate(asBuffer(certificate.der));
    expect(shown.subject).toBeFalsy();
    expect(shown.subjectAltName).toBe('DNS:gw1.example');
  });

  it('refuses to ask for a certificate that names nothing [B3]', async () => {
    const site = await makeSite();
    await expect(initialize(site.context, request({ wanted: wanted('') }))).rejects.toMatchObject(
      coded('USAGE_INVALID'),
    );
    expect(site.sent).toEqual([]);
  });

  it('signs with a vendor certificate instead of using a secret', async () => {
    const site = await makeSite();
    await importVendorCertificate(site);
    const { certificate } = await initialized(site, {
      credential: { type: 'signature', signer: named('vendor') },
    });
    expect(certificate).toMatchObject({ name: 'gw1', version: 1 });
    expect(await site.store.certificates.current('vendor')).toMatchObject({ version: 1 });
    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
  });

  it('takes a reference and secret given with the request before those of the profile', async () => {
    const site = await makeSite();
    await site.store.authorities.put({ ...site.profile, reference: 'other' }, Uint8Array.of(1));
    const secret = site.lab.secrets.get(DEFAULT_REFERENCE) ?? new Uint8Array();
    const credential = { type: 'mac', reference: DEFAULT_REFERENCE, secret } as const;
    await initialized(site, { credential });
    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
  });

  it('says SECRET_UNAVAILABLE, and makes no transaction, without secret or reference', async () => {
    const site = await makeSite();
    await site.store.authorities.put(site.profile, null);
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('SECRET_UNAVAILABLE'),
    );
    expect(await site.store.transactions.outstanding()).toEqual([]);
    expect(site.sent).toEqual([]);
  });

  it('says how a certificate granted with modifications differs [C1]', async () => {
    const site = await makeSite({ lab: { subjectSuffix: 'OU=Lab' } });
    const { differences } = await initialized(site);
    expect(differences).toEqual([
      'its subject is "OU=Lab,CN=gw1,O=Test", asked was "CN=gw1,O=Test"',
    ]);
  });

  it('reports a rejection with status text and failInfo, and keeps no certificate [C2]', async () => {
    const site = await makeSite({ lab: { refuse: 'badCertTemplate' } });
    const result = await initialize(site.context, request());
    expect(result).toMatchObject({
      type: 'rejected',
      status: { status: 'rejection', failInfo: ['badCertTemplate'] },
    });
    expect(await site.store.certificates.list({ all: true })).toEqual([]);
    expect(await site.store.history.list()).toMatchObject([
      { result: 'rejected', failInfo: ['badCertTemplate'] },
    ]);
    expect(site.files().size).toBe(0);
  });

  it('can be asked again after a rejection', async () => {
    const site = await makeSite({ lab: { refuse: 'badCertTemplate', refuseSubject: '*gw1*' } });
    await initialize(site.context, request());
    await site.relab({ refuseSubject: 'nobody' });
    expect(await initialized(site)).toMatchObject({ type: 'issued' });
  });

  it('says CERT_EXISTS for a name that has a certificate, and sends nothing', async () => {
    const site = await makeSite();
    await initialized(site);
    const before = await certificatesIn(site);
    await expect(initialize(site.context, request())).rejects.toMatchObject(coded('CERT_EXISTS'));
    expect(site.sent).toHaveLength(2);
    expect(await certificatesIn(site)).toEqual(before);
  });

  it('refuses an expired signer before anything is made or sent [P10]', async () => {
    const site = await makeSite({ lab: { validitySeconds: 3600 } });
    await initialized(site);
    await site.clock.advance(3601);
    const again = request({
      name: named('gw2'),
      credential: { type: 'signature', signer: named('gw1') },
    });
    await expect(initialize(site.context, again)).rejects.toMatchObject(coded('CERT_INVALID'));
    expect(site.sent).toHaveLength(2);
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });

  it('says CA_UNKNOWN for a CA that is not set up, and when it cannot choose', async () => {
    const site = await makeSite();
    await expect(initialize(site.context, request({ ca: named('x') }))).rejects.toMatchObject(
      coded('CA_UNKNOWN'),
    );
    await site.store.authorities.put({ ...site.profile, label: named('second') });
    await expect(initialize(site.context, request())).rejects.toMatchObject(coded('CA_UNKNOWN'));
    const { ca } = await initialized(site, { ca: named('lab') });
    expect(ca).toBe('lab');
  });

  it('follows a CA that says "waiting" for as long as it was told to', async () => {
    const site = await makeSite({ lab: { polls: 2, checkAfterSeconds: 20 } });
    await initialized(site, { waitSeconds: 60 });
    expect(bodies(site.sent)).toEqual(['ir', 'pollReq', 'pollReq', 'pollReq', 'certConf']);
    expect(site.clock.slept).toEqual([20_000, 20_000]);
  });

  it('tells whoever watches what it sends and how long it waits', async () => {
    const site = await makeSite({ lab: { polls: 1, checkAfterSeconds: 20 } });
    await initialized(site);
    expect(site.progress.map((each) => (each.type === 'sending' ? each.body : each.polls))).toEqual(
      ['ir', 'pollReq', 1, 'pollReq', 'certConf'],
    );
  });

  it('announces no next poll to who does not wait for it', async () => {
    const site = await makeSite({ lab: { polls: 1, checkAfterSeconds: 20 } });
    const result = await initialize(site.context, request({ waitSeconds: 0 }));
    expect(result.type).toBe('waiting');
    expect(site.progress.map(({ type }) => type)).not.toContain('waiting');
  });

  it('leaves the request outstanding, with its key and its polls, when the wait is over [C14][L4]', async () => {
    const site = await makeSite({ lab: { approval: 'manual', checkAfterSeconds: 20 } });
    const result = await initialize(site.context, request({ waitSeconds: 50 }));
    expect(result).toMatchObject({ type: 'waiting', polls: 3 });
    const record = await outstanding(site.store);
    expect(record).toMatchObject({ phase: 'waiting', polls: 3, name: 'gw1' });
    expect((await site.store.keys.publicKey(record.keyId ?? 0)).spki.length).toBeGreaterThan(0);
    expect(site.files().size).toBe(0);
  });

  it('stops at a signal and leaves the request as it was stored', async () => {
    const site = await makeSite({ lab: { polls: 1 } });
    const controller = new AbortController();
    site.setWire(async (der, lab) => {
      const answer = await lab(der);
      if (site.sent.length === 2) controller.abort(new Error('Ctrl-C'));
      return answer;
    });
    const context = { ...site.context, signal: controller.signal };
    await expect(initialize(context, request())).rejects.toThrow('Ctrl-C');
    expect(await outstanding(site.store)).toMatchObject({ phase: 'waiting' });
    expect(issued(await initialize(site.context, request())).certificate.version).toBe(1);
  });
});
