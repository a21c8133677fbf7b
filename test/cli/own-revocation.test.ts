import { expect, it } from 'vitest';
import { decodePem } from '../../src/asn1/pem.ts';
import { toHex } from '../../src/base/bytes.ts';
import { parseLabel } from '../../src/base/label.ts';
import { digest } from '../../src/crypto/digest.ts';
import type { OwnRevocation } from '../../src/store/validation-watch-contract.ts';
import { gatewayPem } from './certificates.ts';
import { makeBench, now, type Bench } from './run-cli.ts';

const der = decodePem(gatewayPem)[0]?.der ?? new Uint8Array();

async function benchWith(own: Partial<OwnRevocation>): Promise<Bench> {
  const bench = makeBench();
  await bench.withStore(async (store) => {
    const name = parseLabel('gw1', 'name');
    await store.certificates.import({ name, der, chain: [], source: 'import', at: now });
    await store.ownRevocations.put({
      name,
      fingerprint: toHex(digest('sha256', der)),
      policy: 'P',
      checkedAt: now,
      nextAt: new Date(now.getTime() + 3_600_000),
      ...own,
    });
  });
  return bench;
}

it('shows what was found out of a certificate that a policy names, and when it is looked at next', async () => {
  const word = { status: 'good', thisUpdate: now, nextUpdate: now } as const;
  const bench = await benchWith({ word });
  const { out } = await bench.run(['show', 'cert', 'gw1']);
  expect(out).toMatch(/^revocation +good, until 20/m);
  expect(out).toMatch(/^looked at +20\S+ by policy "P", next at 20/m);
  const json = await bench.run(['show', 'cert', 'gw1', '--json']);
  expect(JSON.parse(json.out)).toMatchObject({
    certificate: { revocation: { status: 'good', policy: 'P' } },
  });
});

it('shows that it is revoked, since when and why, and why there was no word the last time', async () => {
  const word = {
    status: 'revoked',
    thisUpdate: now,
    revokedAt: now,
    reason: 'keyCompromise',
  } as const;
  const failure = { code: 'timeout', text: 'it did not answer' };
  const bench = await benchWith({ word, failure });
  const { out } = await bench.run(['show', 'cert', 'gw1']);
  expect(out).toMatch(/^revocation +revoked since 20\S+, keyCompromise$/m);
  expect(out).toContain('no word then: it did not answer (timeout)');
});

it('shows nothing that is said of another certificate', async () => {
  const bench = await benchWith({ fingerprint: 'ab' });
  const { out } = await bench.run(['show', 'cert', 'gw1']);
  expect(out).not.toMatch(/^(?:revocation|looked at)/m);
});
