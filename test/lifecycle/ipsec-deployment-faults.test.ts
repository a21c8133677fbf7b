import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openIkeDaemon } from '../../src/deploy/strongswan-daemon.ts';
import type { IkeTokenKey } from '../../src/deploy/ike-daemon.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { deployAgain } from '../../src/lifecycle/deploy-settings.ts';
import { ikeKeyId } from '../../src/lifecycle/ipsec-key.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { putToken } from '../../src/lifecycle/token-settings.ts';
import { update } from '../../src/lifecycle/update.ts';
import { CertError } from '../../src/base/errors.ts';
import { utf8 } from '../../src/base/bytes.ts';
import type { IpsecPeer } from '../../src/store/ipsec-contract.ts';
import { keyIdOfCertificate } from '../harness/fake-charon.ts';
import { keepCa, makeIpsecSite, peersIssuing, type IpsecSite } from './ipsec-site.ts';
import { coded, named } from './site.ts';

const gw1 = named('gw1');
const renewal = { current: gw1, waitSeconds: 60 };

/** Everything of ours that a charon has. */
function loadedIn({ charon }: IpsecSite): readonly unknown[] {
  const { certificates, loadedKeys, connections, authorities } = charon;
  return [[...certificates], [...loadedKeys], [...connections], [...authorities]];
}

function failing(text: string) {
  return expect.objectContaining({
    ...coded('DELIVERY_FAILED'),
    message: expect.stringContaining(text),
  });
}

/** What a peer may say that cannot be deployed, and why. */
const unfit: readonly (readonly [string, Partial<IpsecPeer>, string])[] = [
  ['a CA of a peer is not there any more', { ca: ['nobody'] }, 'cannot find CA "nobody"'],
  [
    'a peer is to be judged by what is no root',
    { ca: ['issuing'] },
    'is not self-signed, and charon ends no path there',
  ],
  [
    'the certificate is not that of the local identity',
    { localId: 'gw9.example' },
    'cannot be "gw9.example" with certificate "gw1"',
  ],
  [
    'it is to ask an agent that answers nobody',
    { ocspObject: 'hq' },
    'as OCSP object "hq" says: the agent answers nobody',
  ],
  ['its policy is not there any more', { policy: 'gone' }, 'there is no policy "gone"'],
];

describe('deploying to strongSwan when something is wrong', () => {
  it.each(unfit)('changes nothing in charon where %s', async (_, words, text) => {
    const made = await makeIpsecSite();
    const { context, put, deployment } = made;
    await keepCa(made.site, 'issuing', peersIssuing);
    await put();
    await deployAgain(context, gw1);
    const before = loadedIn(made);
    await put(words);
    await expect(update(context, renewal)).rejects.toThrow(failing(text));
    expect(loadedIn(made)).toStrictEqual(before);
    expect((await deployment()).status).toMatchObject({ state: 'pending' });
    await put();
    await poll(context, { name: gw1, waitSeconds: 0 });
    expect((await deployment()).status).toMatchObject({ state: 'deployed' });
  });

  it('is tried again after each command that charon refuses, ends in or does not know', async () => {
    const made = await makeIpsecSite();
    const { charon, context, put, deployment, site } = made;
    await put();
    const commands = ['load-cert', 'load-key', 'load-conn', 'get-conns', 'get-keys'];
    for (const command of commands) {
      for (const fault of [{ errmsg: 'no' }, 'die', 'unknown'] as const) {
        charon.failNext(command, fault);
        const what = `${command} ${JSON.stringify(fault)}`;
        const outcome = await deployAgain(context, gw1).catch((error: unknown) => error);
        expect(outcome, what).toBeInstanceOf(CertError);
        expect((await deployment()).status?.state, what).toBe('pending');
        await poll(context, { name: gw1, waitSeconds: 0 });
        expect((await deployment()).status?.state, what).toBe('deployed');
      }
    }
    expect(site.warnings).toStrictEqual([]);
  });

  it('loads the other connections, and keeps the former key, where one is refused', async () => {
    const { charon, context, put, current, deployment } = await makeIpsecSite();
    await put();
    await put({ name: named('branch') });
    await deployAgain(context, gw1);
    const former = keyIdOfCertificate((await current()).der) ?? '';
    const before = charon.connections.get('branch');
    charon.failNext('load-conn', { errmsg: 'invalid value for: proposals' });
    await expect(update(context, renewal)).rejects.toThrow(
      failing('Cannot load connection "branch": cannot talk to the charon'),
    );
    expect(charon.connections.get('branch')).toStrictEqual(before);
    expect(charon.establish('hq').certificate).not.toBe(charon.establish('branch').certificate);
    expect(charon.loadedKeys.has(former)).toBe(true);
    expect((await deployment()).status?.state).toBe('pending');
    await poll(context, { name: gw1, waitSeconds: 0 });
    expect(charon.loadedKeys.has(former)).toBe(false);
  });

  it('says so when nobody is at the socket, and is done when somebody is there again', async () => {
    const { charon, context, put, deployment } = await makeIpsecSite();
    await put();
    await charon.stop();
    rmSync(charon.socket, { force: true });
    await expect(deployAgain(context, gw1)).rejects.toThrow(failing(charon.socket));
    await charon.startAnew();
    await poll(context, { name: gw1, waitSeconds: 0 });
    expect((await deployment()).status?.state).toBe('deployed');
  });
});

