import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { dryRun } from '../../src/lifecycle/dry-run.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { requestInfo } from '../../src/lifecycle/info.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { revoke } from '../../src/lifecycle/revoke.ts';
import { update } from '../../src/lifecycle/update.ts';
import {
  coded,
  initialized,
  makeSite,
  named,
  outstanding,
  request,
  wanted,
  type Site,
} from './site.ts';

/** The files of the store as octets; the index of its log, which readers write, left out. */
function stored({ certs }: Site): ReadonlyMap<string, string> {
  const state = join(certs, '..', 'state');
  const names = readdirSync(state).filter((name) => !name.endsWith('-shm'));
  return new Map(names.map((name) => [name, readFileSync(join(state, name), 'base64')]));
}

describe('dryRun()', () => {
  it('gives the ir that would be sent, protected and with proof of possession', async () => {
    const site = await makeSite();
    const result = await dryRun(site.context, (context) => initialize(context, request()));
    if (result.type !== 'message') throw new Error('there is no message');
    const { header, body, protection } = decodeMessage(result.der);
    expect(result.url).toBe('http://lab.example/pkix/');
    expect(body.type).toBe('ir');
    expect(body.type === 'ir' && body.value[0]?.popo?.type).toBe('signature');
    expect(header.protectionAlg && protection).toBeInstanceOf(Uint8Array);
  });

  it.each([
    ['ir', 'initialize', (context) => initialize(context, request({ name: named('gw9') }))],
    ['kur', 'update', (context) => update(context, { current: named('gw1'), waitSeconds: 60 })],
    [
      'cr',
      'enroll',
      (context) =>
        enroll(context, {
          ...request({ name: named('gw2'), wanted: wanted('CN=gw2') }),
          current: named('gw1'),
        }),
    ],
    [
      'rr',
      'revoke',
      (context) =>
        revoke(context, { current: named('gw1'), reason: 'superseded', waitSeconds: 60 }),
    ],
    [
      'genm',
      'info',
      (context) =>
        requestInfo(context, {
          infoType: oids.caCerts,
          credential: { type: 'mac' },
          acceptRoot: false,
          waitSeconds: 60,
        }),
    ],
  ] as const satisfies readonly (readonly [string, string, Parameters<typeof dryRun>[1]])[])(
    'stores, sends and delivers nothing of the %s of %s',
    async (body, _, work) => {
      const site = await makeSite();
      await initialized(site);
      const [before, files, sent] = [stored(site), site.files(), site.sent.length];

      const result = await dryRun(site.context, work);
      expect(result.type === 'message' && decodeMessage(result.der).body.type).toBe(body);
      expect(stored(site)).toEqual(before);
      expect(site.files()).toEqual(files);
      expect(site.sent).toHaveLength(sent);
      expect(site.warnings).toEqual([]);
    },
  );

  it('shows the stored message again for a request that was interrupted, and leaves it as it is', async () => {
    const site = await makeSite();
    site.setWire(() => Promise.reject(new Error('killed')));
    await expect(initialize(site.context, request())).rejects.toThrow('killed');
    const { outgoing, revision } = await outstanding(site.store);
    const result = await dryRun(site.context, (context) => initialize(context, request()));
    expect(result).toMatchObject({ type: 'message', der: outgoing });
    expect((await outstanding(site.store)).revision).toBe(revision);
  });

  it('says that nothing would be sent while a request waits for the CA', async () => {
    const site = await makeSite({ lab: { approval: 'manual' } });
    const waiting = await initialize(site.context, request({ waitSeconds: 0 }));
    expect(waiting.type).toBe('waiting');
    const before = stored(site);
    const result = await dryRun(site.context, (context) => initialize(context, request()));
    expect(result).toEqual({ type: 'nothing' });
    expect(stored(site)).toEqual(before);
  });

  it('refuses what the use case refuses', async () => {
    const site = await makeSite();
    await initialized(site);
    const again = dryRun(site.context, (context) =>
      initialize(context, request({ wanted: wanted('CN=other') })),
    );
    await expect(again).rejects.toMatchObject(coded('CERT_EXISTS'));
  });
});
