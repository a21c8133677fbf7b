/**
 * Try changed certificates, staples and CRLs on the whole judgement of a peer, and print what came of it; exit code 1 when
 * anything was thrown, or anybody accepted whom nobody vouches for.
 *
 * usage: npm run fuzz:verify [-- [cases N] [seed S] [case FIRST]]
 */
import { fuzzVerify } from '../test/validation/verify-fuzz.ts';

const words = new Map<string, number>();
for (let i = 2; i < process.argv.length; i += 2) {
  const [word = '', value = ''] = process.argv.slice(i, i + 2);
  if (!['cases', 'seed', 'case'].includes(word) || !/^\d{1,9}$/.test(value)) {
    console.error('usage: npm run fuzz:verify [-- [cases N] [seed S] [case FIRST]]');
    process.exit(2);
  }
  words.set(word, Number(value));
}
const seed = words.get('seed') ?? 1;
const cases = words.get('cases') ?? 1_000_000;
const firstCase = words.get('case') ?? 0;
const result = await fuzzVerify({ seed, cases, firstCase, maxCaseMs: 1000 });
for (const { caseNumber, what, hex } of result.failures) {
  console.log(`seed ${seed} case ${caseNumber}: ${what}\n  ${hex.slice(0, 8000)}`);
}
const reasons = [...result.reasons].toSorted(([, a], [, b]) => b - a);
console.log(reasons.map(([code, count]) => `${code} ${count}`).join(', '));
console.log(
  `${result.cases} cases of seed ${seed}: ${result.failures.length} failures; ${result.accepted} accepted; ` +
    `longest ${result.maxCaseMs.toFixed(1)} ms`,
);
process.exitCode = result.failures.length > 0 ? 1 : 0;
