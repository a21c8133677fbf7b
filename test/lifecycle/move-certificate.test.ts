import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodePem } from '../../src/asn1/pem.ts';
import { loadPrivateKeyPem } from '../../src/crypto/private-key-pem.ts';
import { importCertificate } from '../../src/lifecycle/import-certificate.ts';
import { moveCertificate, moveOf } from '../../src/lifecycle/move-certificate.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { revoke } from '../../src/lifecycle/revoke.ts';
import { update } from '../../src/lifecycle/update.ts';
import { certificateDer, decodeCertificate } from '../../src/x509/certificate.ts';
import {
  bodies,
  coded,
  initialized,
  issued,
  named,
  outstanding,
  wanted,
  type Site,
} from './site.ts';
import { makeTwoLabs, type TwoLabs } from './two-labs.ts';

const name = named('gw1');
const ca = named('lab2');
const now = { current: name, waitSeconds: 60 };

/** Certificate in the files, whose key fits. */
function inFiles(site: Pick<Site, 'files'>): Uint8Array {
  const files = site.files();
  const certificate = new X509Certificate(files.get('gw1.cert.pem') ?? '');
  expect(certificate.checkPrivateKey(createPrivateKey(files.get('gw1.key.pem') ?? ''))).toBe(true);
  return Uint8Array.from(certificate.raw);
}

/** Get the first certificate from the first lab. */
function first(labs: TwoLabs, changes: Parameters<typeof initialized>[1] = {}) {
  return initialized(labs, { ca: named('lab'), ...changes });
}

/** Import the device that the second lab knows from its vendor, as if the first had issued it. */
async function withDevice(labs: TwoLabs): Promise<void> {
  const { deviceCertificate, deviceKey } = await labs.lab2.writeFiles();
  const [certificate] = decodePem(readFileSync(deviceCertificate, 'utf8'));
  await importCertificate(labs.context, {
    name,
    certificates: [decodeCertificate(certificate?.der ?? new Uint8Array())],
    key: loadPrivateKeyPem(readFileSync(deviceKey, 'utf8')),
    ca: named('lab'),
    replace: false,
  });
}

