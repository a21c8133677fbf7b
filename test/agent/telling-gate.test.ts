import { expect, it } from 'vitest';
import { tellingGate } from '../../src/agent/telling-gate.ts';
import { fakeClock } from '../harness/fake-clock.ts';

it('lets the same be told once an hour, and says how many were not', async () => {
  const clock = fakeClock();
  const gate = tellingGate(clock);
  expect([gate.pass('a'), gate.pass('a'), gate.pass('a')]).toStrictEqual([0, undefined, undefined]);
  expect(gate.pass('b')).toBe(2);
  await clock.advance(3600);
  expect(gate.pass('a')).toBe(0);
});

it('lets no more be told than ten at once and one a minute, whatever they are about', async () => {
  const clock = fakeClock();
  const gate = tellingGate(clock);
  const flood = (): number => {
    const all = Array.from({ length: 1000 }, (_, i) => gate.pass(`${clock.now().getTime()} ${i}`));
    return all.filter((passed) => passed !== undefined).length;
  };
  expect(flood()).toBe(10);
  await clock.advance(60);
  expect(flood()).toBe(1);
  await clock.advance(5 * 60);
  expect(flood()).toBe(5);
});

it('is silenced by no clock that is set back', () => {
  let now = new Date('2026-12-01T12:00:00Z');
  const gate = tellingGate({ now: () => now });
  expect(gate.pass('a')).toBe(0);
  now = new Date('2026-11-01T12:00:00Z');
  expect(gate.pass('a')).toBe(0);
});
