import { describe, expect, it } from 'vitest';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { makeSite, request } from './site.ts';

describe('a certificate that was damaged in the store', () => {
  it('is blamed on the store, not on a peer, and nothing is sent', async () => {
    const site = await makeSite();
    await site.setProfile({ roots: [new Uint8Array([0x30, 0x03, 0x02, 0x01])] });
    await expect(initialize(site.context, request())).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('CA "lab"'),
    });
    expect(site.sent).toEqual([]);
  });
});
