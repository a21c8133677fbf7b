import { describe, expect, it } from 'vitest';
import type { Lab } from '../../src/ca/lab.ts';
import type { PKIBody } from '../../src/cmp/message/pki-message.ts';
import type { Credential } from '../../src/cmp/protection/credential.ts';
import { verifySignature } from '../../src/crypto/signature.ts';
import { rawOf } from '../../src/asn1/codec.ts';
import {
  decodeCertificateList,
  findRevoked,
  listRevoked,
  reasonOf,
  type CertificateList,
} from '../../src/x509/certificate-list.ts';
import { extensionValue } from '../../src/x509/extension-values.ts';
import {
  certificateIn,
  converse,
  enrolled,
  gist,
  macCredential,
  ownCredential,
  request,
  rr,
  vendorCredential,
} from './lab-client.ts';
import { clockAt, openLab, temporaryDirectory } from './lab-under-test.ts';

const now = new Date('2026-11-01T12:00:00Z');

async function answerTo(lab: Lab, body: PKIBody, credential: Credential): Promise<string> {
  return gist(await converse(lab, credential).send(body));
}

async function crlOf(lab: Lab): Promise<CertificateList> {
  return decodeCertificateList(await lab.crl('issuing'));
}

describe('a rr', () => {
  it('signed with the certificate itself revokes it, with time and reason', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    const answer = await converse(lab, ownCredential(lab, certificate)).send(rr(certificate));
    expect(gist(answer)).toBe('rp accepted');
    const [named] = (answer.body.type === 'rp' && answer.body.value.revCerts) || [];
    expect(named?.serialNumber).toBe(certificate.tbsCertificate.serialNumber);
    expect(await lab.certificates()).toMatchObject([
      { status: 'revoked', revocation: { at: now, reason: 'keyCompromise' } },
    ]);
  });

  it('signed by the RA of the lab revokes, too', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    const ra: Credential = { type: 'signature', ...lab.authorities.ra, chain: [] };
    expect(await answerTo(lab, rr(certificate), ra)).toBe('rp accepted');
  });

  it('under a MAC is refused as wrongIntegrity', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    expect(await answerTo(lab, rr(certificate), macCredential)).toBe('rp rejection wrongIntegrity');
  });

  it('signed with another certificate is refused as notAuthorized', async () => {
    const lab = await openLab();
    const [first, second] = [await enrolled(lab), await enrolled(lab)];
    expect(await answerTo(lab, rr(first), ownCredential(lab, second))).toBe(
      'rp rejection notAuthorized',
    );
    expect(await answerTo(lab, rr(first), vendorCredential(lab))).toBe(
      'rp rejection notAuthorized',
    );
    expect(await lab.certificates()).toMatchObject([{ status: 'current' }, { status: 'current' }]);
  });

  it('for a certificate that is revoked is refused as certRevoked', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    const own = ownCredential(lab, certificate);
    await answerTo(lab, rr(certificate), own);
    expect(await answerTo(lab, rr(certificate, 'superseded'), own)).toBe(
      'rp rejection certRevoked',
    );
    expect(await lab.certificates()).toMatchObject([{ revocation: { reason: 'keyCompromise' } }]);
  });

  it('for a certificate that has expired is refused as certRevoked', async () => {
    const clock = clockAt(now);
    const lab = await openLab({ clock, settings: { validitySeconds: 60 } });
    const certificate = await enrolled(lab);
    clock.advance(61);
    expect(await answerTo(lab, rr(certificate), ownCredential(lab, certificate))).toBe(
      'rp rejection certRevoked',
    );
  });

  it('for a certificate whose key had another one before, that expired, is accepted', async () => {
    const clock = clockAt(now);
    const lab = await openLab({ clock, settings: { validitySeconds: 60 } });
    await enrolled(lab);
    clock.advance(61);
    const second = await enrolled(lab);
    expect(await answerTo(lab, rr(second), ownCredential(lab, second))).toBe('rp accepted');
    expect(await lab.certificates()).toMatchObject([{ status: 'current' }, { status: 'revoked' }]);
  });

  it('signed with a certificate that was never confirmed is refused', async () => {
    const lab = await openLab();
    const client = converse(lab);
    const certificate = certificateIn(await client.send({ type: 'ir', value: [await request()] }));
    expect(await answerTo(lab, rr(certificate), ownCredential(lab, certificate))).toBe(
      'error rejection signerNotTrusted',
    );
  });

  it('for an unknown serial number or another issuer is refused as badCertId', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    const own = ownCredential(lab, certificate);
    const { issuer, subject, serialNumber } = certificate.tbsCertificate;
    for (const certDetails of [
      { issuer, serialNumber: serialNumber + 1n },
      { issuer, serialNumber: -serialNumber },
      { issuer: subject, serialNumber },
    ]) {
      const body: PKIBody = { type: 'rr', value: [{ certDetails }] };
      expect(await answerTo(lab, body, own)).toBe('rp rejection badCertId');
    }
  });

  it('without a serial number, for two certificates or for none is refused', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    const own = ownCredential(lab, certificate);
    const details = rr(certificate).value;
    const { issuer } = certificate.tbsCertificate;
    const bare: PKIBody = { type: 'rr', value: [{ certDetails: { issuer } }] };
    expect(await answerTo(lab, bare, own)).toBe('rp rejection badCertTemplate');
    const two: PKIBody = { type: 'rr', value: [...details, ...details] };
    expect(await answerTo(lab, two, own)).toBe('rp rejection badRequest');
    expect(await answerTo(lab, { type: 'rr', value: [] }, own)).toBe('rp rejection badRequest');
    expect(await answerTo(lab, rr(certificate, 'removeFromCRL'), own)).toBe(
      'rp rejection badRequest',
    );
    expect(await lab.certificates()).toMatchObject([{ status: 'current' }]);
  });

  it('is answered the same when it comes again, octet for octet', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    const client = converse(lab, ownCredential(lab, certificate));
    await client.send(rr(certificate));
    const first = client.received;
    await client.sendDer(client.sent);
    expect(client.received).toEqual(first);
  });
});

