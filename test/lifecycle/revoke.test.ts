import { describe, expect, it } from 'vitest';
import { DEFAULT_REFERENCE } from '../../src/ca/lab.ts';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { revoke, type IssuerAndSerial, type RevokeRequest } from '../../src/lifecycle/revoke.ts';
import { update } from '../../src/lifecycle/update.ts';
import { certificateDer, decodeCertificate } from '../../src/x509/certificate.ts';
import { crlReasons } from '../../src/x509/crl-reason.ts';
import { extensionValue } from '../../src/x509/extension-values.ts';
import { nullDn, sameName } from '../../src/x509/name.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { certConf, certificateIn, converse, macCredential } from '../ca/lab-client.ts';
import { pkcs10, requestKey } from './pkcs10.ts';
import { bring, signedAnswerFor } from './signed-answer.ts';
import {
  bodies,
  coded,
  initialized,
  issued,
  makeSite,
  named,
  outstanding,
  request,
  wanted,
  type Site,
} from './site.ts';

function asking(changes: Partial<RevokeRequest> = {}): RevokeRequest {
  return { current: named('gw1'), reason: 'keyCompromise', waitSeconds: 0, ...changes };
}

/** The rr that was sent. */
function sentRr(site: Site): Extract<PKIBody, { type: 'rr' }> {
  const found = site.sent.map((der) => decodeMessage(der).body).find((body) => body.type === 'rr');
  if (found?.type !== 'rr') throw new Error('no rr was sent');
  return found;
}

function issuerAndSerial(der: Uint8Array): IssuerAndSerial {
  const { issuer, serialNumber } = decodeCertificate(der).tbsCertificate;
  return { issuer, serialNumber };
}

/** Answer every rr with a body of the test's own, signed by the lab's RA. */
function answerRr(site: Site, body: PKIBody): void {
  site.setWire(async (der, lab) =>
    decodeMessage(der).body.type === 'rr' ? signedAnswerFor(site, der, body) : lab(der),
  );
}

describe('revoke()', () => {
  it('names issuer, serial number and reason of the certificate, and signs with it [B13][P11]', async () => {
    const site = await makeSite();
    const { certificate } = await initialized(site);
    const result = await revoke(site.context, asking());
    expect(result).toMatchObject({ type: 'revoked', name: 'gw1', reason: 'keyCompromise' });
    const { value } = sentRr(site);
    expect(value).toHaveLength(1);
    const { issuer, serialNumber } = issuerAndSerial(certificate.der);
    expect(value[0]?.certDetails.serialNumber).toBe(serialNumber);
    expect(sameName(value[0]?.certDetails.issuer ?? nullDn, issuer)).toBe(true);
    expect(value[0]?.crlEntryDetails).toHaveLength(1);
    expect(extensionValue(value[0]?.crlEntryDetails, 'reasonCode')).toBe('keyCompromise');
    const { header, extraCerts } = decodeMessage(site.sent.at(-1) ?? new Uint8Array());
    expect(header.generalInfo).toBeUndefined();
    expect(extraCerts?.[0] && certificateDer(extraCerts[0])).toEqual(certificate.der);
    expect(await site.lab.certificates()).toMatchObject([{ status: 'revoked' }]);
  });

  it('closes the transaction and marks the certificate, which is then not current [B13][L9]', async () => {
    const site = await makeSite();
    await initialized(site);
    await revoke(site.context, asking());
    expect(await site.store.transactions.outstanding()).toEqual([]);
    expect(await site.store.certificates.current('gw1')).toBeUndefined();
    expect(await site.store.certificates.list({ all: true })).toMatchObject([
      { name: 'gw1', revokedAt: site.clock.now(), revocationReason: 'keyCompromise' },
    ]);
    expect(await site.store.history.list()).toContainEqual(
      expect.objectContaining({ operation: 'rr', name: 'gw1', result: 'revoked' }),
    );
  });

  it.each(crlReasons.filter((reason) => reason !== 'removeFromCRL'))(
    'gives the reason %s [B13]',
    async (reason) => {
      const site = await makeSite();
      await initialized(site);
      await revoke(site.context, asking({ reason }));
      const details = sentRr(site).value[0]?.crlEntryDetails;
      expect(extensionValue(details, 'reasonCode')).toBe(reason);
      expect(await site.lab.certificates()).toMatchObject([{ status: 'revoked' }]);
    },
  );

  it('refuses to use a revoked certificate for anything more [B10][P10]', async () => {
    const site = await makeSite();
    await initialized(site);
    await revoke(site.context, asking());
    const before = site.sent.length;
    const current = named('gw1');
    const uses = [
      () => update(site.context, { current, waitSeconds: 0 }),
      () => revoke(site.context, asking()),
      () =>
        enroll(site.context, {
          current,
          name: named('gw2'),
          wanted: wanted('CN=gw2'),
          key: { type: 'generate', keyType: 'p-256' },
          waitSeconds: 0,
        }),
    ];
    for (const use of uses) {
      await expect(use()).rejects.toMatchObject(coded('CERT_INVALID'));
    }
    const signing = { type: 'signature', signer: current } as const;
    await expect(
      initialize(site.context, request({ name: named('gw3'), credential: signing })),
    ).rejects.toMatchObject({ name: 'CertError' });
    expect(site.sent).toHaveLength(before);
  });

  it('lets the name be used for a new certificate afterwards', async () => {
    const site = await makeSite();
    await initialized(site);
    await revoke(site.context, asking());
    const { certificate } = await initialized(site);
    expect(certificate).toMatchObject({ name: 'gw1', status: 'current' });
    expect(certificate.revokedAt).toBeUndefined();
  });

  it('is refused by the CA for the certificate of somebody else [B13]', async () => {
    const site = await makeSite();
    await initialized(site);
    issued(
      await initialize(site.context, request({ name: named('gw2'), wanted: wanted('CN=gw2') })),
    );
    const victim = await site.store.certificates.current('gw2');
    const other = issuerAndSerial(victim?.der ?? new Uint8Array());
    const result = await revoke(site.context, asking({ other }));
    expect(result).toMatchObject({ type: 'rejected', status: { failInfo: ['notAuthorized'] } });
    expect(await site.store.certificates.current('gw1')).toBeDefined();
    expect(await site.store.certificates.current('gw2')).toBeDefined();
  });

  it('marks the certificate that was named, not the one that signed, when an RA asks [B13]', async () => {
    const site = await makeSite();
    await initialized(site);
    await bring(site, 'ra', 'ra');
    const victim = await site.store.certificates.current('gw1');
    const other = issuerAndSerial(victim?.der ?? new Uint8Array());
    const result = await revoke(site.context, asking({ current: named('ra'), other }));
    expect(result).toMatchObject({
      type: 'revoked',
      name: 'ra',
      about: { name: 'gw1', serialNumber: other.serialNumber },
    });
    expect(await site.store.certificates.current('gw1')).toBeUndefined();
    expect(await site.store.certificates.current('ra')).toBeDefined();
  });

  it('revokes for an RA what is not in the store at all [B13]', async () => {
    const site = await makeSite();
    await bring(site, 'ra', 'ra');
    const der = await issuedToAnother(site);
    const result = await revoke(
      site.context,
      asking({ current: named('ra'), other: issuerAndSerial(der) }),
    );
    expect(result).toMatchObject({ type: 'revoked' });
    expect(await site.lab.certificates()).toMatchObject([{ status: 'revoked' }]);
    expect(await site.store.certificates.current('ra')).toBeDefined();
  });

  it('refuses to sign with a certificate that has expired, before anything is sent [P10]', async () => {
    const site = await makeSite({ lab: { validitySeconds: 86_400 } });
    await initialized(site);
    await site.clock.advance(2 * 86_400);
    const before = site.sent.length;
    await expect(revoke(site.context, asking())).rejects.toMatchObject(coded('CERT_INVALID'));
    expect(site.sent).toHaveLength(before);
  });
});

