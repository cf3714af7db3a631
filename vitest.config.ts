import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        // The shape of the source itself: import borders, sizes, banned words.
        test: { name: 'borders', include: ['test/*.test.ts'] },
      },
      {
        // Beside the code, and the core's stories, simulations and recorded exchanges: no real network, a few real processes.
        test: {
          name: 'unit',
          include: ['*/**/*.test.ts'],
          exclude: ['node_modules/**', 'data/**', 'test/*.test.ts', 'test/e2e/**'],
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        // The started program with real processes and real clients: one file after the other, so that none waits for another's load.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
