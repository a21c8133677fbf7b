import { describe, expect, it, onTestFinished } from 'vitest';
import { openHttpTransport } from '../../src/cmp/transport/http.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { coded, request, type Site } from './site.ts';
import {
  expectUntouched,
  playScene,
  scenes,
  setScene,
  type Scene,
  type SceneName,
} from './fault-scenes.ts';
import { httpRefusals, httpSurvivals } from './fault-http-trials.ts';

/** Long enough for an answer on the loopback interface, short enough to wait for none. */
const RESPONSE_TIMEOUT_MS = 1500;

/** Play a scene over HTTP: as many real requests as the scene has. */
async function overHttp(scene: Scene): Promise<{ readonly site: Site; readonly scene: Scene }> {
  const site = await setScene(scene);
  const { url, close } = await site.lab.listen(0, '127.0.0.1');
  onTestFinished(close);
  const connect: LifecycleContext['connect'] = () =>
    openHttpTransport({
      url,
      connectTimeoutMs: 5000,
      responseTimeoutMs: RESPONSE_TIMEOUT_MS,
      maxResponseOctets: 1 << 20,
    });
  return { site, scene: { ...scene, act: (context) => scene.act({ ...context, connect }) } };
}

const ways: readonly SceneName[] = ['ip', 'signed kup'];

const tries = httpRefusals.flatMap(([fault, code, says, rows]) =>
  ways.map((where) => ({ fault, code, says, rows, where })),
);

describe('over HTTP the client refuses an answer, and counts one failure:', () => {
  it.each(tries)('$fault in place of a $where $rows[T10]', async ({ fault, code, says, where }) => {
    const { site, scene } = await overHttp(scenes[where]);
    site.lab.inject(fault);
    const trial = await playScene(scene, site);

    expect(trial.came.error).toMatchObject(coded(code));
    expect(String(trial.came.error)).toContain(says);
    expect(trial.ended).toEqual(['failed']);
    expect(trial.errors).toBe(1);
    expectUntouched(trial);
  });

  it('a pkiconf that never arrives leaves the certificate aside as unconfirmed [C12]', async () => {
    for (const where of ['pkiconf of an ir', 'signed pkiconf of a kur'] as const) {
      const { site, scene } = await overHttp(scenes[where]);
      site.lab.inject('lost-pkiconf');
      const trial = await playScene(scene, site);

      expect(trial.came.error).toMatchObject(coded('NETWORK_UNREACHABLE'));
      expect(trial.ended).toEqual(['unconfirmed']);
      expect(trial.errors).toBe(1);
      expectUntouched(trial);
      const versions = await site.store.certificates.versions(scene.name);
      expect(versions.map(({ status }) => status)).toContain('unconfirmed');
    }
  });

  it('a key is kept that a lost answer may have brought a certificate for [C14][L13]', async () => {
    const { site, scene } = await overHttp(scenes.ip);
    site.lab.inject('close-after');
    await playScene(scene, site);
    expect(await site.lab.issuedCount()).toBe(1);
    const result = await initialize(site.context, request());
    expect(result.type).toBe('issued');
  });
});

describe('over HTTP the client survives an answer:', () => {
  const survived = httpSurvivals.flatMap((fault) => ways.map((where) => ({ fault, where })));
  it.each(survived)('$fault in place of a $where [T3][T10]', async ({ fault, where }) => {
    const { site, scene } = await overHttp(scenes[where]);
    site.lab.inject(`${fault}*9`);
    const trial = await playScene(scene, site);
    expect(trial.came.result).toMatchObject({ type: 'issued' });
    expect(trial.errors).toBe(0);
  });

  it.each(['close-after', 'silence'])(
    'one pkiconf lost by %s, because the same certConf is sent again [C12][T6]',
    async (fault) => {
      const { site, scene } = await overHttp(scenes['pkiconf of an ir']);
      site.lab.inject(`${fault}@pkiconf`);
      const trial = await playScene(scene, site);
      expect(trial.came.result).toMatchObject({ type: 'issued' });
    },
  );
});
