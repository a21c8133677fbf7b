import { describe, expect, it } from 'vitest';
import { makeIpsecBench, type IpsecBench } from './ipsec-bench.ts';

/** What a terminal would obey, or what hides in a text. */
const strange = '\u001b[2J\r\n\u0007\u009b31m\u202e\u2028\0';

/** As long as a value of VICI may be. */
const long = `CN=${strange}${'x'.repeat(60_000)}`;

/** A charon whose peer says strange things of itself, `count` times; it is another IKE_SA each time somebody looks. */
async function hostile(count: number): Promise<IpsecBench> {
  const bench = await makeIpsecBench();
  const { charon } = bench;
  expect(await bench.run(bench.add('bob'))).toMatchObject({ code: 0 });
  let last = 0;
  for (let n = 0; n < count; n++) {
    charon.associations.push({
      connection: 'bob',
      get id() {
        return String((last += 1));
      },
      state: n === 0 ? 'ESTABLISHED' : strange,
      localId: long,
      remoteId: long,
      certificate: '',
      children: [`child${n}`],
    });
  }
  return bench;
}

/** Everything but line ends that moves a cursor or turns a text. */
const obeyed = /[^\P{Cc}\n]|\p{Cf}|\p{Zl}|\p{Zp}/u;

describe('show tunnel ipsec, of a hostile peer', () => {
  it('shows what it says of itself, cut and with nothing that a terminal obeys', async () => {
    const bench = await hostile(1);
    const { code, out, err } = await bench.run(['show', 'tunnel', 'ipsec', 'bob']);
    expect({ code, err }).toStrictEqual({ code: 0, err: '' });
    expect(out).toContain('\\u001b[2J');
    expect(out).not.toMatch(obeyed);
    expect(out.length).toBeLessThan(20_000);
  });

  it('gives it as JSON of the same kind', async () => {
    const bench = await hostile(1);
    const { code, out } = await bench.run(['show', 'tunnel', 'ipsec', 'bob', '--json']);
    expect(code).toBe(0);
    expect(out).not.toMatch(obeyed);
    expect(out.length).toBeLessThan(20_000);
    expect(JSON.parse(out)).toMatchObject({ tunnels: [{ name: 'bob', status: 'established' }] });
  });

  it('has one line for a tunnel, however many IKE_SAs it has', async () => {
    const bench = await hostile(200);
    const { out } = await bench.run(['show', 'tunnel', 'ipsec']);
    expect(out.split('\n')).toHaveLength(3);
    expect(out).not.toMatch(obeyed);
  });

  it('says so of a charon whose list does not end', async () => {
    const bench = await hostile(600);
    const { code, out } = await bench.run(['show', 'tunnel', 'ipsec']);
    expect(code).toBe(0);
    expect(out).toContain('its answer to list-sas does not end');
  });
});
