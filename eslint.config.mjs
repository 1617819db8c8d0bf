import js from '@eslint/js';
import jest from 'eslint-plugin-jest';
import tseslint from 'typescript-eslint';

// Which folder may import what. Type imports pass: they leave no trace at run time.
const only = (patterns) => ({
  'no-restricted-imports': 'off',
  '@typescript-eslint/no-restricted-imports': ['error', { patterns }],
});
const anthropic = {
  group: ['@anthropic-ai/sdk', '@anthropic-ai/sdk/*'],
  message: 'Only activities/ talks to the API.',
  allowTypeImports: true,
};
const workflows = {
  group: ['**/workflows/*', '**/workflows'],
  message: 'Workflows are named by their type, never imported.',
  allowTypeImports: true,
};

export default tseslint.config(
  { ignores: ['lib/**', 'coverage/**', 'node_modules/**', '.cache/**'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.mjs', '*.js', 'bin/*.js', 'scripts/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers read well in messages; the rule's other findings are worth having.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Two overloads that differ in one word are clearer than one with a union.
      '@typescript-eslint/unified-signatures': 'off',
      // Index signatures are read with brackets (noPropertyAccessFromIndexSignature).
      '@typescript-eslint/dot-notation': 'off',
      // An interface and a type say different things: shapes and unions.
      '@typescript-eslint/consistent-type-definitions': 'off',
      // A promise handed to a callback that ignores it is checked where it matters, by no-floating-promises.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      // Endless loops that end by return are how a Worker waits.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
      ],
    },
  },
  {
    files: ['workflows/**'],
    rules: only([
      {
        group: ['node:*', '@temporalio/activity', '@temporalio/client', '@temporalio/worker'],
        message: 'The Workflow sandbox has none of these.',
      },
      {
        group: ['**/activities/*', '**/activities'],
        message: 'Workflows and Activities never import each other.',
        allowTypeImports: true,
      },
      anthropic,
    ]),
  },
  { files: ['activities/**'], rules: only([workflows]) },
  {
    files: ['src/**'],
    ignores: ['src/simulator/**', 'src/cli/**'],
    rules: only([anthropic, workflows]),
  },
  {
    files: ['src/core/**', 'src/contract/**'],
    rules: only([
      anthropic,
      workflows,
      {
        group: ['node:*', '@temporalio/activity', '@temporalio/client', '@temporalio/worker'],
        message: 'Pure code: it also runs in the Workflow sandbox.',
      },
    ]),
  },
  {
    files: ['test/**'],
    ...jest.configs['flat/recommended'],
    rules: {
      ...jest.configs['flat/recommended'].rules,
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*'] }],
      'max-lines': 'off',
      'max-lines-per-function': 'off',
    },
  },
  { files: ['bench/**', 'examples/**'], rules: { 'max-lines-per-function': 'off' } },
  { files: ['**/*.mjs', '**/*.js'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['scripts/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['**/*.js'],
    languageOptions: {
      globals: {
        require: 'readonly',
        module: 'writable',
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  { files: ['eslint.config.mjs'], rules: { 'no-restricted-syntax': 'off' } }
);
