/**
 * Try changed messages on everything that reads what a CA sends, and print what came of it; exit code 1 when
 * anything went as it must not. `docs/fuzzing.md` says what is changed and what must hold.
 *
 * usage: npm run fuzz [-- [cases N] [seed S] [case FIRST]]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuzz } from '../test/fuzz/fuzz.ts';
import { makeSeeds } from '../test/fuzz/seeds.ts';
import { recordTraffic } from '../test/fuzz/traffic.ts';

const words = new Map<string, number>();
for (let i = 2; i < process.argv.length; i += 2) {
  const [word = '', value = ''] = process.argv.slice(i, i + 2);
  if (!['cases', 'seed', 'case'].includes(word) || !/^\d{1,9}$/.test(value)) {
    console.error('usage: npm run fuzz [-- [cases N] [seed S] [case FIRST]]');
    process.exit(2);
  }
  words.set(word, Number(value));
}
const cases = words.get('cases') ?? 1_000_000;
const seed = words.get('seed') ?? 1;

const directory = mkdtempSync(join(tmpdir(), 'certkeeper-fuzz-'));
try {
  const seeds = makeSeeds(await recordTraffic(directory));
  const answers = seeds.filter(({ isAnswer }) => isAnswer).length;
  console.error(`${seeds.length} messages, ${answers} of them answers that verify; seed ${seed}`);
  const begun = performance.now();
  const result = await fuzz({
    seeds,
    seed,
    cases,
    firstCase: words.get('case') ?? 0,
    maxCaseMs: 1000,
    maxRss: 512 * 2 ** 20,
    onProgress(done, { failures }) {
      if (!process.stderr.isTTY && done % 50_000 !== 0) return;
      const rate = Math.round(done / ((performance.now() - begun) / 1000));
      process.stderr.write(
        `${process.stderr.isTTY ? '\r\u001b[K' : ''}${done} of ${cases}, ${rate} a second, ${failures.length} failures${process.stderr.isTTY ? '' : '\n'}`,
      );
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  for (const { caseNumber, seedName, what, hex } of result.failures) {
    const file = join(process.cwd(), `fuzz-${seed}-${caseNumber}.hex`);
    writeFileSync(file, `${hex}\n`);
    console.log(`seed ${seed} case ${caseNumber}, of "${seedName}", octets in ${file}:\n  ${what}`);
  }
  const codes = [...result.codes].toSorted(([, a], [, b]) => b - a);
  console.log(codes.map(([code, count]) => `${code} ${count}`).join(', '));
  const rate = Math.round(result.cases / ((performance.now() - begun) / 1000));
  console.log(
    `${result.cases} cases of seed ${seed}: ${result.failures.length} failures; ${result.decoded} decoded, ` +
      `${result.protectedAnew} protected anew, ${result.accepted} accepted, ${result.dialogues} dialogues; ` +
      `${rate} a second, longest ${result.maxCaseMs.toFixed(1)} ms, ${Math.round(result.maxRss / 2 ** 20)} MiB`,
  );
  if (result.failures.length > 0) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
