import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { timeOf } from '../../src/x509/time.ts';
import { forging } from './forge.ts';
import { initialized, makeSite, wanted } from './site.ts';

const keyUsage = extension('keyUsage', ['digitalSignature', 'keyAgreement'], true);
const extKeyUsage = extension('extKeyUsage', [oids.serverAuth, oids.ipsecIKE]);

function policy(id: string): Extension {
  return extension('certificatePolicies', [{ policyIdentifier: id }]);
}

describe('a certificate that is not quite what was asked for', () => {
  it('is shown with every extension the CA left out or changed, and its validity [C1][C5]', async () => {
    const site = await makeSite();
    const now = site.clock.now().getTime();
    const notAfter = new Date(now + 10 * 86_400_000);
    site.setWire(forging(site, { notAfter: new Date(now + 5 * 86_400_000) }));
    const asked = {
      ...wanted('CN=gw1'),
      extensions: [keyUsage, extKeyUsage],
      validity: { notAfter: timeOf(notAfter) },
    };
    const { differences } = await initialized(site, { wanted: asked });
    expect(differences).toEqual([
      expect.stringMatching(/^it is valid until .*, asked was /),
      'its keyUsage is digitalSignature, asked was digitalSignature, keyAgreement',
      'it has no extKeyUsage, asked was ipsecIKE, serverAuth',
    ]);
  });

  it('has no differences where all is as asked, in whatever order', async () => {
    const site = await makeSite();
    const turned = extension('extKeyUsage', [oids.ipsecIKE, oids.serverAuth]);
    site.setWire(forging(site, { extensions: [keyUsage, turned] }));
    const asked = { ...wanted('CN=gw1'), extensions: [keyUsage, extKeyUsage] };
    expect(await initialized(site, { wanted: asked })).toMatchObject({ differences: [] });
  });

  it('is shown with an extension that has no words here as not the one asked for', async () => {
    const site = await makeSite();
    site.setWire(forging(site, { extensions: [keyUsage, policy('1.2.4')] }));
    const asked = { ...wanted('CN=gw1'), extensions: [keyUsage, policy('1.2.3')] };
    expect(await initialized(site, { wanted: asked })).toMatchObject({
      differences: ['its certificatePolicies is not the one asked for'],
    });
  });
});
