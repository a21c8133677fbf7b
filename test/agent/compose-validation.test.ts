import { describe, expect, it, onTestFinished } from 'vitest';
import { composeValidation } from '../../src/agent/compose-validation.ts';
import type { FetchOptions } from '../../src/agent/late-retrieval.ts';
import { keepWords } from '../../src/lifecycle/validation-words.ts';
import { openStore } from '../../src/store/open.ts';
import { issue, someDay } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { makeCrl } from '../revocation/crl-made.ts';
import { storeOptions, temporaryDirectory } from '../store/sample.ts';
import { counting } from '../validation/ocsp-asked.ts';

const ca = issue({ subject: 'CN=CA', isCa: true });

describe('a configured CRL', () => {
  it('is fetched in the name of the user in its URL, and by the attribute of CRLs where it names none', async () => {
    const store = await openStore(storeOptions(temporaryDirectory()));
    onTestFinished(() => store.close());
    const clock = fakeClock(someDay);
    const asked: (readonly [string, string | undefined])[] = [];
    const retrieve = async (url: string, { username }: FetchOptions = {}): Promise<Uint8Array> => {
      asked.push([url, username]);
      return makeCrl(ca);
    };
    const { refresher } = composeValidation({ store, clock, random: counting, retrieve });
    const urls = [
      'ftp://me@files.example/a.crl',
      'http://files.example/b.crl',
      'ldap://files.example/cn=c,o=Test',
      'ldap://files.example/cn=d,o=Test?crl;binary',
    ];
    for (const [i, url] of urls.entries()) {
      const name = `crl${i}`;
      await keepWords(store, 'crl', { name, words: { url, format: 'der' } });
    }
    await refresher.refreshDue(new AbortController().signal);
    expect(new Map(asked)).toStrictEqual(
      new Map([
        ['ftp://files.example/a.crl', 'me'],
        ['http://files.example/b.crl', undefined],
        ['ldap://files.example/cn=c,o=Test?certificateRevocationList;binary', undefined],
        ['ldap://files.example/cn=d,o=Test?crl;binary', undefined],
      ]),
    );
  });
});
