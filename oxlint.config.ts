import { defineConfig, type OxlintOverride } from 'oxlint';

type Rules = NonNullable<OxlintOverride['rules']>;

const ROOMS = [
  'model',
  'core',
  'loop',
  'store',
  'engine',
  'leader',
  'health',
  'zookeeper',
  'api',
  'discovery',
  'observe',
  'flags',
  'cli',
  'ui',
];

/** No clock, no chance and no waiting of its own: these come in as arguments (Clock, Chance). */
const timeless: Rules = {
  'no-restricted-properties': [
    'error',
    ...[
      { object: 'Date', property: 'now' },
      { object: 'Math', property: 'random' },
      { object: 'performance', property: 'now' },
      { object: 'crypto', property: 'randomUUID' },
    ].map((one) => ({ ...one, message: 'Time, chance and ids come in as arguments (Clock, Chance).' })),
  ],
  'no-restricted-globals': [
    'error',
    ...['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({ name, message: "Waiting is the Clock's affair." })),
    ...['fetch', 'process', 'console'].map((name) => ({ name, message: 'No input or output here.' })),
  ],
};

/**
 * What the files of a room may import of other rooms, said in the editor; test/borders.test.ts checks the same, to the single file.
 * One override per depth, since `../health/` means a room only to a file right below its own room's folder.
 */
function borders(room: string, allowed: readonly string[], modulesOfNode = true): OxlintOverride[] {
  const others = ROOMS.filter((name) => name !== room && !allowed.includes(name)).join('|');
  return [1, 2, 3].map((depth) => {
    const up = String.raw`\.\./`.repeat(depth);
    const patterns = [
      { regex: `^${up}(?:${others})/`, message: `${room}/ may import ${allowed.join(', ') || 'nothing'} of ours (ARCHITECTURE.md).` },
      { regex: String.raw`^${up}server\.ts$`, message: 'Nothing imports server.ts.' },
      ...(modulesOfNode ? [] : [{ regex: '^node:', message: 'Pure: no input or output here.' }]),
    ];
    return {
      files: [`${room}/${'*/'.repeat(depth - 1)}*.ts`],
      rules: { 'no-restricted-imports': ['error', { patterns }] },
    };
  });
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise'],
  categories: { correctness: 'error', suspicious: 'error' },
  env: { es2026: true, node: true },
  ignorePatterns: ['node_modules', 'data', 'test/fixtures', 'ui/assets'],
  rules: {
    eqeqeq: 'error',
    'no-console': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'import/no-cycle': 'error',
    'unicorn/prefer-node-protocol': 'error',
    'typescript/await-thenable': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-unsafe-argument': 'error',
    'typescript/no-unsafe-assignment': 'error',
    'typescript/no-unsafe-call': 'error',
    'typescript/no-unsafe-member-access': 'error',
    'typescript/no-unsafe-return': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    // Suspicious to the linter, wanted here: brands are made by assertion, a switch ends in never(), a fresh array may be sorted in place.
    'consistent-return': 'off',
    'no-shadow': 'off',
    'no-unmodified-loop-condition': 'off',
    'import/no-named-as-default-member': 'off',
    'promise/always-return': 'off',
    'promise/no-callback-in-promise': 'off',
    'typescript/consistent-return': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/unbound-method': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/no-array-sort': 'off',
  },
  overrides: [
    { files: ['model/**/*.ts', 'core/**/*.ts', 'loop/**/*.ts'], rules: timeless },
    ...borders('model', [], false),
    ...borders('core', ['model'], false),
    ...borders('loop', ['model', 'core', 'store', 'engine', 'leader']),
    ...['store', 'engine', 'leader', 'health', 'observe', 'flags', 'cli'].flatMap((room) => borders(room, ['model'])),
    ...borders('api', ['model', 'core', 'observe']),
    { files: ['api/**', 'cli/**', 'flags/**'], rules: { 'typescript/no-non-null-assertion': 'error' } },
    // The adapters that give the loop the real clock and chance.
    { files: ['loop/system*.ts'], rules: { 'no-restricted-properties': 'off', 'no-restricted-globals': 'off' } },
    {
      files: ['**/*.test.ts', '**/suite.ts', '**/testing.ts', 'test/**', 'bench/**'],
      rules: {
        'no-console': 'off',
        'no-restricted-globals': 'off',
        'no-restricted-imports': 'off',
        'no-restricted-properties': 'off',
        // Answers of the API are read as they come.
        'typescript/no-explicit-any': 'off',
        'typescript/no-non-null-assertion': 'off',
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
        'typescript/require-array-sort-compare': 'off',
      },
    },
    { files: ['scripts/**', 'cli/**', 'server.ts'], rules: { 'no-console': 'off' } },
  ],
});
