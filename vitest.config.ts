import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { availableParallelism } from 'node:os';
import { summaryReporter } from './test/harness/summary-reporter.ts';

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', summaryReporter],
    // One less is usual, and is one of two where there are two: much of the time a file waits for what it has started.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/interop/**'],
          testTimeout: 15_000,
          hookTimeout: 30_000,
        },
      },
      {
        // Real peers: `scripts/test.ts` runs this project inside a network namespace of its own.
        test: {
          name: 'interop',
          include: ['test/interop/**/*.interop.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

export default config;
