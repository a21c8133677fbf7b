import { describe, expect, it } from 'vitest';
import { fromDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { issuerOf } from '../../src/ca/authority.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { update } from '../../src/lifecycle/update.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { forging, refusalIn, unknownExtension, type Forged } from './forge.ts';
import { bodies, initialized, makeSite, named, request, wanted, type Site } from './site.ts';

const otherKey = (await softwareKeys.generate('p-256')).key;

/** A CA nobody told us of, with the name of the lab's issuing CA. */
async function rogueIssuer({ lab }: Site): Promise<NonNullable<Forged['issuer']>> {
  const { key } = await softwareKeys.generate('p-256');
  return { ...issuerOf(lab.authorities.issuing), key };
}

const second = 1000;
function from(site: Site, seconds: number): Date {
  return new Date(site.clock.now().getTime() + seconds * second);
}

function addresses(net: number, count: number): Extension {
  return extension(
    'subjectAltName',
    Array.from({ length: count }, (_, i) => ({
      type: 'iPAddress',
      value: Uint8Array.of(net, 0, i >> 8, i & 0xff),
    })),
  );
}

describe('a certificate that is not what was asked for', () => {
  it.each<[string, string, (site: Site) => Forged | Promise<Forged>]>([
    [
      'has another public key',
      'incorrectData',
      () => ({ publicKey: fromDer(SubjectPublicKeyInfo, otherKey.spki) }),
    ],
    [
      'has another subject although the CA says "accepted"',
      'badCertTemplate',
      () => ({ subject: parseName('CN=gw2,O=Test') }),
    ],
    [
      'is signed by another key than the CA',
      'incorrectData',
      async (site) => ({ issuer: await rogueIssuer(site) }),
    ],
    [
      'is issued below a root we do not know',
      'incorrectData',
      ({ lab }) => ({ issuer: issuerOf(lab.authorities['vendor-root']) }),
    ],
    [
      'has expired',
      'incorrectData',
      (site) => ({ notBefore: from(site, -7200), notAfter: from(site, -3600) }),
    ],
    [
      'is past the moment of its renewal',
      'badCertTemplate',
      (site) => ({ notBefore: from(site, -7200), notAfter: from(site, 3600) }),
    ],
    [
      'is past it by no more than the jitter',
      'badCertTemplate',
      // 0.1858 of a twentieth of an hour.
      (site) => ({ notBefore: from(site, -7167), notAfter: from(site, 3633) }),
    ],
    [
      'has more names than anybody needs',
      'badCertTemplate',
      () => ({ extensions: [addresses(10, 501)] }),
    ],
    [
      'is not valid for longer than the tolerance to come',
      'incorrectData',
      (site) => ({ notBefore: from(site, 302) }),
    ],
    [
      'has a critical extension nobody knows',
      'incorrectData',
      () => ({ extensions: [unknownExtension] }),
    ],
  ])('is refused by certConf when it %s [C5][C11]', async (_, failInfo, make) => {
    const site = await makeSite();
    site.setWire(forging(site, await make(site)));
    const result = await initialize(site.context, request());

    expect(result.type).toBe('refused');
    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
    expect(refusalIn(site.sent[1] ?? new Uint8Array())).toEqual([failInfo]);
    expect(await site.store.certificates.current('gw1')).toBeUndefined();
    expect(await site.store.certificates.versions('gw1')).toMatchObject([
      { status: 'refused', version: 0 },
    ]);
    expect(await site.store.history.list()).toMatchObject([{ result: 'refused' }]);
    expect(site.files().size).toBe(0);
  });

  it('is refused when it would be due by the days that are set for its name [C5]', async () => {
    const site = await makeSite();
    const forged = { notBefore: from(site, -50 * 86_400), notAfter: from(site, 40 * 86_400) };
    site.setWire(forging(site, forged));
    await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '44');
    expect(await initialize(site.context, request())).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining('it should be renewed already'),
    });
    await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '30');
    await initialized(site);
  });

  it('is refused without a word when implicitConfirm was granted [C15]', async () => {
    const site = await makeSite({ lab: { implicitConfirm: true } });
    site.setWire(forging(site, { publicKey: fromDer(SubjectPublicKeyInfo, otherKey.spki) }));
    const result = await initialize(site.context, request());
    expect(result).toMatchObject({
      type: 'refused',
      reason: 'its public key is not the one of the request',
    });
    expect(bodies(site.sent)).toEqual(['ir']);
    expect(await site.store.transactions.outstanding()).toEqual([]);
    expect(await site.store.certificates.list()).toEqual([]);
    expect(site.files().size).toBe(0);
    // The CA takes it for ours: who is to revoke it has to know it.
    expect(await site.store.certificates.versions('gw1')).toMatchObject([{ status: 'refused' }]);
  });

  it('is refused when it lacks a name that was asked for [C5]', async () => {
    const site = await makeSite();
    site.setWire(forging(site, {}));
    const names = wanted('CN=gw1', { type: 'dNSName', value: 'gw1.example' });
    expect(await initialize(site.context, request({ wanted: names }))).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining('lacks dns:gw1.example'),
    });
  });

  it.each<[string, Extension[], string]>([
    [
      'has a name beside those asked for',
      [
        extension('subjectAltName', [
          { type: 'dNSName', value: 'gw1.example' },
          { type: 'dNSName', value: 'bank.example' },
        ]),
      ],
      'has dns:bank.example, which was not asked for',
    ],
    [
      'is that of a CA',
      [extension('basicConstraints', { cA: true }, true)],
      'it is the certificate of a CA',
    ],
    [
      'could not sign its own renewal',
      [extension('keyUsage', ['keyEncipherment'], true)],
      'does not allow digitalSignature',
    ],
  ])('is refused when it %s', async (_, extensions, reason) => {
    const site = await makeSite();
    site.setWire(forging(site, { extensions }));
    const names = wanted('CN=gw1', { type: 'dNSName', value: 'gw1.example' });
    expect(await initialize(site.context, request({ wanted: names }))).toMatchObject({
      type: 'refused',
      reason: expect.stringContaining(reason),
    });
    expect(site.files().size).toBe(0);
  });

  it('can be asked for once more, and granted, after it was refused', async () => {
    const site = await makeSite();
    site.setWire(forging(site, { subject: parseName('CN=x') }));
    await initialize(site.context, request());
    site.setWire();
    const { certificate } = await initialized(site);
    expect(certificate.version).toBe(1);
  });
});

