/**
 * Run NIST's path validation test suite and print what comes of each case: first as NIST means it, then with our
 * defaults. Exit code 1 when one of the first comes out otherwise than the suite says.
 *
 * usage: npm run pkits
 */
import { pkitsCases, runPkits, type PkitsSettings } from '../test/harness/pkits.ts';

const titles: Readonly<Record<PkitsSettings, string>> = {
  nist: 'As NIST means it: paths of up to 16, SHA-1 and DSA, a good word on every certificate',
  defaults: 'With our defaults: paths of up to 4, no SHA-1, no DSA, revocation relaxed',
};

const settings: readonly PkitsSettings[] = ['nist', 'defaults'];
for (const setting of settings) {
  console.log(`${titles[setting]}\n`);
  const cases = pkitsCases();
  const tests = new Set<string>();
  let asExpected = 0;
  for (const pkits of cases) {
    const { isValid, detail, isAsExpected } = runPkits(pkits, setting);
    if (isAsExpected) asExpected++;
    tests.add(pkits.number.split('.').slice(0, 3).join('.'));
    const wanted = pkits.shouldValidate ? 'valid' : 'invalid';
    const came = isValid ? 'valid' : 'invalid';
    const mark = isAsExpected ? '' : setting === 'nist' ? 'WRONG' : 'by our policy';
    console.log(
      `${pkits.number.padEnd(8)}${pkits.name.padEnd(72)}${wanted.padEnd(9)}${came.padEnd(9)}${detail.padEnd(44)}${mark}`.trimEnd(),
    );
  }
  console.log(
    `\n${asExpected} of ${cases.length} cases of ${tests.size} tests as the suite says\n`,
  );
  if (setting === 'nist' && asExpected < cases.length) process.exitCode = 1;
}
