import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { requestInfo } from '../../src/lifecycle/info.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { update } from '../../src/lifecycle/update.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { bring } from './signed-answer.ts';
import { issued, makeSite, named, request, type Site } from './site.ts';

/** A base station as it leaves the factory: a vendor certificate, and no root of the operator. */
async function baseStation(changes: Parameters<Site['setProfile']>[0] = {}): Promise<Site> {
  const site = await makeSite({
    lab: { layout: '3gpp' },
    profile: { preset: '3gpp', roots: [], trustFirstUse: true, ...changes },
  });
  await bring(site, 'vendor-device', 'vendor');
  return site;
}

const byVendor = request({ credential: { type: 'signature', signer: named('vendor') } });

describe('first use', () => {
  it('takes the root of the first answer for an anchor, says so, and believes the next by it [C7]', async () => {
    const site = await baseStation();
    issued(await initialize(site.context, byVendor));
    const profile = await site.store.authorities.get(site.profile.label);
    expect(profile?.roots).toEqual([certificateDer(site.lab.authorities.root.certificate)]);
    expect(site.warnings.join('\n')).toContain('first answer');
    issued(await update(site.context, { current: byVendor.name, waitSeconds: 0 }));
  });

  it('needs the switch [C7]', async () => {
    const site = await baseStation({ trustFirstUse: false });
    await expect(initialize(site.context, byVendor)).rejects.toMatchObject({
      code: 'CMP_SIGNER_UNTRUSTED',
    });
  });

  it('is for the first certificate only: whoever answers a question needs an anchor [C7]', async () => {
    const site = await baseStation();
    const question = {
      infoType: oids.certReqTemplate,
      credential: byVendor.credential,
      acceptRoot: false,
      waitSeconds: 0,
    };
    await expect(requestInfo(site.context, question)).rejects.toMatchObject({
      code: 'CMP_SIGNER_UNTRUSTED',
    });
  });
});
