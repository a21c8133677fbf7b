import { describe, expect, it } from 'vitest';
import { deployAgain } from '../../src/lifecycle/deploy-settings.ts';
import { removalOf, removeCertificate } from '../../src/lifecycle/remove-certificate.ts';
import { makeIpsecSite, type IpsecSite } from './ipsec-site.ts';
import { named } from './site.ts';

const gw1 = named('gw1');

/** A certificate that is in a charon for connections of others. */
async function deployed(): Promise<IpsecSite> {
  const made = await makeIpsecSite();
  const { site, charon, context } = made;
  const target = { type: 'strongswan', socket: charon.socket } as const;
  await site.store.deployments.put(gw1, { label: named('ike'), files: [], target });
  await deployAgain(context, gw1);
  expect(charon.loadedKeys.size).toBe(1);
  return made;
}

describe('a certificate in a charon that is removed', () => {
  it('leaves its key there, as it leaves files, and that is said before', async () => {
    const { charon, context } = await deployed();
    expect((await removalOf(context, gw1)).charons).toStrictEqual([charon.socket]);
    await removeCertificate(context, { name: gw1, withFiles: false });
    expect(charon.loadedKeys.size).toBe(1);
  });

  it('takes its key along where files are to go', async () => {
    const { charon, context } = await deployed();
    await removeCertificate(context, { name: gw1, withFiles: true });
    expect(charon.loadedKeys.size).toBe(0);
  });

  it('is gone all the same where charon cannot be told, and that is said', async () => {
    const { charon, context, site } = await deployed();
    charon.failNext('unload-key', { errmsg: 'no' });
    await removeCertificate(context, { name: gw1, withFiles: true });
    expect(await site.store.certificates.current('gw1')).toBeUndefined();
    expect(site.warnings.join()).toContain(`"${charon.socket}" keeps the key of "gw1"`);
  });
});
