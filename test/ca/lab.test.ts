import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import type { LabOptions } from '../../src/ca/lab.ts';
import { hasImplicitConfirm, implicitConfirm } from '../../src/cmp/message/info-type-and-value.ts';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import { pbmParameterOf } from '../../src/cmp/protection/pbm.ts';
import { digest, digestAlgorithm } from '../../src/crypto/digest.ts';
import { validatePath } from '../../src/revocation/validate-path.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension, extensionValue } from '../../src/x509/extension-values.ts';
import { nullDn } from '../../src/x509/name.ts';
import { formatName, parseName } from '../../src/x509/name-text.ts';
import { timeOf } from '../../src/x509/time.ts';
import {
  certConf,
  certificateIn,
  converse,
  deviceKey,
  gist,
  request,
  statusIn,
  template,
  vendorCredential,
} from './lab-client.ts';
import { clockAt, openLab, temporaryDirectory } from './lab-under-test.ts';

const now = new Date('2026-11-01T12:00:00Z');

async function ir(): Promise<PKIBody> {
  return { type: 'ir', value: [await request()] };
}

const poll: PKIBody = { type: 'pollReq', value: [{ certReqId: 0 }] };

describe('a certificate of the lab', () => {
  it('has a path to the root, and begins now with the validity that is set', async () => {
    const lab = await openLab({ settings: { validitySeconds: 5 } });
    const certificate = certificateIn(await converse(lab).send(await ir()));
    const { validity, extensions } = certificate.tbsCertificate;
    expect(validity.notBefore.value).toEqual(now);
    expect(validity.notAfter.value).toEqual(new Date(now.getTime() + 5000));
    expect(extensionValue(extensions, 'keyUsage')).toEqual(['digitalSignature']);
    const verdict = validatePath({
      certificate,
      intermediates: [lab.authorities.issuing.certificate],
      anchors: [lab.authorities.root.certificate],
      at: now,
      policy: { allowLegacy: false },
    });
    expect(verdict.type).toBe('valid');
  });

  it('has a critical subjectAltName when that is its only name', async () => {
    const lab = await openLab();
    const names = extension('subjectAltName', [{ type: 'dNSName', value: 'gw1.example' }]);
    const value = [await request(template({ subject: nullDn, extensions: [names] }))];
    const { tbsCertificate } = certificateIn(await converse(lab).send({ type: 'ir', value }));
    const issued = tbsCertificate.extensions?.find(({ extnID }) => extnID === oids.subjectAltName);
    expect(issued?.critical).toBe(true);
  });

  it('is grantedWithMods without an extension the lab does not issue', async () => {
    const lab = await openLab();
    const extensions = [
      { extnID: oids.subjectInfoAccess, critical: false, extnValue: Uint8Array.of(5, 0) },
    ];
    const value = [await request(template({ extensions }))];
    const answer = await converse(lab).send({ type: 'ir', value });
    expect(gist(answer)).toBe('ip grantedWithMods');
  });
});

describe('a validity asked for', () => {
  it('is granted as it is, or shortened to what the lab allows, which is grantedWithMods', async () => {
    for (const [days, answer, granted] of [
      [20, 'ip accepted', 20],
      [91, 'ip grantedWithMods', 90],
    ] as const) {
      const lab = await openLab();
      const validity = { notBefore: timeOf(now), notAfter: timeOf(daysOn(days)) };
      const value = [await request(template({ validity }))];
      const message = await converse(lab).send({ type: 'ir', value });
      expect(gist(message)).toBe(answer);
      expect(certificateIn(message).tbsCertificate.validity.notAfter.value).toEqual(
        daysOn(granted),
      );
    }
  });
});

function daysOn(days: number): Date {
  return new Date(now.getTime() + days * 86_400_000);
}

