import { inProject, numberIn, type Bench } from './bench.ts';
import { figureOf, type Figure } from './sample.ts';
import { measure } from './usage.ts';

/**
 * Messages a second on one core: a signed ir (P-256, proof of possession, signature of the message) is
 * built, decoded, and both signatures verified. The bound is what `openssl speed` allows for two
 * signatures and two verifications.
 */
export async function messageRate({ runs, pki, directory, tell }: Bench): Promise<Figure[]> {
  const rate: number[] = [];
  const bound: number[] = [];
  const peak: number[] = [];
  const peakOpenssl: number[] = [];
  for (let run = 1; run <= runs; run++) {
    tell(`signed ir, run ${run} of ${runs}`);
    const speed = await measure(['openssl', 'speed', '-seconds', '1', 'ecdsap256'], {
      cwd: directory,
      keepOutput: true,
    });
    const ours = await measure(
      [process.execPath, inProject('bench/message-loop.ts'), pki.directory, '1500', '1500'],
      { keepOutput: true },
    );
    bound.push(boundOf(speed.output));
    rate.push(numberIn(ours.output, 'perSecond'));
    peak.push(ours.peakMb);
    peakOpenssl.push(speed.peakMb);
  }
  const name = 'signed ir, build and verify';
  return [
    figureOf({
      name,
      unit: 'pairs/s, one core',
      ours: rate,
      theirs: bound,
      against: 'bound of openssl speed',
      goal: { atLeast: 0.8 },
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