describe('a CRL of the lab', () => {
  it('is signed by the CA, with its number, and empty at first', async () => {
    const lab = await openLab();
    const crl = await crlOf(lab);
    const { tbsCertList, signatureAlgorithm, signature } = crl;
    expect(tbsCertList.version).toBe(1);
    expect(tbsCertList.revokedCertificates).toBeUndefined();
    expect(extensionValue(tbsCertList.crlExtensions, 'cRLNumber')).toBe(1n);
    const isGood = verifySignature({
      spki: lab.authorities.issuing.key.spki,
      algorithm: signatureAlgorithm,
      data: rawOf(tbsCertList),
      signature,
      policy: { allowLegacy: false },
    });
    expect(isGood).toBe(true);
  });

  it('lists a revoked certificate under the next number, with a later time, at once', async () => {
    const lab = await openLab();
    const first = await crlOf(lab);
    const certificate = await enrolled(lab);
    await lab.revoke(1, 'superseded');
    const second = await crlOf(lab);
    const entry = findRevoked(second, certificate.tbsCertificate.serialNumber);
    expect(entry && reasonOf(entry)).toBe('superseded');
    expect(extensionValue(second.tbsCertList.crlExtensions, 'cRLNumber')).toBe(2n);
    expect(second.tbsCertList.thisUpdate.value.getTime()).toBeGreaterThan(
      first.tbsCertList.thisUpdate.value.getTime(),
    );
    expect(second.tbsCertList.thisUpdate.value.getTime()).toBeLessThanOrEqual(now.getTime());
  });

  it('stays the same until half of its time is over or something is revoked', async () => {
    const clock = clockAt(now);
    const lab = await openLab({ clock, settings: { crlValiditySeconds: 3600 } });
    const first = await lab.crl('issuing');
    clock.advance(1700);
    expect(await lab.crl('issuing')).toEqual(first);
    clock.advance(200);
    const second = decodeCertificateList(await lab.crl('issuing'));
    expect(extensionValue(second.tbsCertList.crlExtensions, 'cRLNumber')).toBe(2n);
    expect(second.tbsCertList.nextUpdate?.value).toEqual(new Date('2026-11-01T13:31:40Z'));
  });

  it('goes on with its numbers after a restart', async () => {
    const directory = temporaryDirectory();
    const before = await openLab({ directory });
    await before.crl('issuing');
    await enrolled(before);
    await before.close();
    const after = await openLab({ directory });
    await after.revoke(1);
    const crl = await crlOf(after);
    expect(extensionValue(crl.tbsCertList.crlExtensions, 'cRLNumber')).toBe(2n);
    expect([...listRevoked(crl)]).toHaveLength(1);
  });

  it('leaves out a reason that says nothing, and lists nobody for the root', async () => {
    const lab = await openLab();
    await enrolled(lab);
    await lab.revoke(1);
    const [entry] = listRevoked(await crlOf(lab));
    expect(entry?.crlEntryExtensions).toBeUndefined();
    const root = decodeCertificateList(await lab.crl('root'));
    expect([...listRevoked(root)]).toEqual([]);
  });
});

describe('a revoked certificate', () => {
  it('signs no more requests', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    await lab.revoke(1);
    const body: PKIBody = { type: 'cr', value: [await request()] };
    expect(await answerTo(lab, body, ownCredential(lab, certificate))).toBe(
      'error rejection certRevoked',
    );
  });
});
