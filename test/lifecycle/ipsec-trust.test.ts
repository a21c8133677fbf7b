import { describe, expect, it } from 'vitest';
import { ipsecTrust } from '../../src/lifecycle/ipsec-trust.ts';
import { keepWords } from '../../src/lifecycle/validation-words.ts';
import type { SettingWords } from '../../src/settings/setting.ts';
import type { IpsecPeer } from '../../src/store/ipsec-contract.ts';
import { keepCa, makeIpsecSite, peer, peersIssuing } from './ipsec-site.ts';
import { coded } from './site.ts';

/** By what a peer is judged that says this, with a policy that says that. */
async function trustOf(changes: Partial<IpsecPeer>, policy?: SettingWords) {
  const { site } = await makeIpsecSite();
  await keepCa(site, 'issuing', peersIssuing);
  const { store } = site;
  if (policy) await keepWords(store, 'policy', { name: 'gw', words: policy });
  return await ipsecTrust(store, {
    ...peer('/run/charon.vici'),
    ...(policy && { policy: 'gw' }),
    ...changes,
  });
}

describe('ipsecTrust()', () => {
  it.each<[string, Partial<IpsecPeer>, SettingWords | undefined, string]>([
    ['nothing', {}, undefined, 'strict'],
    ['an OCSP object', { ocspObject: 'hq' }, undefined, 'strict'],
    ['an OCSP object, and relaxed', { ocspObject: 'hq', revocation: 'relaxed' }, {}, 'relaxed'],
    ['an OCSP object, its policy ifuri', { ocspObject: 'hq' }, { revocation: 'ifuri' }, 'strict'],
    ['nothing, its policy ifuri', {}, { revocation: 'ifuri' }, 'ifuri'],
    ['relaxed, its policy strict', { revocation: 'relaxed' }, { revocation: 'strict' }, 'relaxed'],
    ['nothing, its policy an OCSP object', {}, { 'ocsp-cert-validator': 'hq' }, 'strict'],
  ])('of a peer that says %s', async (_, changes, policy, revocation) => {
    expect((await trustOf(changes, policy)).revocation).toBe(revocation);
  });

  it('takes from the policy what the peer does not say', async () => {
    const policy = { ca: ['peers'], 'ocsp-cert-validator': 'hq', 'ca-crl': ['b'] };
    const words = { ...policy, 'max-chain-length': 2 };
    expect(await trustOf({ ca: [], crls: ['c', 'b'] }, words)).toMatchObject({
      anchors: [{}],
      intermediates: [{}],
      ocspObject: 'hq',
      crls: ['c', 'b'],
      maxChainLength: 2,
    });
    expect(await trustOf({ ocspObject: 'own' }, words)).toMatchObject({ ocspObject: 'own' });
  });

  it('refuses to judge by nobody, and by what is not there', async () => {
    await expect(trustOf({ ca: [] })).rejects.toMatchObject(coded('CONFIG_INVALID'));
    await expect(trustOf({ ca: ['nobody'] })).rejects.toMatchObject(coded('CA_UNKNOWN'));
    await expect(trustOf({ policy: 'gone' })).rejects.toMatchObject(coded('CONFIG_INVALID'));
  });
});
