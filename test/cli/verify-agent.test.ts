import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { listenForControl, type ControlAnswers } from '../../src/agent/control-server.ts';
import { CertError } from '../../src/base/errors.ts';
import { addCa, benchWithCa, importGateway } from './bench-with-ca.ts';
import { gatewayPem } from './certificates.ts';
import type { Bench, Outcome } from './run-cli.ts';

/** Until a whole process would have started, on a machine with other things to do. */
const patience = { timeout: 10_000, interval: 20 };

/** A bench with a policy that asks a responder nobody is at, and a peer. */
async function gateway(): Promise<{ bench: Bench; run(line: string): Promise<Outcome> }> {
  const bench = benchWithCa();
  const run = (line: string): Promise<Outcome> =>
    bench.run(line.replaceAll('peer.pem', join(bench.directory, 'peer.pem')).split(' '));
  writeFileSync(join(bench.directory, 'peer.pem'), gatewayPem);
  await bench.run(addCa(bench));
  await importGateway(bench);
  for (const line of [
    'ocsp verify-object hq url http://127.0.0.1:9/ verify-others off ca-chain rootA profile rfc6960',
    'crypto map gw ikev2-ipv4 ca rootA ocsp-cert-validator hq revocation relaxed',
  ]) {
    expect(await run(line)).toMatchObject({ code: 0 });
  }
  return { bench, run };
}

async function withAgent(bench: Bench, words: readonly string[] = []): Promise<void> {
  const running = bench.run(['agent', 'run', ...words]);
  onTestFinished(async () => {
    await bench.run(['agent', 'stop']);
    await running;
  });
  await vi.waitFor(async () => {
    expect((await bench.run(['agent', 'status'])).out).toMatch(/^runs +\d/m);
  }, patience);
}

/** Where the word of the responder, or why there is none, is from. */
function fromOf({ out }: Outcome): unknown {
  const { revocation }: { revocation: { tried: { from?: string }[] }[] } = JSON.parse(out);
  return revocation[0]?.tried[0]?.from;
}

const none = async (): Promise<object> => ({});

async function listening(validate: ControlAnswers['validate']): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-verify-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'agent.sock');
  const others = { status: none, run: none, notify: none, reload: none, compare: none };
  const answers = { ...others, stop: none, tell: none, validate };
  onTestFinished(await listenForControl({ path, group: process.getegid?.() ?? 0 }, answers));
  return path;
}

describe('verify with a policy', () => {
  it('goes through a running agent, whose cache counts, and prints what it prints without one', async () => {
    const { bench, run } = await gateway();
    const before = await run('--json verify peer.pem policy gw');
    expect([before.code, fromOf(before)]).toStrictEqual([0, 'network']);
    expect(fromOf(await run('--json verify peer.pem policy gw'))).toBe('network');
    const text = await run('verify peer.pem policy gw');
    await withAgent(bench);
    expect(await run('--json verify peer.pem policy gw')).toStrictEqual(before);
    expect(fromOf(await run('--json verify peer.pem policy gw'))).toBe('error-cache');
    const remembered = await run('verify peer.pem policy gw');
    const plain = remembered.out.replaceAll(' (error-cache)', '').replaceAll(/ +/g, ' ');
    expect(plain).toBe(text.out.replaceAll(/ +/g, ' '));
    const other = await run('--json verify peer.pem policy gw identity dns:other');
    expect(other.code).toBe(9);
    expect(other.out).toContain('wrong-identity');
    expect(await run('verify peer.pem policy nobody')).toMatchObject({ code: 3 });
  });

  it.each(['ca rootA', 'ocsp-object hq', 'at 2026-12-01'])(
    'asks no agent with %s',
    async (words) => {
      const { bench, run } = await gateway();
      await withAgent(bench);
      for (let times = 0; times < 2; times++) {
        expect(fromOf(await run(`--json verify peer.pem policy gw ${words}`))).toBe('network');
      }
    },
  );

  it('judges a certificate of ours as a peer would, with an agent and without', async () => {
    const { bench, run } = await gateway();
    const line = '--json verify cert-name gw1 policy gw';
    const before = await run(line);
    expect(before.code).toBe(0);
    expect(JSON.parse(before.out)).toMatchObject({ path: [{ subject: 'CN=gw1,O=Test' }] });
    const nobody = await run('verify cert-name nobody policy gw');
    expect(nobody).toMatchObject({ code: 3, err: expect.stringContaining('has none in force') });
    await withAgent(bench);
    expect(await run(line)).toStrictEqual(before);
    expect(await run('verify cert-name nobody policy gw')).toStrictEqual(nobody);
  });

  it.each([
    ['verify policy gw', 2, 'one of file, cert-name'],
    ['verify peer.pem cert-name gw1 policy gw', 2, 'cert-name'],
    ['verify peer.pem socket /nowhere', 2, 'without a policy'],
    ['verify peer.pem policy gw socket /nowhere', 3, 'none listens'],
    ['verify peer.pem policy gw socket /nowhere ca rootA', 2, 'socket'],
  ])('ends: %s', async (line, code, said) => {
    const { run } = await gateway();
    expect(await run(line)).toMatchObject({ code, err: expect.stringContaining(said) });
  });
});

describe('verify at the socket of an agent', () => {
  it('opens no store, and hands on what it was given', async () => {
    const bench = benchWithCa();
    const peer = join(bench.directory, 'peer.pem');
    writeFileSync(peer, gatewayPem);
    const asked: unknown[] = [];
    const path = await listening(async (words) => {
      asked.push(words);
      return { verdict: 'reject', reasons: [{ code: 'revoked', detail: 'it is', depth: 0 }] };
    });
    const line = ['verify', peer, 'policy', 'gw', 'identity', 'CN=x', 'socket', path];
    const { code, out } = await bench.run(line);
    expect(code).toBe(9);
    expect(out).toMatch(/reason +revoked \(certificate 0\): it is/);
    expect(asked).toMatchObject([{ policy: 'gw', identity: 'CN=x', chain: [expect.any(String)] }]);
    await bench.run(['verify', 'cert-name', 'gw1', 'policy', 'gw', 'socket', path]);
    expect(asked[1]).toStrictEqual({ policy: 'gw', certName: 'gw1' });
    expect((await bench.run(['agent', 'status'])).out).toContain('there is no store');
  });

  it('says what the agent says went wrong, and what is no verdict', async () => {
    const { run } = await gateway();
    const busy = await listening(async () => {
      throw new CertError('IN_PROGRESS', 'Cannot judge one more peer');
    });
    const line = 'verify peer.pem policy gw socket';
    const said = await run(`${line} ${busy}`);
    expect(said.err).toContain('Cannot judge one more peer');
    expect(said.code).not.toBe(0);
    const odd = await listening(async () => ({ verdict: 'perhaps' }));
    expect(await run(`${line} ${odd}`)).toMatchObject({ code: 1 });
  });
});
