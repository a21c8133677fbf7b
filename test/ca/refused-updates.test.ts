import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { CertId } from '../../src/cmp/message/cert-id.ts';
import type { CertReqMsg } from '../../src/cmp/message/cert-req-msg.ts';
import type { PKIBody } from '../../src/cmp/message/pki-message.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { parseName } from '../../src/x509/name-text.ts';
import {
  certConf,
  certificateIn,
  converse,
  deviceKey,
  gist,
  request,
  template,
  vendorCredential,
} from './lab-client.ts';
import { openLab } from './lab-under-test.ts';

const ir = (...value: readonly CertReqMsg[]): PKIBody => ({ type: 'ir', value });

describe('the lab refuses an update', () => {
  it('with a vendor certificate: badCertId', async () => {
    const { lab } = await withCertificate();
    const answer = await converse(lab, vendorCredential(lab)).send({
      type: 'kur',
      value: [await request()],
    });
    expect(gist(answer)).toBe('kup rejection badCertId');
  });

  it('whose oldCertID is another certificate or from another issuer: badCertId, wrongAuthority', async () => {
    const { lab, certificate, credential } = await withCertificate();
    const { issuer, serialNumber } = certificate.tbsCertificate;
    const ids: [CertId, string][] = [
      [{ issuer: { type: 'directoryName', value: issuer }, serialNumber: 1n }, 'badCertId'],
      [
        { issuer: { type: 'directoryName', value: parseName('CN=X') }, serialNumber },
        'wrongAuthority',
      ],
    ];
    for (const [id, failInfo] of ids) {
      const controls = [{ type: oids.oldCertID, value: toDer(CertId, id) }];
      const value = [await request(template(), { controls })];
      const answer = await converse(lab, credential).send({ type: 'kur', value });
      expect(gist(answer)).toBe(`kup rejection ${failInfo}`);
    }
  });

  it('that changes subject or subjectAltName: badCertTemplate', async () => {
    const { lab, credential } = await withCertificate();
    const names = [extension('subjectAltName', [{ type: 'dNSName', value: 'gw1.example' }])];
    for (const change of [{ subject: parseName('CN=gw2,O=Test') }, { extensions: names }]) {
      const value = [await request(template(change))];
      const answer = await converse(lab, credential).send({ type: 'kur', value });
      expect(gist(answer)).toBe('kup rejection badCertTemplate');
    }
  });

  it('of a revoked certificate: certRevoked', async () => {
    const { lab, credential } = await withCertificate();
    const [issued] = await lab.certificates();
    await lab.revoke(issued?.id ?? 0);
    const answer = await converse(lab, credential).send({ type: 'kur', value: [await request()] });
    expect(gist(answer)).toBe('error rejection certRevoked');
  });

  it('of a certificate that was never confirmed: signerNotTrusted', async () => {
    const lab = await openLab();
    const certificate = certificateIn(await converse(lab).send(ir(await request())));
    const credential = { type: 'signature', key: deviceKey, certificate, chain: [] } as const;
    const answer = await converse(lab, credential).send({ type: 'kur', value: [await request()] });
    expect(gist(answer)).toBe('error rejection signerNotTrusted');
  });

  it('a second time: badCertId, unless it is set to accept that', async () => {
    for (const superseded of ['refuse', 'accept'] as const) {
      const lab = await openLab({ settings: { superseded } });
      const first = converse(lab);
      const certificate = certificateIn(await first.send(ir(await request())));
      await first.send(certConf(certificate));
      const credential = { type: 'signature', key: deviceKey, certificate, chain: [] } as const;
      const update = converse(lab, credential);
      const updated = await update.send({ type: 'kur', value: [await request()] });
      await update.send(certConf(certificateIn(updated)));
      const again = await converse(lab, credential).send({ type: 'kur', value: [await request()] });
      expect(gist(again)).toBe(
        superseded === 'refuse' ? 'kup rejection badCertId' : 'kup accepted',
      );
    }
  });
});

async function withCertificate() {
  const lab = await openLab();
  const first = converse(lab);
  const certificate = certificateIn(await first.send(ir(await request())));
  await first.send(certConf(certificate));
  const credential = { type: 'signature', key: deviceKey, certificate, chain: [] } as const;
  return { lab, certificate, credential };
}
