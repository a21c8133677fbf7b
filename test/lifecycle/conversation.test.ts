import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { hasImplicitConfirm } from '../../src/cmp/message/info-type-and-value.ts';
import { infoValue } from '../../src/cmp/message/info-values.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { pbmParameterOf } from '../../src/cmp/protection/pbm.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { revoke } from '../../src/lifecycle/revoke.ts';
import { update } from '../../src/lifecycle/update.ts';
import { presets } from '../../src/settings/presets.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { GeneralName } from '../../src/x509/general-name.ts';
import { nullDn, type Name } from '../../src/x509/name.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { initialized, makeSite, named, request, type Site } from './site.ts';

function headers({ sent }: Site) {
  return sent.map((der) => decodeMessage(der).header);
}

function hex(octets: Uint8Array | undefined): string {
  return toHex(octets ?? new Uint8Array());
}

function hexOf(name: GeneralName | undefined): string {
  return name ? toHex(toDer(GeneralName, name)) : 'none';
}

function directory(value: Name): string {
  return hexOf({ type: 'directoryName', value });
}

describe('the first message', () => {
  it('goes to nobody by name under a shared secret, unless somebody is configured [H4]', async () => {
    const site = await makeSite();
    await initialize(site.context, request());
    expect(hexOf(headers(site)[0]?.recipient)).toBe(directory(nullDn));
    const other = await makeSite({ profile: { recipient: 'CN=Lab Issuing CA' } });
    await initialize(other.context, request());
    expect(hexOf(headers(other)[0]?.recipient)).toBe(directory(parseName('CN=Lab Issuing CA')));
  });

  it('goes to the issuer of the certificate that signs it [H4]', async () => {
    const site = await makeSite();
    const { certificate } = await initialized(site);
    const before = site.sent.length;
    await update(site.context, { current: named('gw1'), waitSeconds: 60 });
    const { issuer } = decodeCertificate(certificate.der).tbsCertificate;
    expect(hexOf(headers(site)[before]?.recipient)).toBe(directory(issuer));
  });

  it('comes from the reference value, or from nobody where the CA profile says so [H3][H7]', async () => {
    const site = await makeSite();
    await initialize(site.context, request());
    const reference = site.profile.reference ?? '';
    const [first] = headers(site);
    expect(structuredClone(first?.sender)).toMatchObject({
      type: 'directoryName',
      value: { rdns: [[{ type: oids.commonName, value: { value: reference } }]] },
    });
    expect(hex(first?.senderKID)).toBe(toHex(utf8(reference)));
    const other = await makeSite({ profile: { macSender: 'null-dn' } });
    await initialize(other.context, request());
    const [nameless] = headers(other);
    expect(hexOf(nameless?.sender)).toBe(directory(nullDn));
    expect(hex(nameless?.senderKID)).toBe(toHex(utf8(reference)));
  });

  it('asks for implicitConfirm by NULL, unless the CA profile wants to confirm [H12][H16]', async () => {
    const site = await makeSite();
    await initialized(site);
    await update(site.context, { current: named('gw1'), waitSeconds: 60 });
    const [ir, certConf, kur, again] = headers(site);
    for (const header of [ir, kur]) {
      expect(header?.generalInfo?.map(({ infoType }) => infoType)).toEqual([oids.implicitConfirm]);
      expect(header?.generalInfo?.[0]?.infoValue).toEqual(Uint8Array.of(5, 0));
    }
    for (const header of [certConf, again]) expect(header?.generalInfo).toBeUndefined();
    const other = await makeSite({ profile: { implicitConfirm: false } });
    await initialized(other);
    expect(hasImplicitConfirm(headers(other)[0]?.generalInfo)).toBe(false);
  });

  it('names one certProfile where a certificate is asked for, if the CA profile has one [H13]', async () => {
    const site = await makeSite({ profile: { certProfile: 'gateway' } });
    await initialized(site);
    await update(site.context, { current: named('gw1'), waitSeconds: 60 });
    await revoke(site.context, {
      current: named('gw1'),
      reason: 'superseded',
      waitSeconds: 60,
    });
    const profiles = headers(site).map(({ generalInfo }) => infoValue(generalInfo, 'certProfile'));
    expect(profiles.map((names) => names && [...names])).toEqual([
      ['gateway'],
      undefined,
      ['gateway'],
      undefined,
      undefined,
    ]);
  });

  it('has a MAC with 16 octets of salt, SHA-256 and 10 000 iterations, if nothing else is said [P3]', async () => {
    const { pbm } = presets.rfc9483.behaviour;
    const site = await makeSite({ profile: { pbm } });
    await initialize(site.context, request());
    const { salt, owf, iterationCount, mac } = pbmParameterOf(
      headers(site)[0]?.protectionAlg ?? { algorithm: '' },
    );
    expect([salt.length, iterationCount]).toEqual([16, 10_000]);
    expect(owf.algorithm).toBe(oids.sha256);
    expect(mac.algorithm).toBe(oids.hmacWithSHA256);
    expect(hex(mac.parameters)).toBe('0500');
  });
});

describe('two transactions', () => {
  it('have no transactionID, nonce or salt in common, of 128 bits each [H9][H10]', async () => {
    const site = await makeSite();
    await initialize(site.context, request());
    await initialize(site.context, request({ name: named('gw2') }));
    const all = headers(site);
    const ids = all.map(({ transactionID }) => hex(transactionID));
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[3]).toBe(ids[2]);
    expect(ids[2]).not.toBe(ids[0]);
    const nonces = all.map(({ senderNonce }) => hex(senderNonce));
    expect(nonces.every((nonce) => /^[0-9a-f]{32}$/.test(nonce))).toBe(true);
    expect(new Set(nonces).size).toBe(4);
  });
});