describe('an answer of the lab', () => {
  it('to a MAC is a MAC with a salt of its own and the reference as senderKID', async () => {
    const { header } = await converse(await openLab()).send(await ir());
    expect(Buffer.from(header.senderKID ?? []).toString()).toBe('device-0001');
    const { salt, iterationCount } = pbmParameterOf(header.protectionAlg ?? { algorithm: '' });
    expect(salt).toHaveLength(16);
    expect(iterationCount).toBe(1024);
  });

  it('to a signature is signed by the RA, with its certificate first and the chain', async () => {
    const lab = await openLab();
    const { header, extraCerts = [] } = await converse(lab, vendorCredential(lab)).send(await ir());
    expect(header.protectionAlg?.algorithm).toBe(oids.ecdsaWithSHA256);
    const names = extraCerts.map(({ tbsCertificate }) => formatName(tbsCertificate.subject));
    expect(names).toEqual(['CN=Lab RA,O=certkeeper lab', 'CN=Lab Issuing CA,O=certkeeper lab']);
  });

  it('has the version of the message it answers', async () => {
    const client = converse(await openLab());
    const issued = await client.send(await ir());
    expect(issued.header.pvno).toBe(2);
    const confirmed = await client.send(certConf(certificateIn(issued)), { pvno: 3 });
    expect(confirmed.header.pvno).toBe(3);
  });

  it('brings caPubs in an ip only', async () => {
    const lab = await openLab({ settings: { caPubs: 'root' } });
    const { body } = await converse(lab).send(await ir());
    expect(body.type === 'ip' && body.value.caPubs).toHaveLength(1);
    const cr = await converse(lab).send({ type: 'cr', value: [await request()] });
    expect(cr.body.type === 'cp' && cr.body.value.caPubs).toBeUndefined();
  });
});

describe('certConf', () => {
  it('makes the certificate current, and pkiconf answers it', async () => {
    const lab = await openLab();
    const client = converse(lab);
    const certificate = certificateIn(await client.send(await ir()));
    expect(await lab.certificates()).toMatchObject([{ status: 'issued' }]);
    expect(gist(await client.send(certConf(certificate)))).toBe('pkiconf');
    expect(await lab.certificates()).toMatchObject([{ status: 'current' }]);
    expect(gist(await client.send(certConf(certificate)))).toBe('error rejection certConfirmed');
  });

  it('with a wrong hash is refused as badCertId, and the certificate is taken back', async () => {
    const lab = await openLab();
    const client = converse(lab);
    await client.send(await ir());
    const value = [{ certHash: new Uint8Array(32), certReqId: 0 }];
    const answer = await client.send({ type: 'certConf', value });
    expect(gist(answer)).toBe('error rejection badCertId');
    expect(await lab.certificates()).toMatchObject([{ status: 'rejected' }]);
  });

  it('that rejects, or is empty, takes the certificate back', async () => {
    for (const value of [[], [{ certHash: new Uint8Array(32), certReqId: 0, statusInfo }]]) {
      const lab = await openLab();
      const client = converse(lab);
      await client.send(await ir());
      expect(gist(await client.send({ type: 'certConf', value }))).toBe('pkiconf');
      expect(await lab.certificates()).toMatchObject([{ status: 'rejected' }]);
    }
  });

  it('may name its hash with pvno 3, and not with pvno 2', async () => {
    for (const [pvno, answer] of [
      [3, 'pkiconf'],
      [2, 'error rejection badRequest'],
    ] as const) {
      const lab = await openLab();
      const client = converse(lab);
      const certificate = certificateIn(await client.send(await ir()));
      const hash = digest('sha512', certificateDer(certificate));
      const value = [{ certHash: hash, certReqId: 0, hashAlg: digestAlgorithm('sha512') }];
      expect(gist(await client.send({ type: 'certConf', value }, { pvno }))).toBe(answer);
    }
  });

  it('is not needed when implicitConfirm was asked for and is granted', async () => {
    const generalInfo = [implicitConfirm];
    for (const grants of [true, false]) {
      const lab = await openLab({ settings: { implicitConfirm: grants } });
      const { header } = await converse(lab).send(await ir(), { generalInfo });
      expect(hasImplicitConfirm(header.generalInfo)).toBe(grants);
      const status = grants ? 'current' : 'issued';
      expect(await lab.certificates()).toMatchObject([{ status }]);
    }
    const unasked = await converse(await openLab()).send(await ir());
    expect(hasImplicitConfirm(unasked.header.generalInfo)).toBe(false);
  });
});

const statusInfo = { status: 'rejection', failInfo: ['incorrectData'] } as const;

