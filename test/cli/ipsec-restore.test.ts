import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeIpsecBench } from './ipsec-bench.ts';

it('store restore has charons loaded anew, which go on with what came after the backup', async () => {
  const bench = await makeIpsecBench();
  await bench.run(bench.add('bob'));
  const file = join(bench.directory, 'backup');
  expect(await bench.run(['store', 'backup', file])).toMatchObject({ code: 0 });
  await bench.run(bench.add('bob', 'remote-id', 'bob.example'));
  expect(await bench.run(['store', 'restore', file, '--yes'])).toMatchObject({ code: 0 });
  const { out } = await bench.run(['show', 'cert', 'alice']);
  expect(out).toContain('strongswan: deploy pending');
});
