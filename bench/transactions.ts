import { reference, secret, startMockServer } from '../test/interop/openssl/mock-server.ts';
import { opensslEnv } from '../test/interop/openssl/pki.ts';
import { inProject, numberIn, type Bench } from './bench.ts';
import { figureOf, type Figure } from './sample.ts';
import { measure } from './usage.ts';

/** How many transactions a run of OpenSSL's client is made of: it takes 45 ms for one, whatever their number. */
const COUNT = 50;

/** How many one of ours is made of. */
const OUR_COUNT = 250;

/** How many come before, uncounted: in a process that has been running its code is compiled. */
const WARM_UP = 500;

/**
 * ir to pkiConf from a running process, over HTTP to OpenSSL's CMP server: our client against
 * `openssl cmp -repeat`, the same secret and parameters of the MAC, a new server for each run, which is
 * not counted.
 */
export async function transactions({ runs, pki, tell }: Bench): Promise<Figure[]> {
  const ours = { wall: new Array<number>(), cpu: new Array<number>(), peak: new Array<number>() };
  const theirs = { wall: new Array<number>(), cpu: new Array<number>(), peak: new Array<number>() };
  for (let run = 1; run <= runs; run++) {
    tell(`ir to pkiConf, run ${run} of ${runs}`);
    const openssl = await withServer(pki, (url) =>
      measure(opensslClient(url, ['-repeat', String(COUNT)]), {
        cwd: pki.directory,
        env: opensslEnv(),
      }),
    );
    theirs.wall.push(openssl.wallMs / COUNT);
    theirs.cpu.push(openssl.cpuMs / COUNT);
    theirs.peak.push(openssl.peakMb);
    const loop = [inProject('bench/transaction-loop.ts'), pki.directory];
    const own = await withServer(pki, (url) =>
      measure([process.execPath, ...loop, url, String(WARM_UP), String(OUR_COUNT)], {
        keepOutput: true,
      }),
    );
    ours.wall.push(numberIn(own.output, 'wallMs') / OUR_COUNT);
    ours.cpu.push(numberIn(own.output, 'cpuMs') / OUR_COUNT);
    ours.peak.push(own.peakMb);
  }
  const name = 'ir to pkiConf, running process';
  const against = `openssl cmp -repeat ${COUNT}`;
  const pair = <K extends keyof typeof ours>(key: K) => ({ ours: ours[key], theirs: theirs[key] });
  return [
    figureOf({ name, unit: 'ms wall', ...pair('wall'), against, goal: { atMost: 0.2 } }),
    figureOf({ name, unit: 'ms CPU', ...pair('cpu'), against, goal: { atMost: 1 } }),
    figureOf({ name, unit: 'peak MB', ...pair('peak'), against }),
  ];
}

/** The command line of OpenSSL's client for an ir, its certificate checked as ours is. */
export function opensslClient(url: string, more: readonly string[] = []): readonly string[] {
  const { host, pathname } = new URL(url);
  const words =
    `openssl cmp -cmd ir -server ${host} -path ${pathname} -batch -ref ${reference} ` +
    `-secret pass:${secret} -recipient /CN=x -newkey ee.key -subject /O=Test/CN=ee ` +
    '-out_trusted ca.crt -certout out.pem -verbosity 3';
  return [...words.split(' '), '-config', '', ...more];
}

/** Do something with an OpenSSL CMP server of its own. */
export async function withServer<T>(
  pki: Bench['pki'],
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = await startMockServer(pki);
  try {
    return await work(server.url);
  } finally {
    await server.stop();
  }
}
