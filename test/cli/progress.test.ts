import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/cli/log.ts';
import { startProgress } from '../../src/cli/progress.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { fakeIo } from './fake-io.ts';

describe('startProgress()', () => {
  it('logs what the CA says while it waits, as far as a line goes', () => {
    const io = fakeIo();
    const globals = { json: false, quiet: false, verbose: false, yes: false };
    const clock = fakeClock();
    const progress = startProgress(io, globals, createLog(io, globals), clock);
    progress.tell({ type: 'waiting', polls: 1, next: clock.now(), text: 'x'.repeat(16_000) });
    expect(io.err()).toContain('the CA says "xxx');
    expect(io.err().length).toBeLessThan(500);
  });
});
