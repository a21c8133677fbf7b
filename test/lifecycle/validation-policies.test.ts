import { onTestFinished, describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { parseLabel } from '../../src/base/label.ts';
import { resolvePolicy } from '../../src/lifecycle/validation-policies.ts';
import { keepWords } from '../../src/lifecycle/validation-words.ts';
import type { SettingWords } from '../../src/settings/setting.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { Name } from '../../src/x509/name.ts';
import { someDay } from '../harness/certificates.ts';
import { root } from '../harness/paths.ts';
import { storeOptions, temporaryDirectory } from '../store/sample.ts';
import { judge } from '../validation/judged.ts';

/** A store that was not written by us: a policy names an OCSP object that is not there. */
async function storeWith(policy: SettingWords, hq?: SettingWords): Promise<Store> {
  const store = await openStore(storeOptions(temporaryDirectory()));
  onTestFinished(() => store.close());
  const { subject } = root.certificate.tbsCertificate;
  const record = {
    label: parseLabel('rootA', 'label'),
    der: certificateDer(root.certificate),
    subject: toDer(Name, subject),
    createdAt: someDay,
  };
  await store.caCertificates.put(record, false);
  const words = { ca: ['rootA'], 'ocsp-cert-validator': 'hq', ...policy };
  await keepWords(store, 'policy', { name: 'gw', words });
  if (hq) await keepWords(store, 'ocsp', { name: 'hq', words: hq });
  return store;
}

describe('a policy whose OCSP object is not there', () => {
  it.each([
    ['is gone', undefined, 'there is none'],
    ['names a CA that is gone', { 'verify-others': false, 'ca-chain': 'x' }, 'Cannot find CA "x"'],
    [
      'is of another version',
      { 'signing-certs': ['rootA'], novelty: 1 },
      '"novelty" is no setting',
    ],
  ])('which %s refuses peers, and does not go on without OCSP', async (_, hq, why) => {
    for (const revocation of ['strict', 'ifuri']) {
      const store = await storeWith({ revocation }, hq);
      const policy = await resolvePolicy(store, { name: 'gw' });
      const { verdict } = await judge({ policy });
      expect(verdict.verdict).toBe('reject');
      expect(verdict.reasons[0]).toMatchObject({ code: 'internal' });
      expect(verdict.reasons[0]?.detail).toContain(why);
    }
  });

  it('accepts with a warning where it is relaxed, as when a responder is out of reach', async () => {
    const store = await storeWith({ revocation: 'relaxed' });
    const policy = await resolvePolicy(store, { name: 'gw' });
    const { verdict } = await judge({ policy });
    expect(verdict.verdict).toBe('accept');
    expect(verdict.warnings[0]).toMatchObject({ code: 'accepted-without-revocation' });
  });

  it('is refused where somebody asks by an object of his choice', async () => {
    const store = await storeWith({});
    const choice = { name: 'gw', ocspObject: 'other' };
    await expect(resolvePolicy(store, choice)).rejects.toThrow('Cannot use OCSP object "other"');
  });
});