/** A site whose certificate has its key in a token that charon reaches, too. */
async function inToken(pin?: string): Promise<{
  readonly made: IpsecSite;
  readonly context: LifecycleContext;
  readonly asked: readonly IkeTokenKey[];
}> {
  const made = await makeIpsecSite();
  const { site, current } = made;
  const { keyId = 0 } = await current();
  const { spki } = await site.store.keys.publicKey(keyId);
  await putToken(site.store, {
    token: 't1',
    modulePath: '/usr/lib/p11.so',
    ...(pin !== undefined && { pinSource: 'file:/etc/pin' }),
  });
  const asked: IkeTokenKey[] = [];
  const context: LifecycleContext = {
    ...made.context,
    store: {
      ...site.store,
      keys: {
        ...site.store.keys,
        publicKey: async (id) => ({
          ...(await site.store.keys.publicKey(id)),
          tokenUri: 'pkcs11:token=t1;object=gw1;id=%01%AB;type=private',
        }),
      },
    },
    ...(pin !== undefined && { pin: async () => utf8(pin) }),
    ike: {
      async open(socket, options) {
        const daemon = await openIkeDaemon(socket, options);
        return {
          ...daemon,
          async loadTokenKey(key) {
            asked.push(key);
            made.charon.loadedKeys.add(ikeKeyId(spki));
            return ikeKeyId(spki);
          },
        };
      },
    },
  };
  await made.put();
  return { made, context, asked };
}

describe('deploying a certificate whose key is in a token to strongSwan', () => {
  it('names the key to charon by its id, with the PIN', async () => {
    const { made, context, asked } = await inToken('1234');
    await deployAgain(context, gw1);
    expect(asked).toStrictEqual([{ handle: '01ab', pin: '1234' }]);
    expect(made.charon.commands).not.toContain('load-key');
    expect((await made.deployment()).status?.state).toBe('deployed');
  });

  it('gives no PIN where the token asks for none', async () => {
    const { context, asked } = await inToken();
    await deployAgain(context, gw1);
    expect(asked).toStrictEqual([{ handle: '01ab' }]);
  });

  it('does not try a PIN that was refused before', async () => {
    const { made, context, asked } = await inToken('1234');
    await made.site.store.settings.set('token pin refused t1', '2026-12-01T00:00:00.000Z');
    await expect(deployAgain(context, gw1)).rejects.toThrow(
      failing('it was refused the last time'),
    );
    expect(asked).toStrictEqual([]);
  });

  it('unloads the key again where charon has found another', async () => {
    const { made, context } = await inToken('1234');
    // The charon that pretends makes up a key of its own.
    const found = { ...context, ike: { open: openIkeDaemon } };
    await expect(deployAgain(found, gw1)).rejects.toThrow(
      failing('Cannot load the key into charon'),
    );
    expect([...made.charon.loadedKeys]).toStrictEqual([]);
  });
});
