import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compose, type Services } from '../../src/agent/compose.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { systemRandom } from '../../src/agent/system-random.ts';
import { silentLog } from '../../src/base/log.ts';
import { run } from '../../src/cli/run.ts';
import { putConfiguredCrl, removeConfiguredCrl } from '../../src/lifecycle/configured-crls.ts';
import { putOcspObject, removeOcspObject } from '../../src/lifecycle/ocsp-objects.ts';
import { removeCaCertificate } from '../../src/lifecycle/remove-authority.ts';
import { putPolicy, resolvePolicy } from '../../src/lifecycle/validation-policies.ts';
import { parseLabel } from '../../src/base/label.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { root } from '../harness/paths.ts';
import { fakeIo } from './fake-io.ts';
import { makeBench, type Bench } from './run-cli.ts';

const gw = (object: string): string =>
  `ocsp: { ${object}: { verify-others: off, ca-chain: rootA } }\n` +
  `ca-crl: { ${object}: { url: http://crl.example/${object} } }\n` +
  `crypto-policy: { gw: { kind: ikev2-ipv4, ca: rootA, ocsp-cert-validator: ${object}, ca-crl: ${object} } }\n`;

async function makeOne(): Promise<Bench> {
  const bench = makeBench();
  const file = join(bench.directory, 'root.der');
  writeFileSync(file, certificateDer(root.certificate));
  await bench.run(['cert', 'import', 'cert-name', 'rootA', 'file', file, 'ca']);
  return bench;
}

function services(state: string, onWrite?: () => void): Promise<Services> {
  return compose({
    stateDirectory: state,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    ...(onWrite && { onWrite }),
  });
}

/** Run a line on a state directory as if nobody else were at it. */
async function runOn(state: string, argv: readonly string[], onWrite?: () => void) {
  const io = fakeIo({ env: { CERTKEEPER_STATE: state } });
  const code = await run(argv, io, () => services(state, onWrite));
  return { code, out: io.out(), err: io.err() };
}

/** Whoever held it was killed. */
async function freeLease({ store, holder, clock }: Services): Promise<void> {
  const id = 'a-successor';
  const owner = { ...holder, id };
  const now = clock.now();
  const lease = await store.leases.acquire('(policies)', owner, now, now, () => false);
  if ('fence' in lease) await store.leases.release('(policies)', id, lease.fence);
}

describe('config apply that exchanges what a policy names, killed after any write', () => {
  it('leaves a policy whose objects are all there, and goes on when it is applied again', async () => {
    const bench = await makeOne();
    const file = join(bench.directory, 'gw.yaml');
    const apply = ['config', 'apply', file, '--yes'];
    writeFileSync(file, gw('old'));
    expect(await runOn(bench.state, apply)).toMatchObject({ code: 0, err: '' });
    writeFileSync(file, gw('new'));
    let writes = 0;
    const killed = (nth: number): string => join(bench.directory, `killed-${nth}`);
    const kill = (): void => {
      writes += 1;
      cpSync(bench.state, killed(writes), { recursive: true });
    };
    expect(await runOn(bench.state, apply, kill)).toMatchObject({ code: 0, err: '' });
    expect(writes).toBeGreaterThanOrEqual(7);
    for (let nth = 1; nth <= writes; nth++) {
      const opened = await services(killed(nth));
      const policy = await resolvePolicy(opened.store, { name: 'gw' });
      const crls = (await opened.store.validationObjects.list('crl')).map(({ name }) => name);
      expect(crls, `write ${nth}`).toEqual(expect.arrayContaining([...policy.crls.configured]));
      expect(['old', 'new'], `write ${nth}`).toContain(policy.ocsp?.name);
      await freeLease(opened);
      await opened.close();
      expect(await runOn(killed(nth), apply), `write ${nth}`).toMatchObject({ code: 0, err: '' });
      const again = await runOn(killed(nth), [...apply, '--dry-run']);
      expect(again.out, `write ${nth}`).toContain('Nothing would change');
    }
  });
});

describe('two processes at once', () => {
  const words = { 'verify-others': false, 'ca-chain': 'rootA' };
  const policy = {
    kind: 'ikev2-ipv4',
    ca: ['rootA'],
    'ocsp-cert-validator': 'hq',
    'ca-crl': ['a'],
  };

  it.each([
    ['the OCSP object', (other: Services) => removeOcspObject(other, 'hq')],
    ['the CRL', (other: Services) => removeConfiguredCrl(other, 'a')],
    ['the CA', (other: Services) => removeCaCertificate(other, parseLabel('rootA', 'label'))],
  ])('set up a policy and take away %s: one of them is told', async (_, remove) => {
    const bench = await makeOne();
    const [one, other] = [await services(bench.state), await services(bench.state)];
    await putConfiguredCrl(one, { name: 'a', words: { url: 'http://crl.example/a' } });
    await putOcspObject(one, { name: 'hq', words }, undefined);
    const ended = await Promise.allSettled([
      remove(other),
      putPolicy(one, { name: 'gw', words: policy }),
    ]);
    expect(ended.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    const set = await one.store.validationObjects.get('policy', 'gw');
    const resolved = set && (await resolvePolicy(one.store, { name: 'gw' }));
    expect(resolved?.name).toBe(set?.name);
    await one.close();
    await other.close();
  });
});