describe('a waiting request', () => {
  it('is granted after the polls set, and implicitConfirm with it', async () => {
    const lab = await openLab({ settings: { polls: 2, checkAfterSeconds: 7 } });
    const client = converse(lab);
    expect(gist(await client.send(await ir(), { generalInfo: [implicitConfirm] }))).toBe(
      'ip waiting',
    );
    for (let i = 0; i < 2; i++) {
      const { body } = await client.send(poll);
      expect(body.type === 'pollRep' && body.value[0]).toMatchObject({ checkAfter: 7 });
      expect(await lab.issuedCount()).toBe(0);
    }
    const answer = await client.send(poll);
    expect(gist(answer)).toBe('ip accepted');
    expect(hasImplicitConfirm(answer.header.generalInfo)).toBe(true);
    expect(gist(await client.send(poll))).toBe('error rejection badRequest');
    expect(await lab.issuedCount()).toBe(1);
  });

  it('waits for approval, which may come from another process', async () => {
    const directory = temporaryDirectory();
    const lab = await openLab({ directory, settings: { approval: 'manual' } });
    const client = converse(lab);
    await client.send(await ir());
    expect(gist(await client.send(poll))).toBe('pollRep');
    const other = await openLab({ directory });
    const [waiting] = await other.requests();
    expect(waiting).toMatchObject({ phase: 'waiting', subject: 'CN=gw1,O=Test' });
    await other.approve(waiting?.id ?? 0);
    expect(gist(await client.send(poll))).toBe('ip accepted');
    await expect(other.approve(waiting?.id ?? 0)).rejects.toMatchObject({ code: 'USAGE_INVALID' });
  });

  it('is told why it was denied', async () => {
    const lab = await openLab({ settings: { approval: 'manual' } });
    const client = converse(lab);
    await client.send(await ir());
    await lab.deny(1, 'Not on the list');
    const answer = await client.send(poll);
    expect(gist(answer)).toBe('ip rejection notAuthorized');
    expect(statusIn(answer)?.statusString?.[0]).toBe('Not on the list');
    expect(await lab.issuedCount()).toBe(0);
  });

  it('is polled for as a whole when it was delayed by an error message', async () => {
    const lab = await openLab({ settings: { polls: 1, delay: 'error' } });
    const client = converse(lab);
    expect(gist(await client.send(await ir()))).toBe('error waiting');
    const { senderNonce: recipNonce = new Uint8Array() } = decodeMessage(client.received).header;
    expect(gist(await client.send(poll))).toBe('error rejection badRequest');
    const whole: PKIBody = { type: 'pollReq', value: [{ certReqId: -1 }] };
    const { body } = await client.send(whole, { recipNonce });
    expect(body.type === 'pollRep' && body.value[0]).toMatchObject({ certReqId: -1 });
    expect(gist(await client.send(whole))).toBe('ip accepted');
  });

  it.each(['poll', 'request'] as const)(
    'gets the nonce of the %s back in the end',
    async (delayedNonce) => {
      const lab = await openLab({ settings: { polls: 1, delayedNonce } });
      const client = converse(lab);
      await client.send(await ir());
      const first = decodeMessage(client.sent).header.senderNonce;
      await client.send(poll);
      const { header } = await client.send(poll);
      const last = decodeMessage(client.sent).header.senderNonce;
      expect(header.recipNonce).toEqual(delayedNonce === 'poll' ? last : first);
    },
  );
});

