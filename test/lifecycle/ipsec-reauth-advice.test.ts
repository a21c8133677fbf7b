import { describe, expect, it } from 'vitest';
import { reauthAdvice } from '../../src/lifecycle/ipsec-reauth-advice.ts';
import { issue } from '../harness/certificates.ts';

const root = issue({ subject: 'CN=Root B', isCa: true }).certificate;
const trust = { anchors: [root], intermediates: [] };
const begin = new Date('2026-06-15T00:00:00Z');

/** A store that holds CRLs of the root, each for so many seconds; without a number one without nextUpdate. */
function holding(...periods: readonly (number | undefined)[]) {
  const crls = periods.map((seconds) => ({
    identity: 'x',
    issuer: new Uint8Array(),
    thisUpdate: begin,
    ...(seconds !== undefined && { nextUpdate: new Date(begin.getTime() + seconds * 1000) }),
    fetchedAt: begin,
    octets: 9,
  }));
  return { heldCrls: { ofIssuer: async () => crls } };
}

describe('reauthAdvice()', () => {
  it('says nothing where authentication comes twice in the life of each CRL, or no CRL is known', async () => {
    expect(await reauthAdvice(holding(7200), { reauthSeconds: 3600 }, trust)).toStrictEqual([]);
    expect(await reauthAdvice(holding(), { reauthSeconds: 99_999 }, trust)).toStrictEqual([]);
    expect(await reauthAdvice(holding(undefined), {}, trust)).toStrictEqual([]);
  });

  it('says how long is long enough, by the CRL that stands for the shortest time', async () => {
    const [advice] = await reauthAdvice(holding(86_400, 7200), { reauthSeconds: 3601 }, trust);
    expect(advice).toContain('reauth-time is 3601 s, and CRLs of "CN=Root B" stand for 7200 s');
    expect(advice).toContain('with reauth-time 3600s or less');
  });

  it('says so of a tunnel that never authenticates anew', async () => {
    const [advice] = await reauthAdvice(holding(7200), {}, trust);
    expect(advice).toContain('reauth-time is not set');
  });
});
