import { join } from 'node:path';
import { reference, secret, startMockServer } from '../test/interop/openssl/mock-server.ts';
import { opensslEnv } from '../test/interop/openssl/pki.ts';
import { inProject, numberIn, type Bench } from './bench.ts';
import { withLab } from './lab.ts';
import { figureOf, type Figure } from './sample.ts';
import { measure, type Usage } from './usage.ts';

/** How many transactions a run of OpenSSL's client is made of: it takes 45 ms for one, whatever their number. */
const COUNT = 50;

/** How many one of ours is made of. */
const OUR_COUNT = 250;

/** How many come before, uncounted: in a process that has been running its code is compiled. */
const WARM_UP = 500;

/** Against the lab, which writes everything down: enough to tell, and no minutes of it. */
const LAB_COUNT = 100;

/**
 * ir to pkiConf from a running process, over HTTP: our client against `openssl cmp -repeat`, the same server
 * of OpenSSL, secret and parameters of the MAC, with keys of P-256 and of RSA 2048; and our client under
 * PBMAC1 against the same under PBM, with the lab, since OpenSSL 3.0 knows no PBMAC1.
 */
export async function transactions(bench: Bench): Promise<Figure[]> {
  return [
    ...(await besideOpenssl('P-256', 'ee', bench)),
    ...(await besideOpenssl('RSA 2048', 'ee-rsa', bench)),
    ...(await pbmac1BesidePbm(bench)),
  ];
}

async function besideOpenssl(
  kind: string,
  ee: string,
  { runs, pki, tell }: Bench,
): Promise<Figure[]> {
  const ours = { wall: new Array<number>(), cpu: new Array<number>(), peak: new Array<number>() };
  const theirs = { wall: new Array<number>(), cpu: new Array<number>(), peak: new Array<number>() };
  const root = pki.path('ca.crt');
  for (let run = 1; run <= runs; run++) {
    tell(`ir to pkiConf, ${kind}, run ${run} of ${runs}`);
    const openssl = await withServer(pki, ee, (url) =>
      measure(opensslClient(url, ee, ['-repeat', String(COUNT)]), {
        cwd: pki.directory,
        env: opensslEnv(),
      }),
    );
    theirs.wall.push(openssl.wallMs / COUNT);
    theirs.cpu.push(openssl.cpuMs / COUNT);
    theirs.peak.push(openssl.peakMb);
    const own = await withServer(pki, ee, (url) =>
      loop([url, root, root, pki.directory, ee, 'pbm'], WARM_UP, OUR_COUNT),
    );
    ours.wall.push(numberIn(own.output, 'wallMs') / OUR_COUNT);
    ours.cpu.push(numberIn(own.output, 'cpuMs') / OUR_COUNT);
    ours.peak.push(own.peakMb);
  }
  const name = `ir to pkiConf, ${kind}, running process`;
  const against = `openssl cmp -repeat ${COUNT}`;
  const pair = <K extends keyof typeof ours>(key: K) => ({ ours: ours[key], theirs: theirs[key] });
  return [
    figureOf({ name, unit: 'ms wall', ...pair('wall'), against, goal: { atMost: 0.2 } }),
    figureOf({ name, unit: 'ms CPU', ...pair('cpu'), against, goal: { atMost: 1 } }),
    figureOf({ name, unit: 'peak MB', ...pair('peak'), against }),
  ];
}

async function pbmac1BesidePbm(bench: Bench): Promise<Figure[]> {
  const { runs, pki, tell } = bench;
  const cpu = { pbm: new Array<number>(), pbmac1: new Array<number>() };
  for (let run = 1; run <= runs; run++) {
    tell(`ir to pkiConf, PBM and PBMAC1, run ${run} of ${runs}`);
    for (const mac of ['pbm', 'pbmac1'] as const) {
      const own = await withLab(bench, ({ url, directory }) => {
        const anchors = [join(directory, 'root.pem'), join(directory, 'issuing.pem')];
        return loop([url, ...anchors, pki.directory, 'ee', mac], LAB_COUNT, LAB_COUNT);
      });
      cpu[mac].push(numberIn(own.output, 'cpuMs') / LAB_COUNT);
    }
  }
  return [
    figureOf({
      name: 'ir to pkiConf under PBMAC1',
      unit: 'ms CPU',
      ours: cpu.pbmac1,
      theirs: cpu.pbm,
      against: 'certkeeper under PBM',
    }),
  ];
}

/** Run our client's loop: so many to get warm, then so many that count. */
function loop(words: readonly string[], warmUp: number, count: number): Promise<Usage> {
  const program = [process.execPath, inProject('bench/transaction-loop.ts')];
  return measure([...program, ...words, String(warmUp), String(count)], { keepOutput: true });
}

/** The command line of OpenSSL's client for an ir, its certificate checked as ours is. */
export function opensslClient(
  url: string,
  ee: string,
  more: readonly string[] = [],
): readonly string[] {
  const { host, pathname } = new URL(url);
  const words =
    `openssl cmp -cmd ir -server ${host} -path ${pathname} -batch -ref ${reference} ` +
    `-secret pass:${secret} -recipient /CN=x -newkey ${ee}.key -subject /O=Test/CN=ee ` +
    '-out_trusted ca.crt -certout out.pem -verbosity 3';
  return [...words.split(' '), '-config', '', ...more];
}

/** Do something with an OpenSSL CMP server of its own, which hands out one certificate. */
export async function withServer<T>(
  pki: Bench['pki'],
  ee: string,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = await startMockServer(pki, ['-rsp_cert', `${ee}.crt`]);
  try {
    return await work(server.url);
  } finally {
    await server.stop();
  }
}
