import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { CertError } from '../../src/base/errors.ts';
import { issuerOf } from '../../src/ca/authority.ts';
import { issueCrl } from '../../src/ca/issue-crl.ts';
import { DEFAULT_REFERENCE } from '../../src/ca/lab.ts';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import type { PKIHeader } from '../../src/cmp/message/pki-header.ts';
import type { MacCredential } from '../../src/cmp/protection/credential.ts';
import { pbmAlgorithm } from '../../src/cmp/protection/pbm.ts';
import { digestAlgorithm } from '../../src/crypto/digest.ts';
import { macAlgorithm } from '../../src/crypto/mac.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { requestInfo } from '../../src/lifecycle/info.ts';
import { update } from '../../src/lifecycle/update.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { Name } from '../../src/x509/name.ts';
import { answerDer } from '../cmp/answers.ts';
import { signedAnswerFor } from './signed-answer.ts';
import {
  bodies,
  coded,
  initialized,
  makeSite,
  named,
  outstanding,
  random,
  request,
  type Site,
} from './site.ts';

const again = { current: named('gw1'), waitSeconds: 0 } as const;

/** Answer messages of one kind with a body nobody protects; the lab answers the others. */
function bare(
  site: Site,
  to: PKIBody['type'],
  body: PKIBody,
  header: (of: PKIHeader) => Partial<PKIHeader> = () => ({}),
): void {
  site.setWire(async (der, lab) => {
    const message = decodeMessage(der);
    if (message.body.type !== to) return lab(der);
    return signedAnswerFor(site, der, body, { isBare: true, header: header(message.header) });
  });
}

/** The lab's side of the shared secret. */
function macOf({ lab }: Site): MacCredential {
  return {
    type: 'mac',
    reference: DEFAULT_REFERENCE,
    secret: lab.secrets.get(DEFAULT_REFERENCE) ?? new Uint8Array(),
    protectionAlg: pbmAlgorithm({
      salt: random.bytes(16),
      owf: digestAlgorithm('sha256'),
      iterationCount: 100,
      mac: macAlgorithm('hmac-sha256'),
    }),
  };
}

function networkDown(): CertError {
  return new CertError('NETWORK_UNREACHABLE', 'Cannot connect');
}

const rejecting = { status: 'rejection', failInfo: ['badRequest'] } as const;
const error: PKIBody = { type: 'error', value: { pKIStatusInfo: rejecting } };
const rejected = (type: 'ip' | 'cp' | 'kup'): PKIBody => ({
  type,
  value: { response: [{ certReqId: 0, status: rejecting }] },
});

describe('an unprotected rejection', () => {
  it('ends nothing that can still be polled for, unless the profile says so [R12][L12]', async () => {
    const site = await makeSite({ lab: { polls: 1, checkAfterSeconds: 60 } });
    await initialize(site.context, request({ waitSeconds: 0 }));
    bare(site, 'pollReq', error);
    await site.clock.advance(60);
    const name = named('gw1');
    await expect(poll(site.context, { name, waitSeconds: 0 })).rejects.toMatchObject(
      coded('CMP_PROTECTION_MISSING'),
    );
    expect(await outstanding(site.store)).toMatchObject({ phase: 'waiting' });
    site.setWire();
    await site.clock.advance(60);
    expect(await poll(site.context, { name, waitSeconds: 60 })).toMatchObject({ type: 'issued' });
  });

  it.each([error, rejected('ip')])(
    'is the answer where the profile says so, marked as nobody’s word: $type [R12]',
    async (body) => {
      const site = await makeSite({ profile: { unprotectedErrors: true } });
      bare(site, 'ir', body);
      const result = await initialize(site.context, request({ waitSeconds: 3600 }));
      expect(result).toMatchObject({ type: 'rejected', isUnauthenticated: true });
      expect(bodies(site.sent)).toEqual(['ir']);
      expect(await site.store.transactions.outstanding()).toEqual([]);
    },
  );

  it('fits the request, or is refused: a kup rejects no ir [R12][R13]', async () => {
    const site = await makeSite({ profile: { unprotectedErrors: true } });
    bare(site, 'ir', rejected('kup'));
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('CMP_PROTECTION_MISSING'),
    );
  });

  it.each<[string, (of: PKIHeader) => Partial<PKIHeader>]>([
    ['another transaction', () => ({ transactionID: random.bytes(16) })],
    ['another request', () => ({ recipNonce: random.bytes(16) })],
  ])('of %s is refused whatever the profile says [R2][R3][R12]', async (_, header) => {
    const site = await makeSite({ profile: { unprotectedErrors: true } });
    bare(site, 'ir', error, header);
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('CMP_PROTECTION_MISSING'),
    );
  });

  it('of a question ends it [R12]', async () => {
    const site = await makeSite({ profile: { unprotectedErrors: true } });
    bare(site, 'genm', error);
    const result = await requestInfo(site.context, {
      infoType: oids.caCerts,
      credential: { type: 'mac' },
      acceptRoot: false,
      waitSeconds: 60,
    });
    expect(result).toMatchObject({ type: 'rejected' });
    expect(bodies(site.sent)).toEqual(['genm']);
  });
});

