import { inProject, numberIn, type Bench } from './bench.ts';
import { figureOf, type Figure, type Goal } from './sample.ts';
import { measure } from './usage.ts';

/** The files a signed ir is made of, and what `openssl speed` calls their keys. */
interface Kind {
  readonly name: string;
  readonly client: string;
  readonly ee: string;
  readonly speed: string;
  readonly goal?: Goal;
}

const kinds: readonly Kind[] = [
  { name: 'P-256', client: 'client', ee: 'ee', speed: 'ecdsap256', goal: { atLeast: 0.8 } },
  { name: 'RSA 2048', client: 'client-rsa', ee: 'ee-rsa', speed: 'rsa2048' },
];

/**
 * Messages a second on one core: a signed ir (proof of possession, signature of the message) is built,
 * decoded, and both signatures verified. The bound is what `openssl speed` allows for two signatures and
 * two verifications.
 */
export async function messageRate(bench: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const kind of kinds) figures.push(...(await rateOf(kind, bench)));
  return figures;
}

async function rateOf(kind: Kind, { runs, pki, directory, tell }: Bench): Promise<Figure[]> {
  const rate: number[] = [];
  const bound: number[] = [];
  const peak: number[] = [];
  const peakOpenssl: number[] = [];
  for (let run = 1; run <= runs; run++) {
    tell(`signed ir, ${kind.name}, run ${run} of ${runs}`);
    const speed = await measure(['openssl', 'speed', '-seconds', '1', kind.speed], {
      cwd: directory,
      keepOutput: true,
    });
    const loop = [inProject('bench/message-loop.ts'), pki.directory, kind.client, kind.ee];
    const ours = await measure([process.execPath, ...loop, '1500', '1500'], { keepOutput: true });
    bound.push(boundOf(speed.output));
    rate.push(numberIn(ours.output, 'perSecond'));
    peak.push(ours.peakMb);
    peakOpenssl.push(speed.peakMb);
  }
  const name = `signed ir, ${kind.name}, build and verify`;
  return [
    figureOf({
      name,
      unit: 'pairs/s, one core',
      ours: rate,
      theirs: bound,
      against: 'bound of openssl speed',
      ...(kind.goal && { goal: kind.goal }),
    }),
    figureOf({
      name,
      unit: 'peak MB',
      ours: peak,
      theirs: peakOpenssl,
      against: 'openssl speed',
    }),
  ];
}

/** 1 / (2/sign + 2/verify), from the last two numbers of the last line. */
function boundOf(output: string): number {
  const [, sign = '', verify = ''] = /([\d.]+)\s+([\d.]+)\s*$/.exec(output) ?? [];
  return 1 / (2 / Number(sign) + 2 / Number(verify));
}
