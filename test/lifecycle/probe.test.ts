import { describe, expect, it } from 'vitest';
import { probe } from '../../src/lifecycle/probe.ts';
import { makeSite, request } from './site.ts';

describe('probe()', () => {
  it('says of a way to ask that it was answered, not what was asked for', async () => {
    const { context } = await makeSite();
    const { findings } = await probe(context, { credential: request().credential });
    expect(findings.find(({ what }) => what === 'pvno 3')).toEqual({
      what: 'pvno 3',
      result: 'yes',
      detail: 'it answers such messages',
    });
  });
});
