import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { programPath } from '../../scripts/peer-packages.ts';
import { features } from '../features.ts';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { hasIpsec, requireIpsec } from './ipsec/ipsec-scene.ts';
import { buildOnce } from './responder-scene.ts';

const script = join(import.meta.dirname, '../../examples/two-gateways/two-gateways.sh');

/** What it says it does in under two minutes may take longer where other tests run beside it. */
const LIMIT_MS = 240_000;

let told = '';
let code: number | null = null;

beforeAll(() => {
  if (!hasIpsec('libipsec') || !features.accounts.isThere()) return;
  buildOnce();
  const { status, stdout, stderr } = spawnSync('bash', [script], {
    env: { ...process.env, PATH: programPath },
    encoding: 'utf8',
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  code = status;
  told = stdout + stderr;
}, LIMIT_MS + 10_000);

beforeEach((context) => {
  requireIpsec(context, 'libipsec');
  requirePeer(context, 'snmptrapd');
  requireFeature(context, 'mounts');
  requireFeature(context, 'accounts');
});

describe('examples/two-gateways', () => {
  it('goes to its end', () => {
    expect(code, told).toBe(0);
  });

  it('has one gateway enrol under a secret, and the other with the certificate of its vendor', () => {
    expect(told).toContain('Certificate "alice" is valid until');
    expect(told).toContain('Certificate "bob" is valid until');
    expect(told).toMatch(/signer-cert vendor/);
  });

  it('sets up a tunnel that a ping goes through', () => {
    expect(told).toContain('3 packets transmitted, 3 received, 0% packet loss');
  });

  it('loses at most five of fifty pings a second while the agent renews a certificate', () => {
    const [, sent, received] =
      [...told.matchAll(/^(\d+) packets transmitted, (\d+) received/gm)].at(1) ?? [];
    const lost = Number(sent) - Number(received);
    process.stdout.write(
      `${lost} of ${sent} pings were lost over renewal and authentication anew\n`,
    );
    expect(lost, told).toBeLessThanOrEqual(5);
    expect(told).toMatch(/The renewed certificate has serial number [0-9a-f]+, and is in use/);
  });

  it('ends the tunnel once the certificate is revoked, within ten seconds of the next authentication', () => {
    expect(told).toMatch(/The tunnel is gone \d\.\d s after/);
  });

  it('has a trap arrive', () => {
    expect(told).toMatch(/^trap: .*clmRevocationSourceStale.*peer-refused/m);
  });

  it('leaves nothing behind', () => {
    const { stdout } = spawnSync('ip', ['netns', 'list'], {
      env: { ...process.env, PATH: programPath },
      encoding: 'utf8',
    });
    expect(stdout).not.toMatch(/^(alice|bob|office)\b/m);
  });
});
