import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { programPath } from '../scripts/peer-packages.ts';
import { inProject, numberIn, type Bench } from './bench.ts';
import { makeResponse } from './revocation.ts';
import { figureOf, type Figure } from './sample.ts';
import { measure } from './usage.ts';

/** Connections at a time: enough to keep a server of one process at work. */
const AT_A_TIME = '8';

/** Of one side, before it is the other's turn. */
const SECONDS = '2';

/** Handshakes of a Node listener with and without staple, and requests to the responder of an agent beside nginx. */
export async function staples(bench: Bench): Promise<Figure[]> {
  makeResponse(bench);
  return [...(await handshakes(bench)), ...(await requests(bench))];
}

async function handshakes({ runs, directory, pki, tell }: Bench): Promise<readonly Figure[]> {
  const listen = (...response: readonly string[]): Promise<Server> =>
    start([inProject('bench/tls-listener.ts'), pki.directory, ...response]);
  const stapled = await listen(join(directory, 'response.der'));
  const bare = await listen();
  const ours = sides();
  const theirs = sides();
  try {
    // The first one warms them.
    for (let run = 0; run <= runs; run++) {
      tell(`TLS handshakes, run ${run} of ${runs}`);
      const before = [stapled.cpuMs(), bare.cpuMs()] as const;
      // In turn, four times a second: by one client process.
      const loop = [inProject('bench/tls-client.ts'), stapled.port, bare.port, SECONDS, AT_A_TIME];
      const { output } = await measure([process.execPath, ...loop], { keepOutput: true });
      if (run === 0) continue;
      ours.perSecond.push(numberIn(output, 'stapled'));
      theirs.perSecond.push(numberIn(output, 'bare'));
      ours.cpuUs.push(((stapled.cpuMs() - before[0]) * 1000) / numberIn(output, 'stapledDone'));
      theirs.cpuUs.push(((bare.cpuMs() - before[1]) * 1000) / numberIn(output, 'bareDone'));
    }
  } finally {
    await stapled.stop();
    await bare.stop();
  }
  const name = 'TLS 1.3 handshake of a Node listener, P-256, with staple';
  return [
    figureOf({
      name,
      unit: 'a second',
      ours: ours.perSecond,
      theirs: theirs.perSecond,
      against: 'without',
      goal: { atLeast: 0.98 },
    }),
    figureOf({
      name: `${name}, server alone`,
      unit: 'CPU us',
      ours: ours.cpuUs,
      theirs: theirs.cpuUs,
      against: 'without',
    }),
  ];
}

async function requests({ runs, directory, tell }: Bench): Promise<readonly Figure[]> {
  const response = join(directory, 'response.der');
  const octets = String(readFileSync(response).length);
  const request = readFileSync(join(directory, 'request.der')).toString('base64');
  const path = `/${encodeURIComponent(request)}`;
  const loop = inProject('bench/ocsp-requests.ts');
  const ask = async (server: Server | undefined, into: Sides, isWarm: boolean): Promise<void> => {
    const before = server?.cpuMs() ?? NaN;
    const argv = [loop, server?.port ?? '', SECONDS, AT_A_TIME, path, octets];
    const output =
      server && (await measure([process.execPath, ...argv], { keepOutput: true })).output;
    if (!isWarm) return;
    into.perSecond.push(output === undefined ? NaN : numberIn(output, 'perSecond'));
    const ms = (server?.cpuMs() ?? NaN) - before;
    into.cpuUs.push(output === undefined ? NaN : (ms * 1000) / numberIn(output, 'done'));
  };
  const agent = await start([inProject('bench/ocsp-responder.ts'), directory, response]);
  const nginx = await startNginx(directory);
  const ours = sides();
  const theirs = sides();
  try {
    for (let run = 0; run <= runs; run++) {
      tell(`OCSP requests, run ${run} of ${runs}`);
      await ask(agent, ours, run > 0);
      await ask(nginx, theirs, run > 0);
    }
  } finally {
    await agent.stop();
    await nginx?.stop();
  }
  const name = 'OCSP request by GET to the loopback responder';
  const against = nginx ? 'nginx, the same octets as a file' : 'nginx is not installed';
  return [
    figureOf({
      name,
      unit: 'a second',
      ours: ours.perSecond,
      theirs: theirs.perSecond,
      against,
    }),
    figureOf({
      name: `${name}, server alone`,
      unit: 'CPU us',
      ours: ours.cpuUs,
      theirs: theirs.cpuUs,
      against,
    }),
  ];
}

/** What is measured of one server. */
interface Sides {
  readonly perSecond: number[];
  readonly cpuUs: number[];
}

function sides(): Sides {
  return { perSecond: [], cpuUs: [] };
}

/** A process that listens. */
interface Server {
  readonly port: string;
  /** User and system, since it began; the kernel counts by hundredths of a second. */
  cpuMs(): number;
  stop(): Promise<void>;
}

/** Start a program of ours, which prints its port. */
async function start(argv: readonly string[]): Promise<Server> {
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => reject(new Error(`It ended: ${text}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.endsWith('}\n')) resolve();
    });
  });
  return serverOf(child, String(numberIn(text, 'port')));
}

function serverOf(child: ChildProcess, port: string): Server {
  const end = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    port,
    cpuMs() {
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
      // Behind the name of the program, which may have spaces: utime and stime are fields 14 and 15.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    async stop() {
      child.kill('SIGTERM');
      await end;
    },
  };
}

/** One process, as an agent is; what it serves is in the cache of the kernel. */
async function startNginx(directory: string): Promise<Server | undefined> {
  const env = { ...process.env, PATH: programPath };
  if (spawnSync('nginx', ['-v'], { env, stdio: 'ignore' }).status !== 0) return undefined;
  const home = join(directory, 'nginx');
  mkdirSync(home);
  writeFileSync(join(home, 'response.der'), readFileSync(join(directory, 'response.der')));
  // A network namespace of its own: nobody else is there.
  const port = '18080';
  writeFileSync(
    join(home, 'conf'),
    `user root; daemon off; master_process off; pid ${home}/pid; error_log ${home}/log;
events { worker_connections 256; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=8;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  server {
    listen 127.0.0.1:${port}; root ${home}; default_type application/ocsp-response; merge_slashes off;
    location / { try_files /response.der =404; expires 1d; }
  }
}
`,
  );
  const child = spawn('nginx', ['-c', join(home, 'conf')], { env, stdio: 'inherit' });
  for (let tries = 0; !(await answers(Number(port))); tries++) {
    if (tries > 100 || child.exitCode !== null) throw new Error('nginx did not start');
    await pause(50);
  }
  return serverOf(child, port);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
