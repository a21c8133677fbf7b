import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import { bodies, initialized, issued, makeSite, named, request, type Site } from './site.ts';

/** The protectionAlg of every answer from now on. */
function watchAnswers(site: Site): readonly (string | undefined)[] {
  const seen: (string | undefined)[] = [];
  site.setWire(async (der, lab) => {
    const answer = await lab(der);
    seen.push(decodeMessage(answer).header.protectionAlg?.algorithm);
    return answer;
  });
  return seen;
}

function algorithmsSent({ sent }: Site): readonly (string | undefined)[] {
  return sent.map((der) => decodeMessage(der).header.protectionAlg?.algorithm);
}

describe('a CA profile with protection pbmac1', () => {
  it('gets a certificate under PBMAC1, and the lab answers in kind [P5][R7]', async () => {
    const site = await makeSite({ profile: { protection: 'pbmac1' } });
    const answers = watchAnswers(site);
    const { certificate } = await initialized(site);
    expect(certificate).toMatchObject({ name: 'gw1', version: 1, status: 'current' });
    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
    expect(algorithmsSent(site)).toEqual([oids.pbmac1, oids.pbmac1]);
    expect(answers).toEqual([oids.pbmac1, oids.pbmac1]);
  });

  it('updates by signature, as ever', async () => {
    const site = await makeSite({ profile: { protection: 'pbmac1' } });
    await initialized(site);
    const updated = issued(await update(site.context, { current: named('gw1'), waitSeconds: 60 }));
    expect(updated.certificate).toMatchObject({ version: 2, status: 'current' });
    expect(algorithmsSent(site).slice(2)).toEqual([oids.ecdsaWithSHA256, oids.ecdsaWithSHA256]);
  });

  it.each([
    ['pbmac1', 'pbm', oids.pbmac1],
    ['pbm', 'pbmac1', oids.passwordBasedMac],
  ] as const)(
    'keeps %s for a transaction under way when it turns to %s, in another process too [P4]',
    async (protection, next, algorithm) => {
      const lab = { approval: 'manual', checkAfterSeconds: 600 } as const;
      const site = await makeSite({ lab, profile: { protection } });
      const waiting = await initialize(site.context, request({ waitSeconds: 0 }));
      expect(waiting.type).toBe('waiting');
      await site.setProfile({ protection: next });
      for (const { id } of await site.lab.requests()) await site.lab.approve(id);
      issued(await poll(await site.open(), { name: named('gw1'), waitSeconds: 0 }));
      expect(bodies(site.sent)).toEqual(['ir', 'pollReq', 'pollReq', 'certConf']);
      const parameters = site.sent.map((der) => decodeMessage(der).header.protectionAlg);
      expect(new Set(parameters.map((one) => one?.algorithm))).toEqual(new Set([algorithm]));
      // The salt, too, is that of the transaction.
      const octets = parameters.map((one) => Buffer.from(one?.parameters ?? []).toString('hex'));
      expect(new Set(octets).size).toBe(1);
    },
  );

  it('is refused with another secret', async () => {
    const site = await makeSite({ profile: { protection: 'pbmac1' } });
    await site.store.authorities.put(site.profile, Uint8Array.of(1, 2, 3));
    // The RA cannot tell who asks, and signs its error.
    expect(await initialize(site.context, request())).toMatchObject({ type: 'rejected' });
    expect(await site.lab.certificates()).toEqual([]);
  });
});
