// What every project shares.
const shared = {
  rootDir: __dirname,
  roots: ['<rootDir>/test'],
  // What takes longer or needs more than these is run by `npm run test:all`.
  testPathIgnorePatterns: ['/node_modules/', '\\.long\\.test\\.ts$'],
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  // Examples import the package by its name: here that is the sources, built or not.
  moduleNameMapper: {
    '^temporal-message-batches$': '<rootDir>/src/index.ts',
    '^temporal-message-batches/workflows$': '<rootDir>/workflows/index.ts',
    '^temporal-message-batches/workflow$': '<rootDir>/workflows/helpers/index.ts',
    '^temporal-message-batches/simulator$': '<rootDir>/src/simulator/index.ts',
  },
  setupFiles: ['<rootDir>/test/helpers/one-error.js'],
};

// Tests that need none of Temporal's executables and take seconds: `npm run test:unit`.
const UNIT = [
  'architecture*',
  'api-shapes/**/*',
  'contract/**/*',
  'core/**/*',
  'docs/!(measured)',
  'records/**/*',
  'simulator/!(memory)',
  'store/**/*',
].map((path) => `${__dirname}/test/${path}.test.ts`);

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: UNIT,
      globalSetup: '<rootDir>/test/helpers/unit-setup.ts',
    },
    {
      ...shared,
      displayName: 'engine',
      testMatch: [`${__dirname}/test/**/*.test.ts`, ...UNIT.map((pattern) => `!${pattern}`)],
      globalSetup: '<rootDir>/test/helpers/global-setup.ts',
    },
  ],
  testTimeout: 60_000,
  // Tests wait as much as they work: on two cores three at once take the least time.
  maxWorkers: 3,
  reporters: ['default', '<rootDir>/test/helpers/closing-line-reporter.js'],
};
