import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { NetName } from '../../shared/nn/index.ts';
import { launchChromium, openModule } from '../kit/chromium.ts';
import { median } from './quantile.ts';
import type { Bench } from './run.ts';
import { SEED } from './step.ts';
import type { Measured, Steps } from './webgpu-tab.ts';

/** The first step compiles the shaders, the second still fills the pool of buffers. */
const WARM = 2;
const REPEATS = 3;
const NET: NetName = 'conv4-32';

/**
 * A training step on WebGPU, ours beside tfjs's own, in Chromium on a software adapter: no GPU is
 * needed for what does not depend on one. One step of conv4-32 (forward, backward, clipped SGD; batch
 * 32, 28 x 28), in a browser each, in turns. `webgpuDispatchShare`, `webgpuByteShare`: dispatches, and
 * bytes bound to them, copied and written, over stock's. `webgpuSpeedup`: stock's time over ours, turn
 * by turn, the median. `webgpuBuffersPerStep`, `webgpuReadsPerStep`: buffers made, and read back; the
 * one read is the loss, after the step. Both sides' losses are compared step for step: they do the same.
 */
export const webgpu: Bench = async ({ say }) => ({
  seeds: [SEED],
  figures: await webgpuFigures(say),
});

type Turn = { stock: Measured; ours: Measured };

export async function webgpuFigures(say: (line: string) => void): Promise<Record<string, number>> {
  const browsers = [await launchChromium(), await launchChromium()] as const;
  try {
    const [stock, ours] = [await start(browsers[0], false), await start(browsers[1], true)];
    const turns: Turn[] = [];
    for (let i = 0; i < WARM + REPEATS; i++) {
      turns.push({ stock: await step(stock), ours: await step(ours) });
      const { milliseconds, traffic } = turns[i]!.ours;
      say(
        `webgpu step ${i}: ${milliseconds.toFixed(0)} ms, ${traffic.dispatches} dispatches; ` +
          `stock ${turns[i]!.stock.milliseconds.toFixed(0)} ms, ${turns[i]!.stock.traffic.dispatches}`,
      );
    }
    return figuresOf(turns);
  } finally {
    for (const browser of browsers) await browser.close();
  }
}

async function start(browser: Browser, ours: boolean): Promise<Page> {
  const page = await openModule(browser, join(import.meta.dirname, 'webgpu-tab.ts'), 'steps');
  await page.evaluate(
    ([kind, net]) => (globalThis as unknown as { steps: Steps }).steps.start(kind, net),
    [ours, NET] as const,
  );
  return page;
}

const step = (page: Page): Promise<Measured> =>
  page.evaluate(() => (globalThis as unknown as { steps: Steps }).steps.step());

function figuresOf(turns: readonly Turn[]): Record<string, number> {
  turns.forEach(({ stock, ours }, i) => {
    if (!(Math.abs(stock.loss - ours.loss) < 1e-3))
      throw new Error(
        `bench: step ${i} on stock webgpu has the loss ${stock.loss}, ours ${ours.loss}`,
      );
  });
  const counted = turns.slice(WARM);
  const { stock, ours } = counted.at(-1)!;
  return {
    webgpuDispatches: ours.traffic.dispatches,
    webgpuDispatchShare: ours.traffic.dispatches / stock.traffic.dispatches,
    webgpuMegabytes: ours.traffic.bytes / 1e6,
    webgpuByteShare: ours.traffic.bytes / stock.traffic.bytes,
    webgpuSpeedup: median(counted.map((turn) => turn.stock.milliseconds / turn.ours.milliseconds)),
    webgpuBuffersPerStep: ours.traffic.buffers,
    webgpuReadsPerStep: ours.traffic.reads,
  };
}
