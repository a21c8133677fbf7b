import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { deployAgain } from '../../src/lifecycle/deploy-settings.ts';
import { putToken } from '../../src/lifecycle/token-settings.ts';
import { makeIpsecSite, type IpsecSite } from '../lifecycle/ipsec-site.ts';
import { named } from '../lifecycle/site.ts';
import { filesBelow, valuesOf } from './haystacks.ts';
import { privateKeySecrets } from './private-key-secrets.ts';
import { makeScanner, type Finding, type Secret } from './scan.ts';

const gw1 = named('gw1');

/** Deploy to charons that say back what they were given, in each of these words. @returns all that was said of it */
async function failing(
  { charon }: IpsecSite,
  context: LifecycleContext,
  command: string,
  words: readonly string[],
): Promise<string> {
  const said: string[] = [];
  for (const errmsg of words) {
    charon.failNext(command, { errmsg });
    const error = await deployAgain(context, gw1).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'DELIVERY_FAILED' });
    said.push(inspect(error, { depth: 9 }), JSON.stringify(error));
  }
  return said.join('\n');
}

/** Find secrets in what was said, logged and stored, but for where services read keys. */
function found({ site }: IpsecSite, secrets: readonly Secret[], said: string): Finding[] {
  const home = dirname(site.certs);
  const told = { place: 'said', octets: utf8([said, ...site.warnings].join('\n')) };
  const files = filesBelow(join(home, 'state'));
  return [told, ...files, ...valuesOf(join(home, 'state/store.db'))].flatMap(makeScanner(secrets));
}

describe('what charon is given', () => {
  it('is no part of what is said about a charon that says a key back', async () => {
    const made = await makeIpsecSite();
    const { site, context, put, current } = made;
    await put();
    const pkcs8 = await site.store.keys.privateKey((await current()).keyId ?? 0);
    const secrets = privateKeySecrets('key', pkcs8);
    const octets = Buffer.from(secrets[0]?.octets ?? pkcs8);
    const words = (['hex', 'base64', 'latin1'] as const).map((form) => octets.toString(form));
    const said = await failing(made, context, 'load-key', words);
    expect(found(made, secrets, said)).toStrictEqual([]);
  });

  it.each(['73164402', 'correct horse battery'])(
    'is no part of what is said about a charon that says PIN %s back',
    async (pin) => {
      const made = await makeIpsecSite();
      const { site, put } = made;
      await put();
      await putToken(site.store, { token: 't1', modulePath: '/m.so', pinSource: 'file:/pin' });
      const { keys } = site.store;
      const publicKey: typeof keys.publicKey = async (id) => ({
        ...(await keys.publicKey(id)),
        tokenUri: 'pkcs11:token=t1;object=gw1;id=%01;type=private',
      });
      const store = { ...site.store, keys: { ...keys, publicKey } };
      const context = { ...made.context, store, pin: async () => utf8(pin) };
      const said = await failing(made, context, 'load-token', [`PIN ${pin} is wrong`, pin]);
      expect(said).toContain('it refuses load-token');
      expect(found(made, [{ name: 'PIN', octets: utf8(pin) }], said)).toStrictEqual([]);
    },
  );
});
