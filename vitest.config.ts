import { defineConfig } from 'vitest/config';

// Unit tests share two workers; the end-to-end tests start servers and browsers and measure
// time, so they come afterwards, one file at a time.
export default defineConfig({
  test: {
    passWithNoTests: false,
    reporters: ['default'],
    globalSetup: ['tests/kit/built.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/e2e/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
