import { describe, expect, it } from 'vitest';

import { makeBench } from './run-cli.ts';

const add = (name: string, ...more: readonly string[]): readonly string[] =>
  ['agent', 'window', 'add', name, 'cron', '0 2 * * *', 'duration', '3h'].concat(more);

describe('agent window', () => {
  it('is set, shown with the next time it opens, and removed', async () => {
    const bench = makeBench(new Date('2026-12-01T12:00:00Z'));
    const { code, out } = await bench.run(add('nights', 'timezone', 'Europe/Berlin'));
    expect({ code, out }).toEqual({
      code: 0,
      out:
        'Renewals are begun in maintenance windows only; "nights" is open for 3h, ' +
        'next at 2026-12-02T01:00:00Z\n',
    });
    expect((await bench.run(['show', 'agent', 'windows'])).out).toMatch(
      /nights +0 2 \* \* \* +Europe\/Berlin +3h +2026-12-02T01:00:00Z/,
    );
    expect((await bench.run(['no', 'agent', 'window', 'nights'])).code).toBe(0);
    expect((await bench.run(['show', 'agent', 'windows'])).out).toBe(
      'Renewals are begun at any time\n',
    );
  });

  it.each([
    ['four fields', 'cron', '0 2 * *', 'has not the five fields'],
    ['a field that is none', 'cron', '0 99 * * *', '"0 99 * * *" is not minute, hour'],
    ['a day that never comes', 'cron', '0 2 30 2 *', 'never comes'],
    ['no such time zone', 'timezone', 'Mars', '"Mars" is not the name of a time zone'],
    ['a length of more than its period', 'duration', '25h', 'always open'],
    ['a length of its period', 'duration', '24h', 'always open'],
    ['a length of two weeks', 'duration', '14d', 'from a minute to a week'],
  ])('is refused with %s', async (_, word, value, why) => {
    const bench = makeBench();
    const words = new Map([
      ['cron', '0 2 * * *'],
      ['duration', '3h'],
      ['timezone', 'UTC'],
      [word, value],
    ]);
    const { code, err } = await bench.run(['agent', 'window', 'add', 'w', ...[...words].flat()]);
    expect(code).toBe(3);
    expect(err).toContain(why);
    expect((await bench.run(['show', 'agent', 'windows', '--json'])).out).toContain(
      '"windows": []',
    );
  });

  it('needs quotes around the fields of cron, and says so', async () => {
    const { code, err } = await makeBench().run(
      'agent window add nights cron 0 2 * * * duration 3h'.split(' '),
    );
    expect(code).toBe(2);
    expect(err).toContain('Put the five fields of cron in quotes');
  });

  it('may be open for long, as long as it is closed for a while', async () => {
    const { run } = makeBench();
    for (const [cron, duration] of [
      ['0 2 * * *', '23h'],
      ['* 0-5 * * *', '1h'],
      ['0 2 * * 1', '6d'],
    ]) {
      const { code } = await run(
        ['agent', 'window', 'add', 'w', 'cron', `${cron}`].concat('duration', `${duration}`),
      );
      expect(code).toBe(0);
    }
  });

  it('that is not there cannot be removed', async () => {
    const { code, err } = await makeBench().run(['no', 'agent', 'window', 'w']);
    expect(code).toBe(3);
    expect(err).toContain('there is none');
  });
});
