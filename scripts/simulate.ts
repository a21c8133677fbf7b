/**
 * Live through years of many gateways in simulated worlds in which everything goes wrong, and say what did not hold;
 * exit code 1 when something did not. `docs/simulation.md` says what goes wrong and what must hold.
 *
 * usage: npm run simulate [-- [seed N] [gateways G] [years Y] [site K] [threads T] [plant BUG] [summary FILE] [verbose yes]]
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPlant, plants } from '../test/simulate/plants.ts';
import { simulate, simulateBy, sitesOf } from '../test/simulate/simulate.ts';
import { asText } from '../test/simulate/summary.ts';

const words = new Map<string, string>();
for (let i = 2; i < process.argv.length; i += 2) {
  const [word = '', value = ''] = process.argv.slice(i, i + 2);
  const isNumber =
    ['seed', 'gateways', 'years', 'site', 'threads'].includes(word) && /^\d{1,9}$/.test(value);
  const isOther =
    (word === 'plant' && isPlant(value)) ||
    (word === 'summary' && value !== '') ||
    (word === 'verbose' && value === 'yes');
  if (!isNumber && !isOther) {
    console.error(
      'usage: npm run simulate [-- [seed N] [gateways G] [years Y] [site K] [threads T] [plant BUG] [summary FILE] [verbose yes]]\n' +
        Object.entries(plants)
          .map(([plant, what]) => `  plant ${plant}: ${what}`)
          .join('\n'),
    );
    process.exit(2);
  }
  words.set(word, value);
}
const number = (word: string, otherwise: number): number => Number(words.get(word) ?? otherwise);
const seed = number('seed', 1);
const gateways = number('gateways', 50);
const years = number('years', 10);
const plant = words.get('plant');
const only = words.get('site');
const file = words.get('summary');

// Nothing here has to outlast the machine.
const memory = '/dev/shm';
const directory = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'certkeeper-simulate-'));
try {
  const sites = sitesOf(seed, gateways).filter(({ site }) => !only || site === Number(only));
  const begun = performance.now();
  // What was asked to end says what it has seen by then.
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => ending.abort());
  }
  const threads = number('threads', 1);
  const live = threads > 1 ? simulateBy.bind(undefined, threads) : simulate;
  const summary = await live({
    seed,
    years,
    sites,
    directory,
    signal: ending.signal,
    ...(plant !== undefined && isPlant(plant) && { plant }),
    ...(words.has('verbose') && { onEvent: (line: string) => console.log(line) }),
    onWorld(report, soFar) {
      if (report.violation) {
        const { step, at, text } = report.violation;
        console.log(
          `seed ${seed} site ${report.site} step ${step} at ${at.toISOString()}: ${text}\n` +
            `  again: npm run simulate -- seed ${seed} gateways ${gateways} years ${years} site ${report.site} verbose yes`,
        );
      }
      const seconds = Math.round((performance.now() - begun) / 1000);
      if (file !== undefined) writeFileSync(file, `${asText({ seed, years, seconds }, soFar)}\n`);
      console.error(
        `site ${report.site}: ${report.gateways} gateways, ${report.steps} steps, ${report.renewals} renewals, trace ${report.trace}; ` +
          `${soFar.gateways} of ${gateways} gateways after ${seconds} s`,
      );
    },
  });
  console.log(asText({ seed, years, seconds: (performance.now() - begun) / 1000 }, summary));
  if (summary.violations.length > 0) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
