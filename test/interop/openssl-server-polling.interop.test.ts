import { describe, expect, it } from 'vitest';
import { startOperator } from './openssl/operator.ts';
import { expectCertificate, initialize, useOpensslPki } from './openssl/suite.ts';

const pki = useOpensslPki();

/** Three polls until the certificate comes: the first request and two pollReqs are answered with waiting. */
const polling = { server: ['-poll_count', '3', '-check_after', '1'], ca: ['min-poll', '1s'] };
const relayed = { ...polling, isRelayed: true };

describe('a certificate OpenSSL makes us wait for', () => {
  it('is followed to its end by the command that asked for it', async () => {
    const operator = await startOperator(pki(), polling);
    const { code, out, err } = await operator.run(...initialize(pki()));
    expect(code).toBe(0);
    expect(out).toContain('Certificate "gw1" is valid until');
    expect(err).toContain('waiting for the CA: 1 poll done');
    expect(operator.server.received()).toEqual(['IR', 'POLLREQ', 'POLLREQ', 'POLLREQ', 'CERTCONF']);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it('is left outstanding with wait 0, and got by "cmp poll" in other processes', async () => {
    const operator = await startOperator(pki(), relayed);
    const first = await operator.run(...initialize(pki(), 'wait', '0'));
    expect(first.code).toBe(8);
    expect(first.out).toContain('certkeeper cmp poll current-cert gw1');
    expect(first.err).not.toContain('error:');
    expect(await operator.current('gw1')).toBeUndefined();
    const outstanding = await operator.run('show', 'cmp', 'outstanding-req');
    expect(outstanding.out).toContain('gw1');

    const second = await operator.run('cmp', 'poll', 'current-cert', 'gw1', 'wait', '0');
    expect(second.code).toBe(8);
    const third = await operator.run('cmp', 'poll', 'current-cert', 'gw1', 'wait', '0');
    expect({ code: third.code, err: third.err }).toEqual({ code: 0, err: '' });
    expect(operator.server.received()).toEqual(['IR', 'POLLREQ', 'POLLREQ', 'POLLREQ', 'CERTCONF']);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));

    const settled = await operator.run('cmp', 'poll', 'current-cert', 'gw1');
    expect(settled.code).toBe(0);
    expect(settled.out).toContain('Nothing is outstanding for "gw1"');
  });

  it('is not asked for twice when the command is repeated instead', async () => {
    const operator = await startOperator(pki(), relayed);
    expect((await operator.run(...initialize(pki(), 'wait', '0'))).code).toBe(8);
    const again = await operator.run(...initialize(pki(), 'wait', '30s'));
    expect(again.code).toBe(0);
    expect(again.err).toContain('going on with the ir for "gw1"');
    expect(operator.server.received().filter((body) => body === 'IR')).toEqual(['IR']);
    await expectCertificate(operator, 'gw1', pki().der('ee.crt'));
  });

  it('comes for a kur as well; until then the old one is current', async () => {
    const operator = await startOperator(pki(), {
      ...relayed,
      server: [...polling.server, '-rsp_cert', 'ee-rekeyed.crt'],
    });
    await operator.bring('ee');
    const update = ['cmp', 'update', 'current-cert', 'ee', 'key-reuse', 'wait', '0'];
    expect((await operator.run(...update)).code).toBe(8);
    expect((await operator.current('ee'))?.version).toBe(1);
    const { code, err } = await operator.run('cmp', 'poll', 'current-cert', 'ee');
    expect({ code, errors: err.includes('error:') }).toEqual({ code: 0, errors: false });
    await expectCertificate(operator, 'ee', pki().der('ee-rekeyed.crt'));
  });

  it('stays outstanding while the server is away, and is told', async () => {
    const operator = await startOperator(pki(), polling);
    expect((await operator.run(...initialize(pki(), 'wait', '0'))).code).toBe(8);
    await operator.server.stop();
    const { code, err } = await operator.run('cmp', 'poll', 'current-cert', 'gw1');
    expect(code).toBe(5);
    expect(err).toContain(': connection refused\nhint: ');
    expect(err).toContain(
      'The request stays outstanding: go on with "certkeeper cmp poll current-cert gw1"',
    );
    expect(err).toMatch(/^transactionID: [0-9a-f]{32}$/m);
    const outstanding = await operator.withStore((store) => store.transactions.outstanding());
    expect(outstanding.map(({ name, phase }) => [name, phase])).toEqual([['gw1', 'waiting']]);
  });
});
