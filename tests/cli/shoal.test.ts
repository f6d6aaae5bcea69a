/** How the command line behaves, whatever the verb. */
import { describe, expect, test, vi } from 'vitest';
import { nowhere } from '../net/loopback.ts';
import { shoal } from './command-line.ts';

/** Processes, on a machine that has other tests to run. */
vi.setConfig({ testTimeout: 180_000 });

const VERBS = [
  ...['demo', 'start', 'classify', 'classes', 'models'],
  ...['keys', 'projects', 'volunteer', 'simulate', 'evaluate', 'bench'],
];

describe('help', () => {
  test('names every verb', async () => {
    for (const args of [[], ['--help']]) {
      const { code, stdout, stderr } = await shoal(args);
      expect([code, stderr]).toEqual([0, '']);
      const named = [...stdout.matchAll(/^ {2}(\w+) +\w/gm)].map(([, verb]) => verb);
      expect(named.filter((verb) => verb !== 'VERB')).toEqual(VERBS);
    }
  });

  test.each(VERBS)('%s: its usage, and an example that uses it', async (verb) => {
    const { code, stdout, stderr } = await shoal([verb, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    const [usage, example] = stdout.split('For example');
    expect(usage).toContain(`  shoal ${verb}`);
    expect(usage).toContain('--json');
    expect(example).toMatch(new RegExp(`^\\s*npx shoal ${verb} .+\\s*$`));
  });
});

describe('called wrongly it ends with 2, says how it is called, and prints nothing', () => {
  test.each([
    ['a verb that there is not', ['clasify'], 'Usage: npx shoal VERB'],
    ['one that every object has', ['constructor'], 'Usage: npx shoal VERB'],
    ['an option that there is not', ['classify', '--tops', '3'], '--tops'],
    ['no file', ['classify'], 'name an image file'],
    ['no number', ['classify', 'a.png', '--top', 'all'], '--top is a whole number, not "all"'],
    ['no act', ['classes'], 'One of list, add,'],
    ['an act that there is not', ['models', 'burn'], 'One of list,'],
    ['a word too few', ['classes', 'rename', 'a'], 'wanted: NAME TO'],
    ['a word too many', ['projects', 'list', 'all'], 'wanted: nothing more'],
    [
      'a role that there is not',
      ['keys', 'create', 'x', '--role', 'king'],
      '--role is app or admin',
    ],
    ['no images', ['volunteer', '--project', 'p'], '--project and --images are needed'],
    ['nothing to judge', ['evaluate'], '--model FILE.safetensors is needed'],
    [
      'an objective that there is not',
      ['simulate', '--objective', 'luck'],
      '--objective is one of',
    ],
  ])('%s', async (_, args, words) => {
    const { code, stdout, stderr } = await shoal(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });
});

test('where nobody is, it ends with 1 and one line', async () => {
  const origin = await nowhere();
  const { code, stdout, stderr } = await shoal(['projects', 'list', '--origin', origin, '--json']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toBe(`shoal projects: ${origin} does not answer\n`);
});
