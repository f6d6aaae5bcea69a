/** A round under way keeps its process alive: with nothing else to wait for, Node once ended in the middle of it. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const SCRIPT = `
import { Pace } from './client/train/pace.ts';
const pace = new Pace(new AbortController().signal);
for (let step = 0; step < 100; step++) await pace.breathe();
console.log('all steps');
`;

test('a process that does nothing but train gets to the end', () => {
  const args = ['--input-type=module', '--eval', SCRIPT];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('all steps\n');
});
