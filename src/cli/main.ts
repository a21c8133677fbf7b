#!/usr/bin/env node
// Nothing is imported before the version is known: an older Node could not even load what follows, and
// would say so in words that help nobody.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `error: Cannot run on Node.js ${process.versions.node}: certkeeper needs Node.js 24 or newer\n` +
      'hint: Install Node.js 24, or in a clone of certkeeper run "npm ci" and then "npx certkeeper"\ncode: NODE_TOO_OLD\n',
  );
  process.exitCode = 3;
} else {
  const { useCompileCache } = await import('./compile-cache.ts');
  useCompileCache(process.env);
  const { createProcessIo, run, startOver } = await import('./start.ts');
  startOver(process.argv.slice(2), process.env);
  const exitCode = await run(process.argv.slice(2), createProcessIo());
  // Output that failed meanwhile has left its own.
  process.exitCode = exitCode || (process.exitCode ?? 0);
}

export {};