describe('a certificate that is good enough', () => {
  it.each<[string, (site: Site) => Forged]>([
    [
      'has another subject, with grantedWithMods',
      () => ({ subject: parseName('CN=gw2'), status: { status: 'grantedWithMods' } }),
    ],
    ['has the same subject in other letters', () => ({ subject: parseName('CN=GW1,O=test') })],
    [
      'is valid for ten seconds from now',
      (site) => ({ notBefore: from(site, 0), notAfter: from(site, 10) }),
    ],
    [
      'has hardly more than a third of its time, and the jitter, left',
      (site) => ({ notBefore: from(site, -7166), notAfter: from(site, 3634) }),
    ],
    ['begins within the tolerance to come', (site) => ({ notBefore: from(site, 298) })],
    [
      'has more names than were asked for',
      () => ({
        extensions: [extension('subjectAltName', [{ type: 'dNSName', value: 'x.example' }])],
      }),
    ],
  ])('is accepted when it %s', async (_, make) => {
    const site = await makeSite();
    site.setWire(forging(site, make(site)));
    const { certificate } = await initialized(site);
    expect(certificate.status).toBe('current');
    expect(refusalIn(site.sent[1] ?? new Uint8Array())).toBeUndefined();
  });
});

describe('names that are not those asked for', () => {
  const other = extension('subjectAltName', [{ type: 'dNSName', value: '*' }]);

  it('are told when the CA adds them where none were asked for, "accepted" or not', async () => {
    const site = await makeSite();
    site.setWire(forging(site, { extensions: [other] }));
    const { differences, additions } = await initialized(site);
    expect(differences).toEqual([]);
    expect(additions).toEqual(['its subjectAltName has dns:*, which was not asked for']);
  });

  it('are told by the first twenty, and by their number', async () => {
    const site = await makeSite();
    site.setWire(forging(site, { extensions: [addresses(10, 500)] }));
    const { additions } = await initialized(site);
    expect(additions).toHaveLength(21);
    expect(additions.at(-1)).toContain('480 names more');
  });

  it('are found among five hundred others at once, a host name in any case', async () => {
    const names = Array.from({ length: 500 }, (_, i) => ({
      type: 'dNSName' as const,
      value: `gw${i}.example`,
    }));
    const granted = names.toReversed().map(({ value }) => ({
      type: 'dNSName' as const,
      value: value.toUpperCase(),
    }));
    const site = await makeSite();
    site.setWire(forging(site, { extensions: [extension('subjectAltName', granted)] }));
    const asked = wanted('CN=gw1', ...names);
    expect(await initialized(site, { wanted: asked })).toMatchObject({
      differences: [],
      additions: [],
    });
  });
});

