import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { info } from '../../src/cmp/message/info-values.ts';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import { requestInfo } from '../../src/lifecycle/info.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { probe } from '../../src/lifecycle/probe.ts';
import { revoke } from '../../src/lifecycle/revoke.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { answerDer, signedBy } from '../cmp/answers.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { bring } from './signed-answer.ts';
import { certificatesIn, coded, makeSite, named, request, type Site } from './site.ts';

const credential = { type: 'signature', signer: named('vendor') } as const;

/** A base station that knows no root yet. */
async function baseStation(lab: Parameters<Site['relab']>[0] = {}): Promise<Site> {
  const site = await makeSite({
    lab: { layout: '3gpp', ...lab },
    profile: { preset: '3gpp', roots: [], trustFirstUse: true, minPollSeconds: 1 },
  });
  await bring(site, 'vendor-device', 'vendor');
  return site;
}

/** An RA of somebody's, with a root of his own. */
function stranger({ clock }: Site): readonly [ra: Issued, root: Issued] {
  const notBefore = clock.now();
  const notAfter = new Date(notBefore.getTime() + 86_400_000);
  const root = issue({ subject: 'CN=Stranger', isCa: true, notBefore, notAfter });
  const extensions = [extension('extKeyUsage', [oids.cmcRA])];
  return [issue({ subject: 'CN=RA', issuer: root, extensions, notBefore, notAfter }), root];
}

/** Answer a message in the stranger's name, signed, with his root. */
function strangerSays(
  { clock }: Site,
  [ra, root]: ReturnType<typeof stranger>,
  der: Uint8Array,
  body: PKIBody,
): Promise<Uint8Array> {
  const { transactionID, senderNonce } = decodeMessage(der).header;
  return answerDer({
    body,
    credential: signedBy(ra),
    extraCerts: [ra.certificate, root.certificate],
    header: {
      messageTime: clock.now(),
      ...(transactionID && { transactionID }),
      ...(senderNonce && { recipNonce: senderNonce }),
    },
  });
}

describe('first use', () => {
  it('makes nobody believed in answer to a question: nothing of it is kept [C7]', async () => {
    const site = await baseStation();
    const who = stranger(site);
    const template = { certTemplate: { subject: parseName('CN=not-you') } };
    site.setWire((der) =>
      strangerSays(site, who, der, { type: 'genp', value: [info('certReqTemplate', template)] }),
    );
    const question = { credential, acceptRoot: false, waitSeconds: 0 };
    await expect(
      requestInfo(site.context, { ...question, infoType: oids.certReqTemplate }),
    ).rejects.toMatchObject(coded('CMP_SIGNER_UNTRUSTED'));
    expect(await site.store.authorities.requestTemplate(site.profile.label)).toBeUndefined();
  });

  it('makes nobody believed who says that a certificate is revoked [C7]', async () => {
    const site = await baseStation();
    const who = stranger(site);
    const before = await certificatesIn(site);
    site.setWire((der) =>
      strangerSays(site, who, der, { type: 'rp', value: { status: [{ status: 'accepted' }] } }),
    );
    const wanted = { current: named('vendor'), ca: site.profile.label, waitSeconds: 0 };
    await expect(revoke(site.context, { ...wanted, reason: 'superseded' })).rejects.toMatchObject(
      coded('CMP_SIGNER_UNTRUSTED'),
    );
    expect(await certificatesIn(site)).toEqual(before);
  });

  it('is over with the first answer: what was polled for comes below the same root [C7]', async () => {
    const site = await baseStation({ polls: 1, checkAfterSeconds: 2 });
    const who = stranger(site);
    site.setWire((der, lab) =>
      decodeMessage(der).body.type === 'ir'
        ? lab(der)
        : strangerSays(site, who, der, {
            type: 'error',
            value: { pKIStatusInfo: { status: 'rejection' } },
          }),
    );
    await expect(initialize(site.context, request({ credential }))).rejects.toMatchObject(
      coded('CMP_SIGNER_UNTRUSTED'),
    );
    expect(await site.store.transactions.outstanding()).toHaveLength(1);
  });

  it('lets the CA be probed: what needs a root is not asked', async () => {
    const site = await baseStation();
    const { findings } = await probe(site.context, { credential });
    expect(findings.map(({ what }) => what)).not.toContain('crlStatusList');
    const question = { infoType: oids.crlStatusList, acceptRoot: false, waitSeconds: 0 };
    await expect(requestInfo(site.context, { credential, ...question })).rejects.toMatchObject(
      coded('USAGE_INVALID'),
    );
  });

  it('is over when another process was answered first: no second root comes with it [C7]', async () => {
    const site = await baseStation();
    const [, { certificate }] = stranger(site);
    const { label } = site.profile;
    site.setWire(async (der, lab) => {
      await site.store.authorities.addRoot(label, certificateDer(certificate));
      return lab(der);
    });
    const before = await certificatesIn(site);
    await expect(initialize(site.context, request({ credential }))).rejects.toMatchObject(
      coded('CMP_SIGNER_UNTRUSTED'),
    );
    expect(await certificatesIn(site)).toEqual(before);
    expect((await site.store.authorities.get(label))?.roots).toHaveLength(1);
  });
});
