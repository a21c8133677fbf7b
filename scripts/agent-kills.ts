/**
 * Kill an agent so many times, at instants that the seed decides, and say what did not hold; exit code 1 when something
 * did not. Agent and lab are processes; `docs/agent.md` says what must hold.
 *
 * usage: npm run agent:kills [-- N [seed S]]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const [count = '100', word = 'seed', value = '1', ...more] = process.argv.slice(2);
const isNumber = [count, value].every((each) => /^\d{1,9}$/.test(each));
if (!isNumber || word !== 'seed' || more.length > 0) {
  console.error('usage: npm run agent:kills [-- N [seed S]]');
  process.exit(2);
}
const build = join(import.meta.dirname, 'build.ts');
if (spawnSync(process.execPath, [build], { stdio: 'inherit' }).status !== 0) process.exit(1);
process.env['CERTKEEPER_BUILT'] = 'yes';
const { killAgents } = await import('../test/kill/agent-kills.ts');

const seed = Number(value);
const kills = Number(count);
const begun = performance.now();
const tally = await killAgents({
  kills,
  seed,
  onKill({ violations, ...counts }) {
    if (counts.kills % 10 === 0 || violations.length > 0)
      console.error(`${JSON.stringify(counts)} ${violations.join('; ')}`);
  },
});
const { violations, ...counts } = tally;
const seconds = Math.round((performance.now() - begun) / 1000);
console.log(`seed ${seed}, ${seconds} s: ${JSON.stringify(counts)}`);
for (const violation of violations) console.log(`seed ${seed}: ${violation}`);
if (violations.length > 0) process.exitCode = 1;