describe('a certificate with a damaged extension', () => {
  it.each(['subjectAltName', 'keyUsage', 'extKeyUsage', 'basicConstraints'] as const)(
    'that is its %s is refused by certConf [C11]',
    async (name) => {
      const site = await makeSite();
      const damaged = { extnID: oids[name], critical: false, extnValue: Uint8Array.of(0x8f, 0) };
      site.setWire(forging(site, { extensions: [damaged] }));
      expect(await initialize(site.context, request())).toMatchObject({
        type: 'refused',
        reason: expect.stringContaining(name),
      });
      expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
    },
  );
});

describe('a certificate that departs from DER as real CAs do', () => {
  it('is taken, and what was tolerated is said', async () => {
    const site = await makeSite();
    site.setWire(forging(site, { serialNumber: -5n }));
    await initialized(site);
    expect(site.warnings).toEqual([expect.stringContaining('serialNumber out of range')]);
  });
});

describe('caPubs', () => {
  const noRoots = { roots: [] };

  it('are no anchors without trust-capubs [C6]', async () => {
    const site = await makeSite({ lab: { caPubs: 'root' }, profile: noRoots });
    expect(await initialize(site.context, request())).toMatchObject({ type: 'refused' });
  });

  it('are anchors with trust-capubs, under a MAC [C6]', async () => {
    const site = await makeSite({
      lab: { caPubs: 'root' },
      profile: { ...noRoots, trustCapubs: true },
    });
    expect(await initialized(site)).toMatchObject({ type: 'issued' });
  });

  it('are never anchors when the answer is signed, whatever trust-capubs says [C6]', async () => {
    const site = await makeSite({ lab: { caPubs: 'root' } });
    await initialized(site);
    await site.setProfile({
      cmpRoots: site.profile.roots,
      roots: [],
      trustCapubs: true,
    });
    const signed = request({
      name: site.profile.label,
      wanted: wanted('CN=gw2'),
      credential: { type: 'signature', signer: request().name },
    });
    expect(await initialize(site.context, signed)).toMatchObject({ type: 'refused' });
  });

  it('are no anchors either when a request under a MAC is answered with a signature [C6]', async () => {
    const site = await makeSite({ lab: { caPubs: 'root', responseProtection: 'signature' } });
    await site.setProfile({
      cmpRoots: site.profile.roots,
      roots: [],
      trustCapubs: true,
      signedAnswers: true,
    });
    expect(await initialize(site.context, request())).toMatchObject({ type: 'refused' });
    expect((await site.store.authorities.get(site.profile.label))?.roots).toEqual([]);
  });

  it('stay anchors of the profile then, so that a renewal is believed, and are said', async () => {
    const site = await makeSite({
      lab: { caPubs: 'root' },
      profile: { ...noRoots, trustCapubs: true },
    });
    await initialized(site);
    await site.relab({ caPubs: 'none' });
    const profile = await site.store.authorities.get(site.profile.label);
    const root = certificateDer(site.lab.authorities.root.certificate);
    expect(profile?.roots).toEqual([root]);
    expect(site.warnings).toEqual([expect.stringContaining('CN=Lab Root CA')]);
    const renewed = await update(site.context, { current: request().name, waitSeconds: 0 });
    expect(renewed).toMatchObject({ type: 'issued' });
  });

  it('of a refused certificate are not kept', async () => {
    const site = await makeSite({ profile: { ...noRoots, trustCapubs: true } });
    const stranger = site.lab.authorities['vendor-root'].certificate;
    site.setWire(forging(site, { caPubs: [stranger] }));
    expect(await initialize(site.context, request())).toMatchObject({ type: 'refused' });
    expect((await site.store.authorities.get(site.profile.label))?.roots).toEqual([]);
  });
});
