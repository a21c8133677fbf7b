import { execFileSync } from 'node:child_process';
import { createWriteStream, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { opensslEnv } from '../test/interop/openssl/pki.ts';
import { inProject, numberIn, type Bench } from './bench.ts';
import { figureOf, type Figure } from './sample.ts';
import { measure, type Usage } from './usage.ts';

/** As many as the largest public CRLs list. */
const ENTRIES = 500_000;

/**
 * A CRL of half a million entries, made by `openssl ca`, read and verified beside `openssl crl -verify`; lookups in it;
 * and one response of `openssl ocsp` verified.
 */
export async function revocation(bench: Bench): Promise<Figure[]> {
  await makeCrls(bench);
  makeResponse(bench);
  return [...(await crlFigures(bench)), ...(await ocspFigures(bench))];
}

async function crlFigures({ runs, directory, pki, tell }: Bench): Promise<Figure[]> {
  const fileMb = statSync(join(directory, 'big.crl')).size / 2 ** 20;
  const ca = pki.path('ca.crt');
  const loop = inProject('bench/revocation-crl.ts');
  const ours = (file: string): Promise<Usage> =>
    measure([process.execPath, loop, ca, file], { cwd: directory, keepOutput: true });
  const verifying = `crl -inform DER -noout -verify -CAfile ${ca} -in`.split(' ');
  const theirs = (file: string): Promise<Usage> =>
    measure(['openssl', ...verifying, file], { cwd: directory });
  const cpu: number[] = [];
  const cpuOpenssl: number[] = [];
  const whole: number[] = [];
  const wholeOpenssl: number[] = [];
  const memory: number[] = [];
  const memoryOpenssl: number[] = [];
  const hit: number[] = [];
  const hitMap: number[] = [];
  for (let run = 1; run <= runs; run++) {
    tell(`CRL of ${ENTRIES} entries, run ${run} of ${runs}`);
    // Beside a CRL without entries: what it takes to start is not what is asked.
    const [empty, big] = [await ours('empty.crl'), await ours('big.crl')];
    const [emptyOpenssl, bigOpenssl] = [await theirs('empty.crl'), await theirs('big.crl')];
    cpu.push(big.cpuMs - empty.cpuMs);
    cpuOpenssl.push(bigOpenssl.cpuMs - emptyOpenssl.cpuMs);
    whole.push(big.cpuMs);
    wholeOpenssl.push(bigOpenssl.cpuMs);
    memory.push((big.peakMb - empty.peakMb) / fileMb);
    memoryOpenssl.push((bigOpenssl.peakMb - emptyOpenssl.peakMb) / fileMb);
    const { output } = await measure([process.execPath, loop, ca, 'big.crl', 'lookups'], {
      cwd: directory,
      keepOutput: true,
    });
    hit.push(numberIn(output, 'lookupUs'));
    hitMap.push(numberIn(output, 'mapUs'));
  }
  const name = `CRL, ${ENTRIES} entries`;
  const against = 'openssl crl -verify';
  return [
    figureOf({
      name: `${name}, load and verify`,
      unit: 'CPU ms beside an empty one',
      ours: cpu,
      theirs: cpuOpenssl,
      against,
      goal: { atMost: 0.3 },
    }),
    figureOf({
      name: `${name}, whole process`,
      unit: 'CPU ms',
      ours: whole,
      theirs: wholeOpenssl,
      against,
    }),
    figureOf({
      name: `${name}, memory beside an empty one`,
      unit: 'sizes of the file',
      ours: memory,
      theirs: memoryOpenssl,
      against,
      goal: { oursAtMost: 2 },
    }),
    figureOf({
      name: `${name}, lookup`,
      unit: 'us',
      ours: hit,
      theirs: hitMap,
      against: 'a Map of strings',
      goal: { oursAtMost: 1 },
    }),
  ];
}

async function ocspFigures({ runs, directory, pki, tell }: Bench): Promise<Figure[]> {
  const ours: number[] = [];
  const bound: number[] = [];
  const kept: number[] = [];
  const keptAnew: number[] = [];
  const map: number[] = [];
  for (let run = 1; run <= runs; run++) {
    tell(`OCSP response, run ${run} of ${runs}`);
    const speed = await measure(['openssl', 'speed', '-seconds', '1', 'ecdsap256'], {
      cwd: directory,
      keepOutput: true,
    });
    const [, perSecond = ''] = /([\d.]+)\s*$/.exec(speed.output) ?? [];
    const { output } = await measure(
      [process.execPath, inProject('bench/revocation-ocsp.ts'), pki.directory, directory],
      { keepOutput: true },
    );
    ours.push(numberIn(output, 'verifyMs'));
    kept.push(numberIn(output, 'cachedUs'));
    keptAnew.push(numberIn(output, 'cachedAnewUs'));
    map.push(numberIn(output, 'mapUs'));
    bound.push(2000 / Number(perSecond));
  }
  return [
    figureOf({
      name: 'OCSP response, verified',
      unit: 'ms, one core',
      ours,
      theirs: bound,
      against: 'its 2 signatures by openssl speed',
      goal: { oursAtMost: 0.6 },
    }),
    figureOf({
      name: 'OCSP verdict, kept',
      unit: 'us, one core',
      ours: kept,
      theirs: map,
      against: 'a Map, awaited',
      // 500,000 in a second.
      goal: { oursAtMost: 2 },
    }),
    figureOf({
      name: 'OCSP verdict, kept, of a certificate read anew',
      unit: 'us, one core',
      ours: keptAnew,
      theirs: map,
      against: 'a Map, awaited',
    }),
  ];
}

/** Half of the entries have a reason; serial numbers of 16 octets in no order, as CAs issue them. */
async function makeCrls({ directory, pki, tell }: Bench): Promise<void> {
  tell(`making a CRL of ${ENTRIES} entries`);
  writeFileSync(join(directory, 'ca.cnf'), '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\n');
  for (const [name, entries] of [
    ['empty', 0],
    ['big', ENTRIES],
  ] as const) {
    await pipeline(
      Readable.from(linesOf(entries)),
      createWriteStream(join(directory, 'index.txt')),
    );
    const ca = `-config ca.cnf -cert ${pki.path('ca.crt')} -keyfile ${pki.path('ca.key')}`;
    openssl(directory, `ca ${ca} -gencrl -md sha256 -crldays 30 -out ${name}.pem`);
    openssl(directory, `crl -in ${name}.pem -outform DER -out ${name}.crl`);
  }
}

function* linesOf(count: number): Generator<string> {
  for (let i = 1; i <= count; i++) {
    const serial =
      ((BigInt(i) * 0x9e3779b97f4a7c15f39cc0605cedc835n) & ((1n << 126n) - 1n)) | (1n << 126n);
    const reason = i % 2 === 0 ? ',keyCompromise' : '';
    const hex = serial.toString(16).toUpperCase().padStart(32, '0');
    yield `R\t300101000000Z\t261101000000Z${reason}\t${hex}\tunknown\t/CN=${i}\n`;
  }
}

/** By a responder that the CA named, about the certificate of the client: `request.der` and `response.der`. */
export function makeResponse({ directory, pki }: Pick<Bench, 'directory' | 'pki'>): void {
  writeFileSync(
    join(directory, 'ocsp.ext'),
    'keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\n',
  );
  writeFileSync(
    join(directory, 'index.txt'),
    'V\t300101000000Z\t\t1222222222222222\tunknown\t/O=Test/CN=client\n',
  );
  const ca = pki.path('ca.crt');
  const by = `-CA ${ca} -CAkey ${pki.path('ca.key')} -set_serial 77`;
  openssl(directory, 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ocsp.key');
  openssl(directory, 'req -config /dev/null -new -key ocsp.key -subj /CN=ocsp -out ocsp.csr');
  openssl(directory, `x509 -req -in ocsp.csr ${by} -days 365 -extfile ocsp.ext -out ocsp.crt`);
  openssl(
    directory,
    `ocsp -issuer ${ca} -cert ${pki.path('client.crt')} -no_nonce -reqout request.der`,
  );
  openssl(
    directory,
    `ocsp -index index.txt -CA ${ca} -rsigner ocsp.crt -rkey ocsp.key -reqin request.der -respout response.der -ndays 30`,
  );
}

function openssl(directory: string, line: string): void {
  execFileSync('openssl', line.split(' '), { cwd: directory, stdio: 'pipe', env: opensslEnv() });
}
