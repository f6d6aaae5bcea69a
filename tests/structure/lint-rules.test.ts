// A rule in .oxlintrc.json that matches nothing looks exactly like one that is obeyed. So the
// linter is run, with our own settings, over a small copy of the tree that breaks the rules.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** A file, one import of it, and whether that is forbidden. */
const CASES: [file: string, statement: string, verdict: 'forbidden' | 'fine'][] = [
  ['shared/nn/a.ts', `import { x } from '../../worker/env.ts'`, 'forbidden'],
  ['shared/nn/b.ts', `import type { x } from '../../client/tf.ts'`, 'forbidden'],
  ['shared/nn/c.ts', `import * as x from '@tensorflow/tfjs-core'`, 'forbidden'],
  ['shared/nn/d.ts', `import type * as x from '@tensorflow/tfjs-core'`, 'fine'],
  ['shared/nn/e.ts', `import x from 'node:fs'`, 'forbidden'],
  ['shared/nn/f.ts', `import { x } from 'cloudflare:workers'`, 'forbidden'],
  ['shared/api/g.ts', `import { x } from 'hono'`, 'forbidden'],
  ['shared/api/h.ts', `import { x } from 'socket.io-client'`, 'forbidden'],
  ['shared/api/i.ts', `import { x } from 'preact/hooks'`, 'forbidden'],
  ['shared/api/j.ts', `import * as x from 'valibot'`, 'fine'],
  ['shared/api/k.ts', `import { x } from '../../tests/kit/server.ts'`, 'forbidden'],

  ['shared/objectives/semi/a.ts', `import { x } from './fixmatch.ts'`, 'forbidden'],
  ['shared/objectives/semi/b.ts', `import { x } from '../contrastive/simclr.ts'`, 'forbidden'],
  ['shared/objectives/semi/c.ts', `import { x } from '../index.ts'`, 'forbidden'],
  ['shared/objectives/semi/d.ts', `import { x } from '../contract.ts'`, 'fine'],
  ['shared/objectives/semi/e.ts', `import { x } from '../../math/losses.ts'`, 'fine'],
  ['shared/objectives/semi/f.ts', `import x from 'node:fs'`, 'forbidden'],
  ['shared/weights/schemes/a.ts', `import { x } from './int8.ts'`, 'forbidden'],
  ['shared/weights/schemes/b.ts', `import { x } from './scheme.ts'`, 'fine'],
  ['shared/weights/schemes/index.ts', `import { x } from './int8.ts'`, 'fine'],
  ['shared/aggregation/after/a.ts', `import { x } from './fedavg.ts'`, 'forbidden'],
  ['shared/aggregation/after/b.ts', `import { x } from '../combine/median.ts'`, 'forbidden'],
  ['shared/aggregation/combine/c.ts', `import { x } from '../contract.ts'`, 'fine'],
  ['shared/fewshot/heads/a.ts', `import { x } from './prototype.ts'`, 'forbidden'],
  ['shared/fewshot/heads/b.ts', `import { x } from '../contract.ts'`, 'fine'],
  ['shared/fewshot/index.ts', `import { x } from './heads/prototype.ts'`, 'fine'],

  ['worker/routes/a.ts', `import type { x } from '../../client/sdk/api.ts'`, 'forbidden'],
  ['worker/routes/b.ts', `import { x } from 'socket.io'`, 'forbidden'],
  ['worker/socket/c.ts', `import { x } from 'engine.io'`, 'fine'],
  ['worker/classify/d.ts', `const x = await import('@tensorflow/tfjs-core')`, 'forbidden'],
  ['worker/tf.ts', `const x = await import('@tensorflow/tfjs-core')`, 'fine'],

  ['client/net/a.ts', `import { x } from '../../worker/env.ts'`, 'forbidden'],
  ['client/net/b.ts', `import { x } from '../data/folder.ts'`, 'forbidden'],
  ['client/data/a.ts', `import { x } from '../net/api.ts'`, 'forbidden'],
  ['client/data/handwriting/b.ts', `import { x } from '../../net/api.ts'`, 'forbidden'],
  ['client/data/c.ts', `export { x } from '../sdk/contribute.ts'`, 'forbidden'],
  ['client/views/a.ts', `import { x } from '../cli/shoal.ts'`, 'forbidden'],
  ['client/train/b.ts', `import { x } from '../web/page.ts'`, 'forbidden'],
  ['client/train/c.ts', `import * as x from '@tensorflow/tfjs-core'`, 'forbidden'],
  ['client/tf-gpu.ts', `import * as x from '@tensorflow/tfjs-core'`, 'fine'],
  ['client/sdk/d.ts', `import { x } from '../../tests/kit/server.ts'`, 'forbidden'],
  ['client/web/e.ts', `import { x } from '../net/api.ts'`, 'fine'],
];

let folder = '';
let report: { code: string; filename: string }[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoal-lint-'));
  copyFileSync(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  for (const [file, statement] of CASES) write(file, `${statement};\nconsole.log(x);\n`);
  write('shared/math/one.ts', `import { two } from './two.ts';\nexport const one = () => two;\n`);
  write('shared/math/two.ts', `import { one } from './one.ts';\nexport const two = () => one;\n`);
  const linter = join(ROOT, 'node_modules/oxlint/bin/oxlint');
  const { stdout, stderr } = spawnSync(process.execPath, [linter, '--format', 'json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stdout, `oxlint printed no report: ${stderr}`).toContain('"diagnostics"');
  report = JSON.parse(stdout).diagnostics;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('no-restricted-imports', () => {
  test.each(CASES)('%s: %s is %s', (file, _statement, verdict) => {
    expect(fires('no-restricted-imports', file), 'see the `overrides` of .oxlintrc.json').toBe(
      verdict === 'forbidden',
    );
  });
});

test('import/no-cycle sees a cycle of two', () => {
  expect(fires('no-cycle', 'shared/math/one.ts')).toBe(true);
});

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

function fires(rule: string, file: string): boolean {
  return report.some(({ code, filename }) => code.includes(rule) && filename === file);
}