describe('revoke() answered', () => {
  it('certRevoked for a certificate that is not expired is done, and says what the CA said [L9]', async () => {
    const site = await makeSite();
    await initialized(site);
    const [labs] = await site.lab.certificates();
    await site.lab.revoke(labs?.id ?? 0, 'superseded');
    const result = await revoke(site.context, asking());
    expect(result).toMatchObject({ type: 'revoked', status: { failInfo: ['certRevoked'] } });
    expect(await site.store.certificates.current('gw1')).toBeUndefined();
  });

  it('certRevoked about an expired certificate of another is a rejection [L9]', async () => {
    const site = await makeSite({ lab: { validitySeconds: 86_400 } });
    await initialized(site);
    await bring(site, 'ra', 'ra');
    await site.clock.advance(2 * 86_400);
    const all = await site.store.certificates.list({ all: true });
    const other = issuerAndSerial(all.find(({ name }) => name === 'gw1')?.der ?? new Uint8Array());
    const result = await revoke(site.context, asking({ current: named('ra'), other }));
    expect(result).toMatchObject({ type: 'rejected', status: { failInfo: ['certRevoked'] } });
    expect(await site.store.certificates.current('gw1')).toMatchObject({ status: 'current' });
  });

  it('grantedWithMods waits for approval and revokes nothing here [L9]', async () => {
    const site = await makeSite();
    await initialized(site);
    answerRr(site, { type: 'rp', value: { status: [{ status: 'grantedWithMods' }] } });
    expect(await revoke(site.context, asking())).toMatchObject({ type: 'revocation-pending' });
    expect(await site.store.certificates.current('gw1')).toMatchObject({ status: 'current' });
    expect(await site.store.transactions.outstanding()).toEqual([]);
    const [closed] = await site.store.history.list(1);
    expect(closed?.text).toContain('waits for approval');
    site.setWire();
    expect(await revoke(site.context, asking())).toMatchObject({ type: 'revoked' });
  });

  it('accepted to removeFromCRL leaves the certificate in use [L9]', async () => {
    const site = await makeSite();
    await initialized(site);
    answerRr(site, { type: 'rp', value: { status: [{ status: 'accepted' }] } });
    const result = await revoke(site.context, asking({ reason: 'removeFromCRL' }));
    expect(result).toMatchObject({ type: 'revoked', reason: 'removeFromCRL' });
    expect(await site.store.certificates.current('gw1')).toMatchObject({ status: 'current' });
  });

  it.each([
    ['another serial number', { serialNumber: 4711n }],
    ['another issuer', { issuer: parseName('CN=Somebody Else') }],
  ])('accepted with revCerts that has %s is refused [L9]', async (_, changes) => {
    const site = await makeSite();
    const { certificate } = await initialized(site);
    const own = { ...issuerAndSerial(certificate.der), ...changes };
    const issuer = { type: 'directoryName', value: own.issuer } as const;
    const revCerts = [{ issuer, serialNumber: own.serialNumber }];
    answerRr(site, { type: 'rp', value: { status: [{ status: 'accepted' }], revCerts } });
    await expect(revoke(site.context, asking())).rejects.toMatchObject(
      coded('CMP_RESPONSE_INVALID'),
    );
    expect(await site.store.certificates.current('gw1')).toMatchObject({ status: 'current' });
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });

  it('accepted with failInfo is refused [L9]', async () => {
    const site = await makeSite();
    await initialized(site);
    const status = [{ status: 'accepted', failInfo: ['certRevoked'] }] as const;
    answerRr(site, { type: 'rp', value: { status } });
    await expect(revoke(site.context, asking())).rejects.toMatchObject(
      coded('CMP_RESPONSE_INVALID'),
    );
    expect(await site.store.certificates.current('gw1')).toBeDefined();
  });

  it('certRevoked without protection is never taken for done, whatever the profile takes [R12][L12]', async () => {
    const site = await makeSite({ profile: { unprotectedErrors: true } });
    await initialized(site);
    site.setWire(async (der, lab) => {
      if (decodeMessage(der).body.type !== 'rr') return lab(der);
      const status = [{ status: 'rejection', failInfo: ['certRevoked'] }] as const;
      return signedAnswerFor(site, der, { type: 'rp', value: { status } }, { isBare: true });
    });
    const result = await revoke(site.context, asking());
    expect(result).toMatchObject({ type: 'rejected', isUnauthenticated: true });
    expect(await site.store.certificates.current('gw1')).toMatchObject({ status: 'current' });
  });
});

