/**
 * Have agents keep the OCSP responses of many endpoints for weeks in simulated worlds in which everything goes wrong, and
 * say what did not hold; exit code 1 when something did not. `docs/simulation.md` says more.
 *
 * usage: npm run simulate:staples [-- [seed N] [worlds W] [single N] [fivefold N] [days D] [plant BUG] [summary FILE] [verbose yes]]
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isStaplePlant, staplePlants } from '../test/simulate/staple-plants.ts';
import {
  simulateStaples,
  troublesText,
  type StapleWorldReport,
} from '../test/simulate/staple-world.ts';

const words = new Map<string, string>();
for (let i = 2; i < process.argv.length; i += 2) {
  const [word = '', value = ''] = process.argv.slice(i, i + 2);
  const isNumber =
    ['seed', 'worlds', 'single', 'fivefold', 'days'].includes(word) && /^\d{1,9}$/.test(value);
  const isOther =
    (word === 'plant' && isStaplePlant(value)) ||
    (word === 'summary' && value !== '') ||
    (word === 'verbose' && value === 'yes');
  if (!isNumber && !isOther) {
    console.error(
      'usage: npm run simulate:staples [-- [seed N] [worlds W] [single N] [fivefold N] [days D] [plant BUG] [summary FILE] [verbose yes]]\n' +
        Object.entries(staplePlants)
          .map(([plant, what]) => `  plant ${plant}: ${what}`)
          .join('\n'),
    );
    process.exit(2);
  }
  words.set(word, value);
}
const number = (word: string, otherwise: number): number => Number(words.get(word) ?? otherwise);
const first = number('seed', 1);
const worlds = number('worlds', 1);
const sizes = {
  single: number('single', 1000),
  fivefold: number('fivefold', 200),
  days: number('days', 28),
};
const plant = words.get('plant');
const file = words.get('summary');

function asText(report: StapleWorldReport, seconds: number): string {
  const { asked, share } = report.busiestMinute;
  const { violation } = report;
  const again = `npm run simulate:staples -- seed ${report.seed} single ${sizes.single} fivefold ${sizes.fivefold} days ${sizes.days} verbose yes`;
  return [
    `seed ${report.seed}: ${report.certificates} certificates at ${report.endpoints} endpoints over ${sizes.days} days, in ${seconds} s`,
    `  ${report.steps} steps, ${report.renewals} renewals, ${report.kills} kills, trace ${report.trace}`,
    `  ${report.asked} requests: ${report.askedADay.toFixed(2)} per certificate and day, ${report.mostADay} at most within a day`,
    `  the busiest minute: ${asked} requests, ${(share * 100).toFixed(2)} percent of its day`,
    `  ${report.published} times published, ${report.withdrawn} times withdrawn`,
    `  ${troublesText(report)}`,
    violation
      ? `  VIOLATION at step ${violation.step}, ${violation.at.toISOString()}: ${violation.text}\n  again: ${again}`
      : '  0 violations',
  ].join('\n');
}

// Nothing here has to outlast the machine.
const memory = '/dev/shm';
const directory = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'certkeeper-staples-'));
const texts: string[] = [];
try {
  for (let seed = first; seed < first + worlds; seed++) {
    const begun = performance.now();
    const report = await simulateStaples({
      ...sizes,
      seed,
      directory: mkdtempSync(join(directory, 'world-')),
      ...(plant !== undefined && isStaplePlant(plant) && { plant }),
      ...(words.has('verbose') && { onEvent: (line: string) => console.log(line) }),
    });
    const text = asText(report, Math.round((performance.now() - begun) / 1000));
    console.log(text);
    texts.push(text);
    if (file !== undefined) writeFileSync(file, `${texts.join('\n')}\n`);
    if (report.violation) process.exitCode = 1;
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