describe('moveCertificate()', () => {
  it('has the next update ask the new CA by ir, and supersede the old certificate once it is granted', async () => {
    const labs = await makeTwoLabs();
    const names = wanted('CN=gw1,O=Test', { type: 'dNSName', value: 'gw1.example' });
    const old = await first(labs, { wanted: names });
    expect(await moveCertificate(labs.context, { name, ca })).toEqual({
      type: 'planned',
      by: 'ir',
      ca,
    });
    expect(await labs.store.certificates.current(name)).toEqual(old.certificate);

    const context = labs.both(labs.context);
    const { certificate } = issued(await update(context, now));
    expect(bodies(labs.sent2)).toEqual(['ir', 'certConf']);
    expect(certificate).toMatchObject({ version: 2, ca, status: 'current' });
    expect(certificate.keyId).not.toBe(old.certificate.keyId);
    const read = new X509Certificate(certificate.der);
    expect(read.subjectAltName).toBe('DNS:gw1.example');
    expect(
      read.checkIssued(
        new X509Certificate(certificateDer(labs.lab2.authorities.issuing.certificate)),
      ),
    ).toBe(true);
    expect(await labs.store.certificates.versions(name)).toMatchObject([
      { version: 2, status: 'current' },
      { version: 1, status: 'superseded', ca: 'lab' },
    ]);
    expect(inFiles(labs)).toEqual(certificate.der);
    expect(await moveOf(labs.store, name)).toBeUndefined();

    // From then on as ever, at the new CA.
    issued(await update(context, now));
    expect(bodies(labs.sent2).slice(2)).toEqual(['kur', 'certConf']);
  });

  it('asks by cr where the new profile has no secret, signed with the old certificate', async () => {
    const labs = await makeTwoLabs({ isSecretKnown: false });
    await withDevice(labs);
    expect(await moveCertificate(labs.context, { name, ca })).toMatchObject({ by: 'cr' });
    const { certificate } = issued(await update(labs.both(labs.context), now));
    expect(bodies(labs.sent2)).toEqual(['cr', 'certConf']);
    expect(certificate).toMatchObject({ version: 2, ca, source: 'cmp' });
    expect(await moveOf(labs.store, name)).toBeUndefined();
  });

  it('leaves everything as it was when the new CA does not take the old certificate for a credential', async () => {
    const labs = await makeTwoLabs();
    const old = await first(labs);
    await moveCertificate(labs.context, { name, ca, by: 'cr' });
    await expect(update(labs.both(labs.context), now)).resolves.toMatchObject({ type: 'rejected' });
    expect(await labs.store.certificates.current(name)).toEqual(old.certificate);
    expect(inFiles(labs)).toEqual(old.certificate.der);
    // It can be tried otherwise.
    await moveCertificate(labs.context, { name, ca, by: 'ir' });
    issued(await update(labs.both(labs.context), now));
  });

  it('keeps the key where that is set, and makes one of the type asked for', async () => {
    const labs = await makeTwoLabs();
    const old = await first(labs);
    await moveCertificate(labs.context, { name, ca });
    const context = labs.both(labs.context);
    const kept = issued(await update(context, { ...now, key: { type: 'reuse' } }));
    expect(kept.certificate.keyId).toBe(old.certificate.keyId);
  });

  it('replaces an expired and a revoked certificate under the new secret', async () => {
    const labs = await makeTwoLabs({ lab: { validitySeconds: 3600 } });
    await first(labs);
    await moveCertificate(labs.context, { name, ca });
    await labs.clock.advance(3601);
    expect(issued(await update(labs.both(labs.context), now)).certificate.version).toBe(2);

    const others = await makeTwoLabs();
    const { certificate } = await first(others);
    await revoke(others.context, { current: name, waitSeconds: 0, reason: 'keyCompromise' });
    expect(await others.store.certificates.get(certificate.id)).toMatchObject({
      status: 'revoked',
    });
    await moveCertificate(others.context, { name, ca });
    expect(issued(await update(others.both(others.context), now)).certificate.ca).toBe(ca);
  });

  it('asks the CA it came from by ir, where that is said: for one that has expired', async () => {
    const labs = await makeTwoLabs({ lab: { validitySeconds: 3600 } });
    await first(labs);
    await labs.clock.advance(3601);
    await expect(update(labs.context, now)).rejects.toMatchObject({
      code: 'CERT_INVALID',
      hint: expect.stringContaining('"certkeeper cert move gw1 ca-root L by ir"'),
    });
    const same = { name, ca: named('lab'), by: 'ir' } as const;
    expect(await moveCertificate(labs.context, same)).toMatchObject({ type: 'planned', by: 'ir' });
    const { certificate } = issued(await update(labs.context, now));
    expect(certificate).toMatchObject({ version: 2, ca: 'lab', status: 'current' });
    expect(bodies(labs.sent)).toEqual(['ir', 'certConf', 'ir', 'certConf']);
    expect(await moveOf(labs.store, name)).toBeUndefined();
  });

  it('goes on with the request that is outstanding, by update() and by poll()', async () => {
    for (const again of ['update', 'poll'] as const) {
      const labs = await makeTwoLabs({ lab: { polls: 1, checkAfterSeconds: 3600 } });
      await first(labs, { waitSeconds: 4000 });
      await moveCertificate(labs.context, { name, ca });
      const context = labs.both(labs.context);
      expect(await update(context, { ...now, waitSeconds: 0 })).toMatchObject({ type: 'waiting' });
      expect(await outstanding(labs.store)).toMatchObject({ operation: 'ir', previousName: name });
      await expect(moveCertificate(labs.context, { name, ca: named('lab') })).rejects.toMatchObject(
        coded('TRANSACTION_OUTSTANDING'),
      );
      await labs.clock.advance(3601);
      const other = labs.both(await labs.open());
      const result =
        again === 'poll' ? await poll(other, { name, waitSeconds: 60 }) : await update(other, now);
      expect(issued(result).certificate).toMatchObject({ version: 2, ca });
      expect(bodies(labs.sent2).filter((body) => body === 'ir')).toHaveLength(1);
      expect(await moveOf(labs.store, name)).toBeUndefined();
    }
  });

  it('asks for no second certificate after a kill between grant and delivery', async () => {
    const labs = await makeTwoLabs();
    await first(labs);
    await moveCertificate(labs.context, { name, ca });
    const dying = {
      ...labs.both(labs.context),
      deliver: () => Promise.reject(new Error('killed')),
    };
    await expect(update(dying, now)).rejects.toThrow('killed');
    const { certificate, files } = issued(await update(labs.both(await labs.open()), now));
    expect(certificate).toMatchObject({ version: 2, ca });
    expect(files).toHaveLength(3);
    expect(bodies(labs.sent2)).toEqual(['ir', 'certConf']);
    expect(inFiles(labs)).toEqual(certificate.der);
  });

  it('revokes at the CA that issued it while the renewal is still to come', async () => {
    const labs = await makeTwoLabs();
    await first(labs);
    await moveCertificate(labs.context, { name, ca });
    const result = await revoke(labs.both(labs.context), {
      current: name,
      waitSeconds: 0,
      reason: 'keyCompromise',
    });
    expect(result).toMatchObject({ type: 'revoked', ca: 'lab' });
    expect(labs.sent2).toEqual([]);
  });

  it('asks the CA that an update names, and forgets the move with its grant', async () => {
    const labs = await makeTwoLabs();
    await first(labs);
    await moveCertificate(labs.context, { name, ca });
    const { certificate } = issued(
      await update(labs.both(labs.context), { ...now, ca: named('lab') }),
    );
    expect(certificate).toMatchObject({ version: 2, ca: 'lab' });
    expect(labs.sent2).toEqual([]);
    expect(await moveOf(labs.store, name)).toBeUndefined();
  });

  it('takes a move back, and takes another profile of the same CA at once', async () => {
    const labs = await makeTwoLabs();
    await first(labs);
    await moveCertificate(labs.context, { name, ca });
    expect(await moveCertificate(labs.context, { name, ca: named('lab') })).toMatchObject({
      type: 'stays',
    });
    expect(await moveOf(labs.store, name)).toBeUndefined();

    await labs.store.authorities.put({ ...labs.profile, label: named('lab-again') });
    const request = { name, ca: named('lab-again'), by: 'kur' } as const;
    expect(await moveCertificate(labs.context, request)).toMatchObject({ type: 'changed' });
    const { certificate } = issued(await update(labs.context, now));
    expect(certificate).toMatchObject({ version: 2, ca: 'lab-again' });
    expect(bodies(labs.sent)).toEqual(['ir', 'certConf', 'kur', 'certConf']);
  });

  it('refuses an unknown name, an unknown CA, a tracked certificate, and a cr without a key', async () => {
    const labs = await makeTwoLabs({ isSecretKnown: false });
    const move = (changes: object) => moveCertificate(labs.context, { name, ca, ...changes });
    await expect(move({})).rejects.toMatchObject(coded('CERT_UNKNOWN'));
    const { certificate } = await first(labs);
    await expect(move({ ca: named('lab3') })).rejects.toMatchObject(coded('CA_UNKNOWN'));
    const copy = { der: certificate.der, chain: [], at: labs.clock.now() };
    await labs.store.certificates.import({ name: named('seen'), source: 'track', ...copy });
    await expect(move({ name: named('seen') })).rejects.toMatchObject(coded('CERT_TRACKED'));
    await labs.store.certificates.import({ name: named('bare'), source: 'import', ...copy });
    await expect(move({ name: named('bare') })).rejects.toMatchObject(coded('CERT_INVALID'));
    // An ir can be planned before its secret is here.
    expect(await move({ by: 'ir' })).toMatchObject({ by: 'ir' });
    expect(labs.warnings.join()).toContain('no reference and shared secret yet');
    await expect(update(labs.both(labs.context), now)).rejects.toMatchObject(
      coded('SECRET_UNAVAILABLE'),
    );
  });
});
