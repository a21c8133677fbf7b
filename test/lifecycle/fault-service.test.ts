import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { requestInfo, type InfoResult } from '../../src/lifecycle/info.ts';
import {
  expectUntouched,
  playScene,
  saidIn,
  scenes,
  setScene,
  type Scene,
  type SceneName,
} from './fault-scenes.ts';
import { coded, initialized, issued, makeSite, named, request, wanted, type Site } from './site.ts';

function ask(site: Site, infoType: string): Promise<InfoResult> {
  const credential = { type: 'mac' } as const;
  return requestInfo(site.context, { infoType, credential, acceptRoot: true, waitSeconds: 0 });
}

/** A client that has a CRL of the lab, on which there is somebody else. */
async function siteWithCrl(): Promise<Site> {
  const site = await makeSite();
  await initialized(site);
  issued(
    await enroll(site.context, {
      name: named('gw2'),
      wanted: wanted('CN=gw2,O=Test'),
      key: { type: 'generate', keyType: 'p-256' },
      current: named('gw1'),
      waitSeconds: 0,
    }),
  );
  const other = (await site.lab.certificates()).at(-1);
  await site.lab.revoke(other?.id ?? 0);
  expect(await ask(site, oids.currentCRL)).toMatchObject({ type: 'crls' });
  expect(await site.store.crls.list()).toHaveLength(1);
  return site;
}

describe('a revoked signer', () => {
  it.each<SceneName>(['signed kup', 'signed pkiconf of a kur', 'signed rp', 'signed genp'])(
    'of a %s is refused by the CRL that is here [R17]',
    async (where) => {
      const site = await siteWithCrl();
      const scene = scenes[where];
      site.lab.inject(`signer-revoked@${scene.answer}`);
      const trial = await playScene(scene, site);
      expect(trial.came.error).toMatchObject(coded('CMP_SIGNER_UNTRUSTED'));
      expect(String(trial.came.error)).toContain('was revoked');
      expect(trial.errors).toBe(1);
      expectUntouched(trial);
    },
  );
});

describe('a value in a genp that is not of its type', () => {
  it.each(['caCerts', 'currentCRL', 'crlStatusList'] as const)(
    'is refused and nothing of it kept: %s [L10]',
    async (name) => {
      const site = await siteWithCrl();
      const before = await site.store.crls.list();
      const profiles = await site.store.authorities.list();
      site.lab.inject('malformed-info');
      await expect(ask(site, oids[name])).rejects.toMatchObject(coded('DER_MALFORMED'));
      expect(await site.store.crls.list()).toEqual(before);
      expect(await site.store.authorities.list()).toEqual(profiles);
    },
  );
});

describe('a key that the CA made', () => {
  const key = { type: 'central' } as const;
  const scene: Scene = {
    answer: 'ip',
    name: 'gw1',
    isSigned: false,
    act: (context) => initialize(context, request({ key, waitSeconds: 0 })),
  };
  const signedScene: Scene = {
    answer: 'cp',
    name: 'gw2',
    isSigned: true,
    act: (context) =>
      enroll(context, {
        name: named('gw2'),
        wanted: wanted('CN=gw2,O=Test'),
        key,
        current: named('gw1'),
        waitSeconds: 0,
      }),
  };

  it.each([
    ['enveloped-data-without-cmkga', 'cmKGA', [signedScene]],
    ['generated-key-of-another', 'fit', [scene, signedScene]],
  ] as const)('is refused with %s [C17]', async (fault, says, where) => {
    for (const each of where) {
      const site = await setScene(each);
      site.lab.inject(`${fault}@${each.answer}`);
      const trial = await playScene(each, site);
      expect(saidIn(trial.came)).toContain(says);
      expect(trial.ended).toHaveLength(1);
      expectUntouched(trial);
    }
  });
});

describe('caPubs of a CA whose roots may come with an answer', () => {
  it.each([
    ['ca-pubs-in-kup', 'signed kup'],
    ['ca-pubs-rogue', 'signed cp'],
    ['ca-pubs-of-signer', 'signed cp'],
    ['ca-pubs-of-signer', 'signed kup'],
  ] as const)('bring no anchor by %s in a %s, which is signed [C6][C16]', async (fault, where) => {
    const site = await setScene(scenes[where]);
    await site.setProfile({ trustCapubs: true });
    site.lab.inject(`${fault}@${scenes[where].answer}`);
    const trial = await playScene(scenes[where], site);
    expect(saidIn(trial.came)).toContain('Rogue');
    expect(trial.ended).toHaveLength(1);
    expectUntouched(trial);
  });
});
