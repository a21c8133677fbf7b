/**
 * Try changed certificates on the reader of certificates and on path validation, and print what came of it; exit code 1
 * when anything was thrown, or believed that nobody signed.
 *
 * usage: npm run fuzz:paths [-- [cases N] [seed S] [case FIRST]]
 */
import { fuzzPaths } from '../test/harness/fuzz-paths.ts';

const words = new Map<string, number>();
for (let i = 2; i < process.argv.length; i += 2) {
  const [word = '', value = ''] = process.argv.slice(i, i + 2);
  if (!['cases', 'seed', 'case'].includes(word) || !/^\d{1,9}$/.test(value)) {
    console.error('usage: npm run fuzz:paths [-- [cases N] [seed S] [case FIRST]]');
    process.exit(2);
  }
  words.set(word, Number(value));
}
const seed = words.get('seed') ?? 1;
const begun = performance.now();
const { cases, read, validAnew, longestMs, reasons, failures } = fuzzPaths(
  seed,
  words.get('cases') ?? 1_000_000,
  words.get('case') ?? 0,
);
for (const failure of failures) console.log(failure);
const counts = [...reasons].toSorted(([, a], [, b]) => b - a);
console.log(counts.map(([reason, count]) => `${reason} ${count}`).join(', '));
const rate = Math.round(cases / ((performance.now() - begun) / 1000));
console.log(
  `${cases} cases of seed ${seed}: ${failures.length} failures; ${read} read, ${validAnew} valid when signed anew; ` +
    `${rate} a second, longest ${longestMs.toFixed(1)} ms`,
);
if (failures.length > 0) process.exitCode = 1;
