import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { programPath } from '../../scripts/peer-packages.ts';
import { requirePeer } from '../harness/require.ts';
import { connectionName } from './ipsec/both-ways.ts';
import { keeperIn } from './ipsec/certkeeper.ts';
import { hasIpsec, openIpsecScene, requireIpsec } from './ipsec/ipsec-scene.ts';
import type { SceneLeaf } from './ipsec/scene-ca.ts';
import { isSeenBy } from './ipsec/seen.ts';
import { filesOf } from './ipsec/swanctl-files.ts';
import { buildOnce } from './responder-scene.ts';
import { modulePath, pin, setUpSoftHsm, type SoftHsm } from './softhsm.ts';

beforeAll(() => {
  if (hasIpsec()) buildOnce();
}, 120_000);

beforeEach((context) => {
  requireIpsec(context);
  requirePeer(context, 'softhsm2');
  requirePeer(context, 'opensc');
});

describe('a gateway whose keys are in a token', () => {
  it('is authenticated by charon with the key of the certificate, and of the renewed one', async () => {
    const hsm = await setUpSoftHsm();
    const scene = await openIpsecScene({
      alice: {
        plugins: ['pkcs11'],
        pluginSettings: [`pkcs11 { modules { softhsm { path = ${modulePath} } } }`],
        env: hsm.env,
      },
    });
    onTestFinished(() => scene.close());
    const { alice, bob, a, b } = scene;
    const leaf = await b.issuing.issue('bob');
    await bob.load(
      filesOf({
        connections: [
          {
            name: connectionName,
            localAddress: bob.place.address,
            remoteAddress: alice.place.address,
            leaf,
            localId: 'CN=bob',
            remoteId: 'CN=alice',
            anchors: [a.root],
            revocation: 'relaxed',
          },
        ],
        leaves: [leaf],
        cas: [a.root, ...b.cas],
      }),
    );
    const write = (name: string, content: string): string => {
      const path = join(scene.directory, name);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    };
    const keeper = keeperIn(scene.network.alice, scene.directory, hsm.env);
    const root = write('root-b.pem', b.root.pem);
    const chain = write('chain.pem', a.cas.map(({ pem }) => pem).join(''));
    await keeper.say(
      `cert import cert-name root-b file ${root} ca`,
      `crypto token add t1 module ${modulePath} pin file:${hsm.pinFile}`,
    );
    const takeIn = async (id: string, more: string): Promise<SceneLeaf> => {
      const issued = await a.issuing.issue('alice');
      await putKey(hsm, write('alice.key', issued.keyPem), id);
      const file = write('alice.pem', issued.pem);
      await keeper.say(
        `cert import cert-name alice file ${file} chain-file ${chain} key-provider pkcs11:token=t1;id=%${id.slice(0, 2)}%${id.slice(2)}${more}`,
      );
      return issued;
    };
    await takeIn('a101', '');
    await keeper.say(
      `ipsec peer add bob socket ${alice.socket} local-address 192.168.0.1 peer 192.168.0.2 remote-id CN=bob certificate alice ca root-b revocation relaxed proposal aes128-sha256-ecp256 reauth-on-renewal`,
    );
    expect(await alice.initiate('bob'), alice.log()).toBe(true);
    const renewed = await takeIn('a202', ' replace');
    await keeper.say('cmp poll current-cert alice');
    expect(await alice.sas()).toMatchObject([{ connection: 'bob', state: 'ESTABLISHED' }]);
    expect(await isSeenBy(bob, renewed)).toBe(true);
    expect(await keeper.say('show cert alice')).toContain('strongswan: deployed');
    expect(alice.log()).not.toContain(pin);
  });
});

async function putKey({ env, directory }: SoftHsm, file: string, id: string): Promise<void> {
  const words = ['--import', file, '--token', 't1', '--label', id, '--id', id, '--pin', pin];
  await promisify(execFile)('softhsm2-util', words, {
    env: { PATH: programPath, ...env },
    cwd: directory,
  });
}
