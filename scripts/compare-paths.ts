/**
 * Compare our verdicts on random PKIs with those of `openssl verify`, and print where they differ; exit code 1 when
 * nothing that is known explains it.
 *
 * usage: npm run compare-paths [-- [cases N] [seed FIRST]]
 */
import { comparePaths, tell } from '../test/harness/compare-paths.ts';

const words = new Map<string, number>();
for (let i = 2; i < process.argv.length; i += 2) {
  const [word = '', value = ''] = process.argv.slice(i, i + 2);
  if (!['cases', 'seed'].includes(word) || !/^\d{1,9}$/.test(value)) {
    console.error('usage: npm run compare-paths [-- [cases N] [seed FIRST]]');
    process.exit(2);
  }
  words.set(word, Number(value));
}
const cases = words.get('cases') ?? 100_000;
const first = words.get('seed') ?? 0;
const step = 1000;

const known = new Map<string, number>();
let accepted = 0;
let unexplained = 0;
for (let done = 0; done < cases; done += step) {
  const result = comparePaths(first + done, Math.min(step, cases - done));
  accepted += result.accepted;
  unexplained += result.unexplained.length;
  for (const [title, count] of result.known) known.set(title, (known.get(title) ?? 0) + count);
  for (const disagreement of result.unexplained) console.log(tell(disagreement));
  if ((done / step) % 10 === 9)
    console.error(`${done + step} of ${cases}, ${unexplained} unexplained`);
}
for (const [title, count] of known) console.log(`${count} known: ${title}`);
console.log(
  `${cases} cases from seed ${first}: both accept ${accepted}, unexplained ${unexplained}`,
);
if (unexplained > 0) process.exitCode = 1;
