import { describe, expect, it } from 'vitest';
import { textsIn } from '../../src/deploy/vici-reading.ts';
import { crlPathOf } from '../../src/lifecycle/ipsec-large-crls.ts';
import { setResponder } from '../../src/lifecycle/set-responder.ts';
import { caBy, holdCrl, manyEntries } from '../lifecycle/held-crl.ts';
import { keepCa } from '../lifecycle/ipsec-site.ts';
import { tunnelScene, type TunnelScene } from './tunnel-scene.ts';

const ca = caBy('sha1');
const other = { number: 2n, entries: manyEntries };

/** A charon whose peer is judged by a CA. */
async function scene(isAnswered = true): Promise<TunnelScene> {
  const made = await tunnelScene();
  const { site, put, deploy, tunnels } = made;
  await keepCa(site, 'large', ca);
  const place = { address: '127.0.0.1', port: 8889, isOpen: false };
  if (isAnswered) await setResponder(site.context, { ...place, forCa: [], passesNonces: false });
  await put({ ca: ['large'] });
  await deploy();
  await tunnels.refresh();
  return made;
}

function counted({ charon }: TunnelScene, command: string): number {
  return charon.commands.filter((each) => each === command).length;
}

describe('keepTunnels(), of CRLs that are too large to be loaded', () => {
  it('tells charon where to fetch them, and has it forget the one before each time', async () => {
    const made = await scene();
    const { site, tunnels, charon } = made;
    expect(charon.authorities.size).toBe(0);
    await holdCrl(site, ca, { entries: manyEntries });
    for (const _ of [1, 2]) await tunnels.refresh();
    const [told = []] = charon.authorities.values();
    const ours = `http://127.0.0.1:8889${crlPathOf(ca.certificate)}`;
    expect(textsIn(told, 'crl_uris')).toStrictEqual([ours]);
    expect([counted(made, 'load-authority'), counted(made, 'flush-certs')]).toStrictEqual([1, 2]);
    await holdCrl(site, ca, other);
    for (const _ of [1, 2]) await tunnels.refresh();
    expect([counted(made, 'load-authority'), counted(made, 'flush-certs')]).toStrictEqual([1, 4]);
    expect(charon.crls.size).toBe(0);
  });

  it('tells it again when it does not know any more', async () => {
    const made = await scene();
    const { site, tunnels, charon } = made;
    await holdCrl(site, ca, { entries: manyEntries });
    await tunnels.refresh();
    charon.authorities.clear();
    await tunnels.refresh();
    expect(charon.authorities.size).toBe(1);
    await charon.startAnew();
    await tunnels.refresh();
    expect(charon.authorities.size).toBe(1);
  });

  it('warns once when the agent answers nobody', async () => {
    const { site, tunnels, lines, charon } = await scene(false);
    for (const parts of [{ entries: manyEntries }, other]) {
      await holdCrl(site, ca, parts);
      for (const _ of [1, 2]) await tunnels.refresh();
    }
    expect(lines).toStrictEqual([
      expect.stringMatching(/more than the 65535 octets .*staple responder/),
    ]);
    expect(charon.authorities.size).toBe(0);
  });
});
