import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { issue } from '../harness/certificates.ts';
import { makeIpsecBench } from './ipsec-bench.ts';

describe('a deployment to a charon', () => {
  it('is undone without the charon, and that is said', async () => {
    const { run, charon } = await makeIpsecBench();
    const target = ['target', 'strongswan', 'socket', charon.socket];
    expect((await run(['cert', 'deploy', 'cert-name', 'alice', ...target])).code).toBe(0);
    const { out } = await run(['no', 'cert', 'deploy', 'cert-name', 'alice']);
    expect(out).toContain(`the charon at "${charon.socket}" keeps what it was given`);
    expect(charon.loadedKeys.size).toBe(1);
  });
});

describe('a renewed certificate that a tunnel does not go over to', () => {
  it('is deployed, not in use, and an alarm stands until it is', async () => {
    const bench = await makeIpsecBench();
    const { charon, root } = bench;
    await bench.run(['notify', 'log', 'noc', 'file', join(bench.directory, 'told.log')]);
    await bench.run(bench.add('bob', 'reauth-on-renewal'));
    charon.establish('bob');
    charon.answersPeers = false;
    await bench.keep('alice', issue({ subject: 'CN=alice,O=A', issuer: root }), root);
    const poll = ['cmp', 'poll', 'current-cert', 'alice'];
    expect((await bench.run(poll)).code).toBe(10);
    expect((await bench.run(['show', 'cert', 'alice'])).out).toContain('deployed, not in use');
    const alarms = async () => (await bench.run(['show', 'alarms'])).out;
    expect(await alarms()).toMatch(/clmDeployFailed/);

    charon.answersPeers = true;
    expect((await bench.run(poll)).code).toBe(0);
    expect((await bench.run(['show', 'cert', 'alice'])).out).toMatch(/strongswan: deployed$/m);
    expect(await alarms()).toContain('Nothing is wrong');
  });
});
