import { describe, expect, it } from 'vitest';
import type { CaProfile } from '../../src/settings/ca-profile.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
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
  it('is added to the profile as an operator has changed it meanwhile', async () => {
    const other = Uint8Array.of(0x30, 0x00);
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
