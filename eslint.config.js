import js from '@eslint/js';
import globals from 'globals';

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2024, sourceType: 'module' },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      curly: ['error', 'multi-line'],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-duplicate-imports': 'error',
      'no-shadow': ['error', { builtinGlobals: false }],
      'no-var': 'error',
      'prefer-const': 'error',
      'max-lines': ['error', 250],
    },
  },
  { files: ['demo/explorer/**'], languageOptions: { globals: globals.browser } },
  { files: ['tests/explorer/**', '*.js'], languageOptions: { globals: globals.nodeBuiltin } },
];
