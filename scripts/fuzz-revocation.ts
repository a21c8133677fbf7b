/**
 * Try changed CRLs and OCSP responses on everything that reads and judges them, and print what came of it; exit code 1
 * when anything went as it must not. Half of them are signed anew, by a CA gone bad.
 *
 * usage: npm run fuzz:revocation [-- [cases N] [seed S] [case FIRST]]
 */
import { fuzzRevocation } from '../test/revocation/crl-ocsp-fuzz.ts';

const words = new Map<string, number>();
for (let i = 2; i < process.argv.length; i += 2) {
  const [word = '', value = ''] = process.argv.slice(i, i + 2);
  if (!['cases', 'seed', 'case'].includes(word) || !/^\d{1,9}$/.test(value)) {
    console.error('usage: npm run fuzz:revocation [-- [cases N] [seed S] [case FIRST]]');
    process.exit(2);
  }
  words.set(word, Number(value));
}
const seed = words.get('seed') ?? 1;
const cases = words.get('cases') ?? 1_000_000;
const firstCase = words.get('case') ?? 0;
const result = fuzzRevocation({ seed, cases, firstCase, maxCaseMs: 1000 });
for (const { caseNumber, what, hex } of result.failures) {
  console.log(`seed ${seed} case ${caseNumber}: ${what}\n  ${hex.slice(0, 4000)}`);
}
const verdicts = [...result.verdicts].toSorted(([, a], [, b]) => b - a);
console.log(verdicts.map(([code, count]) => `${code} ${count}`).join(', '));
console.log(
  `${result.cases} cases of seed ${seed}: ${result.failures.length} failures; ${result.read} read, ` +
    `${result.signedAnew} signed anew; longest ${result.maxCaseMs.toFixed(1)} ms`,
);
if (result.failures.length > 0) process.exitCode = 1;
