import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { summaryReporter } from './test/harness/summary-reporter.ts';

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', summaryReporter],
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