describe('an unprotected yes', () => {
  it('is refused whatever the profile says: pkiconf [R12]', async () => {
    const site = await makeSite({ profile: { unprotectedErrors: true } });
    bare(site, 'certConf', { type: 'pkiconf', value: null });
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('CMP_PROTECTION_MISSING'),
    );
    expect(await site.store.certificates.current('gw1')).toBeUndefined();
  });

  it('is no yes where it says certConfirmed [R12][C12]', async () => {
    const site = await makeSite({ profile: { unprotectedErrors: true } });
    const confirmed = { status: 'rejection', failInfo: ['certConfirmed'] } as const;
    bare(site, 'certConf', { type: 'error', value: { pKIStatusInfo: confirmed } });
    const result = await initialize(site.context, request());
    expect(result).toMatchObject({ type: 'unconfirmed' });
    expect(await site.store.certificates.current('gw1')).toBeUndefined();
  });

  it('is refused whatever the profile says: waiting [R12]', async () => {
    const site = await makeSite({ profile: { unprotectedErrors: true } });
    const waiting = { status: 'waiting' } as const;
    bare(site, 'ir', { type: 'error', value: { pKIStatusInfo: waiting } });
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('CMP_PROTECTION_MISSING'),
    );
  });
});

describe('a signed answer to a request under the shared secret', () => {
  const lab = { responseProtection: 'signature' } as const;

  it('is refused as RFC 9483 has it [R8]', async () => {
    const site = await makeSite({ lab });
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('CMP_PROTECTION_INVALID'),
    );
  });

  it('is taken where the profile says so, through the whole transaction [R8]', async () => {
    const site = await makeSite({
      lab: { ...lab, polls: 1, checkAfterSeconds: 1 },
      profile: { signedAnswers: true, minPollSeconds: 1 },
    });
    await initialized(site);
    expect(bodies(site.sent)).toEqual(['ir', 'pollReq', 'pollReq', 'certConf']);
  });

  it('is refused all the same when its signer leads to no anchor [R8][R10]', async () => {
    const other = await makeSite({ lab });
    const roots = [certificateDer(other.lab.authorities.root.certificate)];
    const site = await makeSite({ lab, profile: { signedAnswers: true, roots } });
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('CMP_SIGNER_UNTRUSTED'),
    );
  });

  it('is taken without the switch when it is an error [R8]', async () => {
    const site = await makeSite({ lab: { ...lab, delay: 'error', polls: 1 } });
    site.setWire((der) => signedAnswerFor(site, der, error));
    expect(await initialize(site.context, request())).toMatchObject({
      type: 'rejected',
      status: rejecting,
    });
  });
});

describe('a signer whose keyUsage lacks digitalSignature', () => {
  it('is refused as RFC 9483 has it [R10]', async () => {
    const { context } = await withoutDigitalSignature(false);
    await expect(update(context, again)).rejects.toMatchObject(coded('CMP_SIGNER_UNTRUSTED'));
  });

  it('is taken where the profile says so [R10]', async () => {
    const { context } = await withoutDigitalSignature(true);
    expect(await update(context, again)).toMatchObject({ type: 'issued' });
  });
});

describe('a protected error that does not repeat our nonce', () => {
  it('is refused as RFC 9483 has it [R3]', async () => {
    const site = await makeSite();
    erring(site, ['recipNonce']);
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('CMP_NONCE_MISMATCH'),
    );
  });

  it('is taken where the profile says so, and only as an end [R3][R4]', async () => {
    const site = await makeSite({ profile: { lenientErrorNonces: true } });
    erring(site, ['recipNonce', 'senderNonce']);
    expect(await initialize(site.context, request())).toMatchObject({ type: 'rejected' });
    const waiting = { status: 'waiting' } as const;
    erring(site, ['senderNonce'], { type: 'error', value: { pKIStatusInfo: waiting } });
    await expect(initialize(site.context, request({ name: named('gw2') }))).rejects.toMatchObject(
      coded('CMP_NONCE_MISMATCH'),
    );
  });
});

