import { expect, test } from 'vitest';
import { isShortage, patiently } from './files.ts';

const failure = (code: string): Error => Object.assign(new Error(`${code}: failed`), { code });

test.each([
  ['EMFILE', true],
  ['ENFILE', true],
  ['ENOMEM', true],
  ['EAGAIN', true],
  ['ENOENT', false],
  ['ENOSPC', false],
])('%s is a shortage that may pass: %s', (code, shortage) => {
  expect(isShortage(failure(code))).toBe(shortage);
});

test('work is tried again while the host is short, which is said once', async () => {
  const said: string[] = [];
  let tries = 0;
  const work = (): Promise<string> => {
    tries += 1;
    return tries < 3 ? Promise.reject(failure('EMFILE')) : Promise.resolve('done');
  };
  expect(
    await patiently(
      work,
      (message) => said.push(message),
      () => false,
    ),
  ).toBe('done');
  expect(said).toEqual(['EMFILE: failed; tried again until it can be done']);
});

test.each([
  ['another failure', 'ENOENT', false],
  ['nobody waits for it any more', 'EMFILE', true],
])('%s: it is not', async (_what, code, stopped) => {
  const work = (): Promise<never> => Promise.reject(failure(code));
  await expect(
    patiently(
      work,
      () => undefined,
      () => stopped,
    ),
  ).rejects.toThrow(code);
});
