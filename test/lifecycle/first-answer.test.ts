import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { info } from '../../src/cmp/message/info-values.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { requestInfo } from '../../src/lifecycle/info.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { forgedCertificate } from './forge.ts';
import { bring, signedAnswerFor } from './signed-answer.ts';
import { bodies, coded, issued, makeSite, named, request, type Site } from './site.ts';
import { issuerOf } from '../../src/ca/authority.ts';

/** A base station with its vendor certificate, before it knows a root. */
async function baseStation(profile: Parameters<Site['setProfile']>[0] = {}): Promise<Site> {
  const site = await makeSite({
    lab: { layout: '3gpp', extraCerts: 'chain-root' },
    profile: { preset: '3gpp', roots: [], trustFirstUse: true, ...profile },
  });
  await bring(site, 'vendor-device', 'vendor');
  return site;
}

/** Somebody else's whole PKI, of the same names. */
function stranger(): Promise<Site> {
  return makeSite({ lab: { layout: '3gpp', extraCerts: 'chain-root' } });
}

function byVendor(name = 'gw1') {
  return request({
    name: named(name),
    credential: { type: 'signature', signer: named('vendor') },
    waitSeconds: 0,
  });
}

async function rootsOf({ store }: Site): Promise<readonly Uint8Array[] | undefined> {
  return (await store.authorities.list())[0]?.roots;
}

describe('a profile that trusts on first use', () => {
  it('refuses a pkiconf signed under another root than the ip of the same transaction [C7][R15]', async () => {
    const site = await baseStation();
    const other = await stranger();
    site.setWire(async (der, lab) =>
      decodeMessage(der).body.type === 'certConf'
        ? signedAnswerFor(other, der, { type: 'pkiconf', value: null })
        : lab(der),
    );
    await expect(initialize(site.context, byVendor())).rejects.toMatchObject(
      coded('CMP_SIGNER_UNTRUSTED'),
    );
    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
    expect(await site.store.certificates.current('gw1')).toBeUndefined();
  });

  it('refuses a certificate under another root than that of who signed the answer [C7]', async () => {
    const site = await baseStation();
    const other = await stranger();
    site.setWire(async (der, lab) => {
      if (decodeMessage(der).body.type !== 'ir') return lab(der);
      const value = await forgedCertificate(site, der, {
        issuer: issuerOf(other.lab.authorities.issuing),
      });
      const certifiedKeyPair = { certOrEncCert: { type: 'certificate', value } } as const;
      const { root, issuing } = other.lab.authorities;
      return signedAnswerFor(site, der, {
        type: 'ip',
        value: {
          caPubs: [root.certificate, issuing.certificate],
          response: [{ certReqId: 0, status: { status: 'accepted' }, certifiedKeyPair }],
        },
      });
    });
    const result = await initialize(site.context, byVendor()).catch((error: unknown) => error);
    expect(result).not.toMatchObject({ type: 'issued' });
    expect(await rootsOf(site)).toEqual([]);
  });

  it('refuses an answer that brings no root [C7]', async () => {
    const site = await baseStation();
    await site.relab({ layout: 'rfc9483', extraCerts: 'chain' });
    await expect(initialize(site.context, byVendor())).rejects.toMatchObject(
      coded('CMP_SIGNER_UNTRUSTED'),
    );
    expect(await rootsOf(site)).toEqual([]);
  });

  it('refuses a root from whoever comes second [C7]', async () => {
    const site = await baseStation();
    issued(await initialize(site.context, byVendor()));
    const learnt = [certificateDer(site.lab.authorities.root.certificate)];
    expect(await rootsOf(site)).toEqual(learnt);
    const other = await stranger();
    site.setWire(async (der) => {
      const value = await forgedCertificate(other, der, {});
      const certifiedKeyPair = { certOrEncCert: { type: 'certificate', value } } as const;
      const response = [
        { certReqId: 0, status: { status: 'accepted' }, certifiedKeyPair },
      ] as const;
      return signedAnswerFor(other, der, { type: 'ip', value: { response } });
    });
    await expect(initialize(site.context, byVendor('gw2'))).rejects.toMatchObject(
      coded('CMP_SIGNER_UNTRUSTED'),
    );
    expect(await rootsOf(site)).toEqual(learnt);
  });

  it('learns nothing from the answer to a question [C7][L10]', async () => {
    const site = await baseStation();
    site.setWire((der) =>
      signedAnswerFor(site, der, { type: 'genp', value: [info('preferredSymmAlg')] }),
    );
    const credential = { type: 'signature', signer: named('vendor') } as const;
    await expect(
      requestInfo(site.context, {
        infoType: oids.preferredSymmAlg,
        credential,
        acceptRoot: true,
        waitSeconds: 0,
      }),
    ).rejects.toMatchObject(coded('CMP_SIGNER_UNTRUSTED'));
    expect(await rootsOf(site)).toEqual([]);
  });

  it('does not get in the way of roots that are configured [C7]', async () => {
    const other = await stranger();
    const root = certificateDer(other.lab.authorities.root.certificate);
    const site = await baseStation({ roots: [root] });
    await expect(initialize(site.context, byVendor())).rejects.toMatchObject(
      coded('CMP_SIGNER_UNTRUSTED'),
    );
    expect(await rootsOf(site)).toEqual([root]);
  });
});