describe('mac-sender', () => {
  it.each(['reference', 'null-dn'] as const)(
    'is how the sender under the shared secret is named: %s [H3][H7]',
    async (macSender) => {
      const site = await makeSite({ profile: { macSender } });
      await initialized(site);
      for (const der of site.sent) {
        const { sender, senderKID } = decodeMessage(der).header;
        expect(Buffer.from(senderKID ?? []).toString()).toBe(DEFAULT_REFERENCE);
        expect(sender.type === 'directoryName' && sender.value.rdns.length).toBe(
          macSender === 'reference' ? 1 : 0,
        );
      }
    },
  );
});

describe('rsa-signature pss', () => {
  it('signs everything of a transaction with PSS: request, proof of possession, certConf [P7]', async () => {
    const site = await makeSite({ profile: { rsaSignature: 'pss' } });
    await initialized(site, { key: { type: 'generate', keyType: 'rsa-2048' } });
    await update(site.context, again);
    const messages = site.sent.map((der) => decodeMessage(der));
    const proofs = messages.flatMap(({ body }) =>
      body.type === 'ir' || body.type === 'kur' ? body.value.map(({ popo }) => popo) : [],
    );
    expect(proofs).toHaveLength(2);
    for (const popo of proofs) {
      expect(popo?.type === 'signature' && popo.value.algorithmIdentifier.algorithm).toBe(
        oids.rsassaPss,
      );
    }
    const signed = messages.slice(-2).map(({ header }) => header.protectionAlg?.algorithm);
    expect(signed).toEqual([oids.rsassaPss, oids.rsassaPss]);
  });
});

describe('pvno 3 in the profile', () => {
  it('is in every message, and what the answer has to have [H1][R1]', async () => {
    const site = await makeSite({ profile: { pvno: 3 } });
    await initialized(site);
    expect(site.sent.map((der) => decodeMessage(der).header.pvno)).toEqual([3, 3]);
    site.lab.inject('pvno-9');
    await expect(update(site.context, again)).rejects.toMatchObject(
      coded('CMP_VERSION_UNSUPPORTED'),
    );
  });
});

describe('a pinned signer', () => {
  it('is refused once a CRL that is here has it [R17]', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.setProfile({
      serverCertificate: certificateDer(site.lab.authorities.ra.certificate),
    });
    expect(await update(site.context, again)).toMatchObject({ type: 'issued' });
    const { issuing, ra } = site.lab.authorities;
    const now = site.clock.now();
    const { serialNumber, issuer } = ra.certificate.tbsCertificate;
    await site.store.crls.put({
      ca: site.profile.label,
      issuer: toDer(Name, issuer),
      der: await issueCrl(
        {
          number: 1,
          thisUpdate: now,
          nextUpdate: now,
          revoked: [{ serialNumber, at: now, reason: 'keyCompromise' }],
        },
        issuerOf(issuing),
      ),
      thisUpdate: now,
      fetchedAt: now,
    });
    await expect(update(site.context, again)).rejects.toMatchObject(coded('CMP_SIGNER_UNTRUSTED'));
  });
});

describe('confirmWaitTime', () => {
  it('is no reason to send certConf again once it is over [C13]', async () => {
    const site = await makeSite({ lab: { confirmWaitSeconds: 1 } });
    let lost = 0;
    site.setWire(async (der, lab) => {
      if (decodeMessage(der).body.type !== 'certConf') return lab(der);
      lost++;
      await site.clock.advance(2);
      throw networkDown();
    });
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('NETWORK_UNREACHABLE'),
    );
    expect(lost).toBe(1);
  });

  it('leaves time to send certConf again before [C13]', async () => {
    const site = await makeSite({ lab: { confirmWaitSeconds: 60 } });
    let lost = 0;
    site.setWire((der, lab) => {
      if (decodeMessage(der).body.type !== 'certConf' || ++lost > 2) return lab(der);
      throw networkDown();
    });
    await initialized(site);
    expect(lost).toBe(3);
  });
});

/** A site whose lab signs the next kup so. */
async function withoutDigitalSignature(ignoreKeyUsage: boolean): Promise<Site> {
  const site = await makeSite({ profile: { ignoreKeyUsage } });
  await initialized(site);
  site.lab.inject('signer-without-digital-signature@kup');
  return site;
}

/** Answer everything with a protected body that lacks nonces. */
function erring(
  site: Site,
  without: readonly ('recipNonce' | 'senderNonce')[],
  body: PKIBody = error,
): void {
  site.setWire((der) => {
    const { transactionID } = decodeMessage(der).header;
    return answerDer({
      body,
      credential: macOf(site),
      header: { messageTime: site.clock.now(), ...(transactionID && { transactionID }) },
      without,
    });
  });
}
