import { describe, expect, it, onTestFinished } from 'vitest';
import type { Lab } from '../../src/ca/lab.ts';
import {
  decodeCertificateList,
  listRevoked,
  type CertificateList,
} from '../../src/x509/certificate-list.ts';
import { extensionValue } from '../../src/x509/extension-values.ts';
import { oids } from '../../src/asn1/oids.ts';
import { enrolled } from './lab-client.ts';
import { clockAt, openLab, temporaryDirectory, type MovableClock } from './lab-under-test.ts';

const now = new Date('2026-11-01T12:00:00Z');

interface Bench {
  readonly lab: Lab;
  readonly clock: MovableClock;
}

async function bench(directory = temporaryDirectory()): Promise<Bench> {
  const clock = clockAt(now);
  const settings = { crlDelta: true, crlValiditySeconds: 3600, crlUrl: 'http://lab.example/' };
  return { lab: await openLab({ directory, clock, settings }), clock };
}

/** What a CRL says in few words: its number, that of its base if it is a delta, and how many it lists. */
function gistOf(crl: CertificateList): string {
  const { crlExtensions } = crl.tbsCertList;
  const number = extensionValue(crlExtensions, 'cRLNumber');
  const base = extensionValue(crlExtensions, 'deltaCRLIndicator');
  return `${number}${base === undefined ? '' : ` to ${base}`}: ${[...listRevoked(crl)].length}`;
}

async function crls(lab: Lab): Promise<readonly string[]> {
  const both = [await lab.crl('issuing'), await lab.crl('delta')];
  return both.map((der) => gistOf(decodeCertificateList(der)));
}

describe('a delta CRL of the lab', () => {
  it('lists what was revoked since the complete one, which stays, until half of its time is over', async () => {
    const { lab, clock } = await bench();
    await enrolled(lab);
    await enrolled(lab);
    expect(await crls(lab)).toEqual(['1: 0', '1 to 1: 0']);
    await lab.revoke(1);
    expect(await crls(lab)).toEqual(['1: 0', '2 to 1: 1']);
    clock.advance(60);
    expect(await crls(lab)).toEqual(['1: 0', '2 to 1: 1']);
    await lab.revoke(2);
    expect(await crls(lab)).toEqual(['1: 0', '3 to 1: 2']);
    clock.advance(1800);
    expect(await crls(lab)).toEqual(['4: 2', '4 to 4: 0']);
  });

  it('is critical, and certificates and the complete one say where it is', async () => {
    const { lab } = await bench();
    const { extensions } = (await enrolled(lab)).tbsCertificate;
    const complete = decodeCertificateList(await lab.crl('issuing')).tbsCertList.crlExtensions;
    for (const places of [extensions, complete]) {
      const [point] = extensionValue(places, 'freshestCRL') ?? [];
      const names = point?.distributionPoint?.value ?? [];
      expect([...names]).toMatchObject([{ value: 'http://lab.example/delta.crl' }]);
    }
    const delta = decodeCertificateList(await lab.crl('delta')).tbsCertList.crlExtensions ?? [];
    const indicator = delta.find(({ extnID }) => extnID === oids.deltaCRLIndicator);
    expect(indicator?.critical).toBe(true);
  });

  it('goes on with its numbers after a restart', async () => {
    const directory = temporaryDirectory();
    const before = await bench(directory);
    await enrolled(before.lab);
    await before.lab.revoke(1);
    expect(await crls(before.lab)).toEqual(['1: 1', '1 to 1: 0']);
    await enrolled(before.lab);
    await before.lab.revoke(2);
    expect(await crls(before.lab)).toEqual(['1: 1', '2 to 1: 1']);
    const after = await bench(directory);
    expect(await crls(after.lab)).toEqual(['1: 1', '2 to 1: 1']);
  });

  it('is served where there are any, and else neither served nor given', async () => {
    for (const crlDelta of [true, false]) {
      const lab = await openLab({ settings: { crlDelta } });
      const { port, close } = await lab.listen(0);
      onTestFinished(close);
      const { status } = await fetch(`http://127.0.0.1:${port}/delta.crl`);
      expect(status).toBe(crlDelta ? 200 : 404);
      const given = await lab.crl('delta').then(
        () => 'given',
        (error: unknown) => String(error),
      );
      expect(given).toMatch(crlDelta ? /^given$/ : /the lab issues none/);
    }
  });
});
