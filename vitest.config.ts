import { defineConfig } from 'vitest/config';

/** Tests with a process of their own: they start servers and processes, or put something in the place of a module. */
const APART = [
  'test/{faults,lab,passwords,scenarios,standby}/**/*.test.ts',
  'bench/**/*.test.ts',
  '**/*.samba.test.ts',
  '**/*.slapd.test.ts',
  'src/cli/**/*.test.ts',
  'src/connectors/ad/ad.contract.test.ts',
  'src/connectors/ad/account/password-file.test.ts',
  'src/connectors/ad/replication/replicated-passwords.test.ts',
  'src/passwords/derive-credential.test.ts',
];
/** The others share processes, which spares each the loading of the product. */
const TOGETHER = ['src/**/*.test.ts', 'emulator/**/*.test.ts', 'test/**/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'apart', include: APART } },
      { extends: true, test: { name: 'together', include: TOGETHER, exclude: APART, isolate: false } },
    ],
  },
});