describe('revoke() that the CA delays', () => {
  it('polls for the whole answer with certReqId -1, later and in another process [L1][L4][B13]', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.relab({ polls: 1, delay: 'error', checkAfterSeconds: 3600 });
    expect(await revoke(site.context, asking())).toMatchObject({ type: 'waiting' });
    expect(await outstanding(site.store)).toMatchObject({ operation: 'rr', name: 'gw1' });
    expect(await site.store.certificates.current('gw1')).toBeDefined();
    await site.clock.advance(3600);
    const later = await poll(await site.open(), { name: named('gw1'), waitSeconds: 0 });
    expect(later).toMatchObject({ type: 'revoked', reason: 'keyCompromise' });
    const { body } = decodeMessage(site.sent.at(-1) ?? new Uint8Array());
    expect(body.type === 'pollReq' && body.value.map(({ certReqId }) => certReqId)).toEqual([-1]);
    expect(await site.store.certificates.current('gw1')).toBeUndefined();
  });

  it('is carried on with when the command is repeated, and not sent twice [L4]', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.relab({ polls: 1, delay: 'error', checkAfterSeconds: 3600 });
    await revoke(site.context, asking());
    await site.clock.advance(3600);
    expect(await revoke(site.context, asking())).toMatchObject({ type: 'revoked' });
    expect(bodies(site.sent).filter((body) => body === 'rr')).toHaveLength(1);
  });

  it('stands in the way of an update until it is over', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.relab({ polls: 1, delay: 'error', checkAfterSeconds: 3600 });
    await revoke(site.context, asking());
    await expect(
      update(site.context, { current: named('gw1'), waitSeconds: 0 }),
    ).rejects.toMatchObject(coded('TRANSACTION_OUTSTANDING'));
  });
});

/** A certificate of the lab that another client has. */
async function issuedToAnother({ lab }: Site): Promise<Uint8Array> {
  const secret = lab.secrets.get(DEFAULT_REFERENCE) ?? new Uint8Array();
  const { protectionAlg } = macCredential;
  if (!protectionAlg) throw new Error('no MAC');
  const client = converse(lab, {
    type: 'mac',
    reference: DEFAULT_REFERENCE,
    secret,
    protectionAlg,
  });
  const key = requestKey();
  const csr = await pkcs10({ key, subject: 'CN=elsewhere' });
  const certificate = certificateIn(await client.send({ type: 'p10cr', value: csr }));
  await client.send(certConf(certificate));
  return certificateDer(certificate);
}