describe('a message sent again', () => {
  it('gets the identical answer and no second certificate, at once or after a restart', async () => {
    const options: Partial<LabOptions> = { directory: temporaryDirectory(), clock: clockAt(now) };
    const lab = await openLab(options);
    const client = converse(lab);
    await client.send(await ir());
    const { sent, received } = client;
    const [one, two] = await Promise.all([lab.handle(sent), lab.handle(sent)]);
    expect([one, two].map((der) => Buffer.from(der).equals(received))).toEqual([true, true]);

    const restarted = await openLab(options);
    expect(Buffer.from(await restarted.handle(sent)).equals(received)).toBe(true);
    expect(await restarted.issuedCount()).toBe(1);
    const resumed = converse(restarted);
    const { header } = decodeMessage(received);
    const answer = await resumed.send(certConf(certificateIn(decodeMessage(received))), {
      transactionID: header.transactionID ?? new Uint8Array(),
      recipNonce: header.senderNonce ?? new Uint8Array(),
    });
    expect(gist(answer)).toBe('pkiconf');
  });

  it('of two copies that come at the same time only one counts', async () => {
    const prepared = converse(await openLab());
    await prepared.send(await ir());
    const lab = await openLab();
    const answers = await Promise.all([lab.handle(prepared.sent), lab.handle(prepared.sent)]);
    expect(Buffer.compare(answers[0] ?? Buffer.of(), answers[1] ?? Buffer.of())).toBe(0);
    expect(await lab.issuedCount()).toBe(1);
  });

  it('is refused with transactionIdInUse when the lab is set so', async () => {
    const lab = await openLab({ settings: { retransmission: 'refuse' } });
    const client = converse(lab);
    await client.send(await ir());
    expect(gist(await client.sendDer(client.sent))).toBe('error rejection transactionIdInUse');
    expect(await lab.issuedCount()).toBe(1);
  });

  it('is refused with certConfirmed when it is a certConf that confirmed, also later', async () => {
    const lab = await openLab({ settings: { retransmission: 'refuse' } });
    const client = converse(lab);
    const certificate = certificateIn(await client.send(await ir()));
    expect(gist(await client.send(certConf(certificate)))).toBe('pkiconf');
    expect(gist(await client.sendDer(client.sent))).toBe('error rejection certConfirmed');

    const credential = { type: 'signature', key: deviceKey, certificate, chain: [] } as const;
    const { sent } = client;
    const update = converse(lab, credential);
    const updated = await update.send({ type: 'kur', value: [await request()] });
    await update.send(certConf(certificateIn(updated)));
    expect(await lab.certificates()).toMatchObject([{ status: 'superseded' }, {}]);
    expect(gist(await client.sendDer(sent))).toBe('error rejection certConfirmed');
  });

  it('never gets certConfirmed when it is a certConf that rejected, or did not fit', async () => {
    for (const value of [[], [{ certHash: new Uint8Array(32), certReqId: 0 }]]) {
      const lab = await openLab({ settings: { retransmission: 'refuse' } });
      const client = converse(lab);
      const certificate = certificateIn(await client.send(await ir()));
      const answer = await client.send({ type: 'certConf', value });
      const { sent } = client;
      expect(gist(await client.sendDer(sent))).toBe('error rejection badRequest');
      const recipNonce = answer.header.senderNonce ?? new Uint8Array();
      const late = await client.send(certConf(certificate), { recipNonce });
      expect(gist(late)).toBe('error rejection badRequest');
      expect(await lab.certificates()).toMatchObject([{ status: 'rejected' }]);

      await lab.revoke(1);
      expect(gist(await client.sendDer(sent))).toBe('error rejection certRevoked');
    }
  });

  it('gets the identical rejection too', async () => {
    const lab = await openLab({ settings: { refuse: 'systemFailure' } });
    const client = converse(lab);
    expect(gist(await client.send(await ir()))).toBe('ip rejection systemFailure');
    expect(Buffer.from(await lab.handle(client.sent)).equals(client.received)).toBe(true);
  });
});

describe('a lab', () => {
  it('keeps authorities, secrets and certificates over a restart', async () => {
    const directory = temporaryDirectory();
    const first = await openLab({ directory, settings: { keyType: 'ed25519' } });
    const second = await openLab({ directory, secrets: new Map() });
    expect(certificateDer(second.authorities.root.certificate)).toEqual(
      certificateDer(first.authorities.root.certificate),
    );
    expect([...second.secrets.keys()]).toEqual(['device-0001']);
    await expect(openLab({ directory, settings: { keyType: 'p-256' } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('makes a secret of its own when it is given none', async () => {
    const lab = await openLab({ secrets: new Map() });
    expect([...lab.secrets].map(([name, secret]) => [name, secret.length])).toEqual([
      ['device-0001', 40],
    ]);
  });

  it('issues nothing and answers nothing when the ledger cannot be written', async () => {
    const lab = await openLab();
    await lab.close();
    await expect(converse(lab).send(await ir())).rejects.toThrow(/database/);
  });

  it('refuses the subjects it is set to refuse, and no others', async () => {
    const lab = await openLab({
      settings: { refuseSubject: 'CN=gw1,*', refuse: 'unacceptedPolicy' },
    });
    expect(gist(await converse(lab).send(await ir()))).toBe('ip rejection unacceptedPolicy');
    const value = [await request(template({ subject: parseName('CN=gw2') }), {}, deviceKey)];
    expect(gist(await converse(lab).send({ type: 'ir', value }))).toBe('ip accepted');
  });
});
