/** Chromium as a visitor has it, and tabs that remember what went wrong in them and what left them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { ROOT } from '../../client/cli/edge/build.ts';
import { launchChromium } from './chromium.ts';

/** A software GPU on a busy machine is slow, and a test that gives up early tells nothing. */
const PATIENCE_MS = 90_000;

/** One for all tests of a file. */
export function useBrowser(): { current: Browser } {
  const held = {} as { current: Browser };
  beforeAll(async () => {
    held.current = await launchChromium();
  });
  afterAll(() => held.current?.close());
  return held;
}

/** What left a tab: a request with its body, or a message on a socket. */
export type Sent = { method: string; url: string; body: Buffer };

/** A tab in a profile of its own, as another visitor would have it. */
export class Tab {
  readonly page: Page;
  readonly sent: Sent[] = [];
  /** Errors in the console, violations of the pages' policy among them, and uncaught ones. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('console', (message) => {
      if (message.type() !== 'error') return;
      this.complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    // Those of the tab's threads included.
    page.on('request', (request) => {
      const body = request.postDataBuffer() ?? Buffer.alloc(0);
      this.sent.push({ method: request.method(), url: request.url(), body });
    });
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) =>
        this.sent.push({ method: 'frame', url: socket.url(), body: Buffer.from(payload) }),
      ),
    );
  }

  static async open(
    browser: { current: Browser },
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<Tab> {
    const viewport = { width: 1280, height: 900 };
    const page = await browser.current.newPage({ locale: 'en-GB', viewport, ...options });
    const tab = new Tab(page);
    await page.addInitScript(observeLongTasks);
    await page.goto(url);
    return tab;
  }

  /** The longest that the page did not answer, in milliseconds, since it was opened or last asked. */
  longestTask(): Promise<number> {
    return this.page.evaluate(() => {
      const tasks = (window as unknown as LongTasks).longTasks.splice(0);
      return Math.max(0, ...tasks);
    });
  }

  /** For people to look at; nothing is compared with it. */
  async screenshot(name: string): Promise<void> {
    const folder = join(ROOT, '.shoal/e2e');
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }

  /** The whole visitor leaves. */
  close(): Promise<void> {
    return this.page.context().close();
  }
}

type LongTasks = { longTasks: number[] };

/** Runs in the page. A browser calls 50 ms long already. */
function observeLongTasks(): void {
  const tasks: number[] = [];
  (window as unknown as LongTasks).longTasks = tasks;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  }).observe({ type: 'longtask', buffered: true });
}
