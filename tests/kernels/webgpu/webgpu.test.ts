/**
 * Our kernels for tfjs's webgpu backend against its cpu backend, over the same random shapes twice: in
 * Chromium, and in Node on Dawn, each on a software adapter.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findChromium } from '../../../client/cli/setup.mjs';
import { launchChromium, openModule } from '../../kit/chromium.ts';
import type { Answer } from './node.ts';
import type { Everything } from './run-all.ts';

/** Single precision, of the largest number of a result. */
const PRECISION = 5e-6;

async function inChromium(): Promise<Everything> {
  const browser = await launchChromium();
  try {
    const page = await openModule(browser, join(import.meta.dirname, 'tab.ts'), 'runAll');
    return await page.evaluate(() =>
      (globalThis as unknown as { runAll: () => Promise<Everything> }).runAll(),
    );
  } finally {
    await browser.close();
  }
}

/** Chromium brings a Vulkan loader and a software driver along; a machine with a GPU has its own. */
async function inNode(): Promise<Answer> {
  const folder = dirname(realpathSync((await findChromium())!));
  const driver = [folder, '/usr/lib/chromium']
    .map((at) => join(at, 'vk_swiftshader_icd.json'))
    .find((file) => existsSync(file));
  const child = fork(join(import.meta.dirname, 'node.ts'), {
    execArgv: [],
    env: {
      ...process.env,
      ...(driver && { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: dirname(driver) }),
    },
  });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the process on Dawn ended with ${code}`);
  });
  const [{ answer }] = (await Promise.race([once(child, 'message'), gone])) as [{ answer: Answer }];
  await gone.catch(() => undefined);
  return answer;
}

// One after the other: both compile shaders on all cores.
const chromium = await inChromium();
const node = await inNode();
if (!node)
  console.warn(
    'SKIPPED: no WebGPU adapter for Node: no Vulkan driver beside Chromium, none installed',
  );

describe.each([
  ['Chromium', chromium],
  ['Node on Dawn', node],
] as const)('on the webgpu of %s', (_, seen) => {
  const everything = seen ?? { outcomes: [], steady: undefined, complaints: [] };

  test.skipIf(!seen).each(everything.outcomes)('$name: as on cpu', ({ off, error }) => {
    expect(error).toBeUndefined();
    expect(off).toBeLessThan(PRECISION);
  });

  test.skipIf(!seen)('a session’s steps make no buffer and read nothing back', () => {
    expect(everything.steady).toMatchObject({ buffers: 0, reads: 0 });
    expect(everything.steady!.dispatches).toBeGreaterThan(0);
  });

  test.skipIf(!seen)('no call is invalid', () => {
    expect(everything.complaints).toEqual([]);
  });
});
