/**
 * Kill an agent so many times, at instants that the seed decides, and say what did not hold; exit code 1 when something
 * did not. Agent and lab are processes; `docs/agent.md` says what must hold. Ctrl-C ends it, and what was done until then
 * is judged.
 *
 * usage: npm run agent:kills [-- N] [seed S] [names N] [validity SECONDS] [longest MS] [looks N] [summary FILE]
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const usage =
  'usage: npm run agent:kills [-- N] [seed S] [names N] [validity SECONDS] [longest MS] [looks N] [summary FILE]';
const [first = '', ...rest] = process.argv.slice(2);
const isCount = /^\d{1,9}$/.test(first);
const given = isCount ? rest : process.argv.slice(2);
const words = new Map<string, string>();
for (let i = 0; i < given.length; i += 2) {
  const [word = '', value = ''] = given.slice(i, i + 2);
  const isNumber = ['seed', 'names', 'validity', 'longest', 'looks'].includes(word);
  if (!(isNumber && /^\d{1,9}$/.test(value)) && !(word === 'summary' && value !== '')) {
    console.error(usage);
    process.exit(2);
  }
  words.set(word, value);
}

const build = join(import.meta.dirname, 'build.ts');
if (spawnSync(process.execPath, [build], { stdio: 'inherit' }).status !== 0) process.exit(1);
process.env['CERTKEEPER_BUILT'] = 'yes';
const { killAgents, usualPace } = await import('../test/kill/agent-kills.ts');

const number = (word: string, otherwise: number): number => Number(words.get(word) ?? otherwise);
const seed = number('seed', 1);
const pace = {
  names: number('names', usualPace.names),
  validitySeconds: number('validity', usualPace.validitySeconds),
  longestMs: number('longest', usualPace.longestMs),
  looks: number('looks', usualPace.looks),
};
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
const begun = performance.now();

function say({ violations, ...counts }: Awaited<ReturnType<typeof killAgents>>): string {
  const seconds = Math.round((performance.now() - begun) / 1000);
  const about = `seed ${seed}, ${pace.names} names of ${pace.validitySeconds} s, ${seconds} s`;
  const lines = [`${about}: ${JSON.stringify(counts)}`, `${violations.length} violations`];
  return [...lines, ...violations.map((each) => `  ${each}`)].join('\n');
}

function keep(text: string): void {
  const file = words.get('summary');
  if (file !== undefined) writeFileSync(file, `${text}\n`);
}

const tally = await killAgents({
  kills: isCount ? Number(first) : 100,
  seed,
  pace,
  signal: ending.signal,
  onKill(soFar) {
    if (soFar.kills % 10 !== 0 && soFar.violations.length === 0) return;
    console.error(say(soFar));
    keep(say(soFar));
  },
});
console.log(say(tally));
keep(say(tally));
if (tally.violations.length > 0) process.exitCode = 1;
