import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import type { CaProfile } from '../../src/settings/ca-profile.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { initialized, makeSite, type Site } from './site.ts';

/** A first certificate whose answer brings an anchor, while an operator changes the profile. */
async function changedMeanwhile(changes: Partial<CaProfile>): Promise<Site> {
  const site = await makeSite({
    lab: { caPubs: 'root' },
    profile: { roots: [], trustCapubs: true },
  });
  site.setWire(async (der, lab) => {
    // While the ir is under way.
    if (site.sent.length === 1) await site.setProfile(changes);
    return lab(der);
  });
  await initialized(site);
  return site;
}

describe('an anchor of caPubs', () => {
  it('is not kept for a certificate that was never confirmed', async () => {
    const site = await makeSite({
      lab: { caPubs: 'root', implicitConfirm: false },
      profile: { roots: [], trustCapubs: true },
    });
    site.setWire((der, lab) =>
      decodeMessage(der).body.type === 'certConf'
        ? Promise.reject(new CertError('NETWORK_TIMEOUT', 'Cannot hear'))
        : lab(der),
    );
    await expect(initialized(site)).rejects.toMatchObject({ code: 'NETWORK_TIMEOUT' });
    expect((await site.store.authorities.get(site.profile.label))?.roots).toEqual([]);
    expect(site.warnings).toEqual([]);
  });

  it('is kept once the pkiconf is here', async () => {
    const site = await makeSite({
      lab: { caPubs: 'root', implicitConfirm: false },
      profile: { roots: [], trustCapubs: true },
    });
    await initialized(site);
    const { roots } = (await site.store.authorities.get(site.profile.label)) ?? { roots: [] };
    expect(roots).toEqual([certificateDer(site.lab.authorities.root.certificate)]);
  });

  it('is added to the profile as an operator has changed it meanwhile', async () => {
    const other = certificateDer(issue({ subject: 'CN=Other', isCa: true }).certificate);
    const site = await changedMeanwhile({ minPollSeconds: 77, roots: [other] });
    const root = certificateDer(site.lab.authorities.root.certificate);
    expect(await site.store.authorities.get(site.profile.label)).toEqual({
      ...site.profile,
      minPollSeconds: 77,
      roots: [other, root],
    });
  });

  it('is not added once an operator has said that caPubs are not to be trusted', async () => {
    const site = await changedMeanwhile({ trustCapubs: false });
    expect((await site.store.authorities.get(site.profile.label))?.roots).toEqual([]);
    expect(site.warnings).toEqual([]);
  });
});
