import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { reference, secret } from '../test/interop/openssl/mock-server.ts';
import { opensslEnv } from '../test/interop/openssl/pki.ts';
import { inProject, type Bench } from './bench.ts';
import { figureOf, type Figure } from './sample.ts';
import { opensslClient, withServer } from './transactions.ts';
import { measure, type RunOptions, type Usage } from './usage.ts';

/** More runs than elsewhere: they are short, and their spread is wide. */
const FACTOR = 2;

/**
 * Commands from their start to their end, with the built program and a warm compile cache: `show cmp
 * statistics` against an empty Node.js process, `cmp initialize` with a P-256 key from a file against
 * `openssl cmp`.
 */
export async function oneShot(bench: Bench): Promise<Figure[]> {
  return withServer(bench.pki, 'ee', async (url) => {
    const certkeeper = await setUp(bench, url);
    const shows: Usage[] = [];
    const empties: Usage[] = [];
    const initializes: Usage[] = [];
    const openssls: Usage[] = [];
    const cwd = bench.pki.directory;
    for (let run = 1; run <= bench.runs * FACTOR; run++) {
      bench.tell(`commands, run ${run} of ${bench.runs * FACTOR}`);
      empties.push(await measure([process.execPath, '-e', '0']));
      shows.push(await certkeeper('show cmp statistics'));
      openssls.push(await measure(opensslClient(url, 'ee'), { cwd, env: opensslEnv() }));
      initializes.push(await certkeeper(initialize(`run${run}`)));
    }
    const show = 'show cmp statistics, cold';
    const one = 'cmp initialize, one shot';
    const node = { name: show, against: 'node -e 0' };
    const openssl = { name: one, against: 'openssl cmp' };
    return [
      figureOf({
        ...node,
        unit: 'ms CPU',
        ...sides(shows, empties, 'cpuMs'),
        comparison: 'difference',
        goal: { atMost: 15 },
      }),
      figureOf({ ...node, unit: 'peak MB', ...sides(shows, empties, 'peakMb') }),
      figureOf({
        ...openssl,
        unit: 'ms wall',
        ...sides(initializes, openssls, 'wallMs'),
        goal: { atMost: 3 },
      }),
      figureOf({ ...openssl, unit: 'ms CPU', ...sides(initializes, openssls, 'cpuMs') }),
      figureOf({ ...openssl, unit: 'peak MB', ...sides(initializes, openssls, 'peakMb') }),
    ];
  });
}

function sides(
  ours: readonly Usage[],
  theirs: readonly Usage[],
  key: 'wallMs' | 'cpuMs' | 'peakMb',
) {
  return { ours: ours.map((usage) => usage[key]), theirs: theirs.map((usage) => usage[key]) };
}

/** Make a state directory with a CA profile, and run each kind of command often enough to warm the cache. */
async function setUp({ pki, directory }: Bench, url: string) {
  const home = join(directory, 'home');
  mkdirSync(join(home, '.cache'), { recursive: true, mode: 0o700 });
  const { XDG_CACHE_HOME: _, ...env } = process.env;
  const options: RunOptions = {
    cwd: pki.directory,
    env: { ...env, HOME: home, CERTKEEPER_STATE: join(directory, 'state'), CMP_SECRET: secret },
  };
  const certkeeper = (line: string): Promise<Usage> =>
    measure([process.execPath, inProject('dist/cli/main.js'), ...line.split(' ')], options);
  // As OpenSSL's client protects, so that both sides compute the same.
  const known = `reference ${reference} secret env:CMP_SECRET pbm-iterations 500 pbm-mac hmac-sha1`;
  await certkeeper(`ca add mock url ${url} root ca.crt cmp-root ca.crt ${known}`);
  for (let i = 0; i < 3; i++) {
    await certkeeper(initialize(`warm${i}`));
    await certkeeper('show cmp statistics');
  }
  return certkeeper;
}

function initialize(name: string): string {
  return `cmp initialize key-file ee.key cert-name ${name} subject-name CN=ee,O=Test ca-root mock`;
}
