import { describe, expect, it, onTestFinished } from 'vitest';
import { judgesFor } from '../../src/agent/answer-validate.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { parseLabel } from '../../src/base/label.ts';
import { silentLog } from '../../src/base/log.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { keepWords } from '../../src/lifecycle/validation-words.ts';
import { openStore } from '../../src/store/open.ts';
import type { CrlsFound, ValidationContext } from '../../src/validation/contract.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { Name } from '../../src/x509/name.ts';
import { someDay } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { storeOptions, temporaryDirectory } from '../store/sample.ts';
import { crl, down } from '../validation/judged.ts';
import { until } from '../validation/ocsp-asked.ts';

const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64');
const chain = [leaf, sub].map(({ certificate }) => base64(certificateDer(certificate)));
const own = chain[0] ?? '';
const words = { policy: 'gw', chain };
const forever = new AbortController().signal;

/** What answers, over a store with a policy; where CRLs come from is for the test to say. */
async function answering(
  find: () => Promise<CrlsFound> = async () => ({ crls: [crl(root), crl(sub)], failed: [] }),
) {
  const store = await openStore(storeOptions(temporaryDirectory()));
  onTestFinished(() => store.close());
  const subject = toDer(Name, root.subject);
  const der = certificateDer(root.certificate);
  const label = parseLabel('rootA', 'ca');
  await store.caCertificates.put({ label, der, subject, createdAt: someDay }, false);
  await keepWords(store, 'policy', { name: 'gw', words: { ca: ['rootA'] } });
  const validation: ValidationContext = {
    ocsp: {
      status: async () => ({ verdict: down, tried: [] }),
      staple: () => ({ verdict: down, tried: [] }),
      forget: () => undefined,
    },
    crls: { find, keep: async () => {} },
    tell: () => {},
    algorithms: modernOnly,
  };
  const log = silentLog;
  return { store, ask: judgesFor({ store, clock: fakeClock(someDay), log, validation }) };
}

describe('the agent, asked about a peer', () => {
  it('answers with what verify prints as JSON', async () => {
    const { ask } = await answering();
    expect(await ask(words, forever)).toMatchObject({
      verdict: 'accept',
      reasons: [],
      path: [{ subject: 'CN=gw1,O=Test,C=DE' }, { subject: 'CN=Sub,O=Test,C=DE' }],
      anchor: { subject: 'CN=Root,O=Test,C=DE' },
      revocation: [{ status: 'good', accepted: true }, { status: 'good' }],
    });
  });

  it('refuses a peer of another identity, and octets that are no certificate', async () => {
    const { ask } = await answering();
    expect(await ask({ ...words, identity: 'dns:other' }, forever)).toMatchObject({
      reasons: [{ code: 'wrong-identity', depth: 0 }],
    });
    expect(await ask({ policy: 'gw', chain: ['AAAA'] }, forever)).toMatchObject({
      reasons: [{ code: 'malformed-certificate' }],
    });
    expect(await ask({ policy: 'gw', chain: Array(18).fill(own) }, forever)).toMatchObject({
      reasons: [{ code: 'search-exhausted' }],
    });
  });

  it.each([
    ['no policy', { chain }, 'no name of a policy'],
    ['no peer', { policy: 'gw' }, 'needs "chain" or "certName"'],
    ['a peer and a name', { ...words, certName: 'gw1' }, 'needs "chain" or "certName"'],
    ['what is no base64', { policy: 'gw', chain: ['%%%%'] }, 'not base64'],
    ['a chain that is no list', { policy: 'gw', chain: own }, 'no list'],
    ['hash that is none', { ...words, hashAndUrl: [{ of: 'certificate', url: 'x' }] }, 'sha1'],
    ['another word', { ...words, command: 'reload' }, '"command" is nothing'],
    ['an address that is none', { ...words, identity: 'ip:1.2.3' }, 'no IP address'],
  ])('takes no %s', async (_, asked, message) => {
    const { ask } = await answering();
    await expect(ask(asked, forever)).rejects.toMatchObject({
      code: 'USAGE_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('hands on what a peer names by hash and URL, which the policy has to let be fetched', async () => {
    const { ask } = await answering();
    const named = { of: 'bundle', sha1: '00'.repeat(20), url: 'http://h.example/x' };
    const asked = { policy: 'gw', chain: [], hashAndUrl: [named] };
    expect(await ask(asked, forever)).toMatchObject({
      verdict: 'reject',
      reasons: [{ code: 'certificate-not-fetched' }],
    });
  });

  it('says that there is no such policy, or no such name', async () => {
    const { ask } = await answering();
    await expect(ask({ ...words, policy: 'nobody' }, forever)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    await expect(ask({ policy: 'gw', certName: 'nobody' }, forever)).rejects.toMatchObject({
      code: 'CERT_UNKNOWN',
    });
  });

  it('judges sixteen at a time, lets others wait, and sends away who comes beyond', async () => {
    const all = Promise.withResolvers<CrlsFound>();
    let looking = 0;
    const { ask } = await answering(async () => {
      looking++;
      return await all.promise;
    });
    const asked = Array.from({ length: 48 }, () => ask(words, forever));
    await expect(ask(words, forever)).rejects.toMatchObject({ code: 'IN_PROGRESS' });
    // Each looks for the CRLs of both of its certificates.
    await until(() => looking >= 32);
    for (let turns = 0; turns < 50; turns++) await new Promise((r) => setImmediate(r));
    expect(looking).toBe(32);
    all.resolve({ crls: [crl(root), crl(sub)], failed: [] });
    const verdicts = (await Promise.all(asked)).map(({ verdict }) => verdict);
    expect(new Set(verdicts)).toStrictEqual(new Set(['accept']));
    expect(await ask(words, forever)).toMatchObject({ verdict: 'accept' });
  });

  it('ends for whoever has gone, who waits and who is judged', async () => {
    let looking = 0;
    const { ask } = await answering(() => {
      looking++;
      return new Promise(() => {});
    });
    const leaving = new AbortController();
    const asked = Array.from({ length: 20 }, () => ask(words, leaving.signal));
    await until(() => looking >= 32);
    leaving.abort();
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status).filter((one) => one === 'rejected')).toHaveLength(4);
  });
});
