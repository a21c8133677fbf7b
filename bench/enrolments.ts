import { join } from 'node:path';
import { reference, secret } from '../test/interop/openssl/mock-server.ts';
import { opensslEnv } from '../test/interop/openssl/pki.ts';
import { inProject, type Bench } from './bench.ts';
import { withLab, type RunningLab } from './lab.ts';
import { figureOf, type Figure } from './sample.ts';
import { measure, type Usage } from './usage.ts';

/** Enrolments of one run. */
const COUNT = 100;

/** Half as many runs as elsewhere: each takes ten seconds, and is a hundred of something itself. */
const runsOf = (bench: Bench): number => Math.ceil(bench.runs / 2);

/**
 * A hundred enrolments against the lab, served over HTTP by another process: one process of ours with its
 * store, against as many processes of `openssl cmp`; one after the other, and sixteen at a time. The lab
 * works on one message at a time, and writes each down before it answers.
 */
export async function enrolments(bench: Bench): Promise<Figure[]> {
  return [...(await measured(1, bench)), ...(await measured(16, bench))];
}

async function measured(atATime: number, bench: Bench): Promise<Figure[]> {
  const ours: Usage[] = [];
  const theirs: Usage[] = [];
  const runs = runsOf(bench);
  for (let run = 1; run <= runs; run++) {
    bench.tell(`${COUNT} enrolments, ${atATime} at a time, run ${run} of ${runs}`);
    theirs.push(await withLab(bench, (lab) => opensslProcesses(lab, atATime, bench)));
    ours.push(await withLab(bench, (lab) => ourProcess(lab, atATime, `${atATime}-${run}`, bench)));
  }
  const how = atATime === 1 ? 'one after the other' : `${atATime} at a time`;
  const name = `${COUNT} enrolments, ${how}`;
  const against = `${COUNT} x openssl cmp`;
  return [
    figureOf({ name, unit: 'ms wall', ...sides('wallMs'), against }),
    figureOf({ name, unit: 'ms CPU', ...sides('cpuMs'), against }),
    figureOf({ name, unit: 'peak MB of one process', ...sides('peakMb'), against }),
  ];

  function sides(key: 'wallMs' | 'cpuMs' | 'peakMb') {
    return { ours: ours.map((usage) => usage[key]), theirs: theirs.map((usage) => usage[key]) };
  }
}

/** `xargs` starts them, and waits for them: what the kernel counts for it includes theirs. */
function opensslProcesses(
  { url, directory }: RunningLab,
  atATime: number,
  { pki }: Bench,
): Promise<Usage> {
  const { host, pathname } = new URL(url);
  const client =
    `openssl cmp -config /dev/null -cmd ir -server ${host} -path ${pathname} -batch -ref ${reference} ` +
    `-secret pass:${secret} -recipient /CN=x -newkey ee.key -subject /O=Test/CN=ee ` +
    `-out_trusted ${join(directory, 'root.pem')} -untrusted ${join(directory, 'issuing.pem')} ` +
    '-certout out{}.pem -verbosity 3';
  return measure(['sh', '-c', `seq ${COUNT} | xargs -P ${atATime} -I {} ${client}`], {
    cwd: pki.directory,
    env: opensslEnv(),
  });
}

async function ourProcess(
  { url, directory }: RunningLab,
  atATime: number,
  run: string,
  { pki, directory: work }: Bench,
): Promise<Usage> {
  const state = join(work, `state-${run}`);
  const env = { ...process.env, CERTKEEPER_STATE: state, CMP_SECRET: secret };
  // As OpenSSL's client protects, so that both sides compute the same.
  const words =
    `ca add lab url ${url} root ${join(directory, 'root.pem')} reference ${reference} ` +
    'secret env:CMP_SECRET pbm-iterations 500 pbm-mac hmac-sha1 implicit-confirm no';
  await measure([process.execPath, inProject('dist/cli/main.js'), ...words.split(' ')], { env });
  const loop = [inProject('bench/enrolment-loop.ts'), state, pki.path('ee.key')];
  return measure([process.execPath, ...loop, String(COUNT), String(atATime)], { env });
}
