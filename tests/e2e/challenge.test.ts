/** Joining where an edge asks for something first, on the contribute page in a real browser. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBrowser, Tab } from '../kit/browser.ts';
import { START_MS, startTestEdge, useEdge, type TestEdge } from '../kit/edge.ts';
import { button, pick, stage } from '../kit/pages.ts';
import { liveToyProject } from '../kit/project.ts';
import { asFile, drawings } from '../kit/shapes.ts';
import { startSiteverify } from '../kit/siteverify.ts';

const browser = useBrowser();

/** Chooses images on the page and starts. */
async function begin(tab: Tab): Promise<void> {
  const files = await Promise.all(drawings('disc', 3, 1).map((one) => asFile(one, 'png')));
  const images = files.map((file, i) => ({
    ...{ name: `${i}.png`, mimeType: 'image/png', buffer: Buffer.from(file) },
  }));
  await pick(button(tab.page, 'Choose images'), images);
  await tab.page.getByText('3 images ready').waitFor();
  await button(tab.page, 'Start contributing').click();
}

describe('a proof of work', () => {
  const edge = useEdge({ vars: { CHALLENGE: 'work' } });

  test('is done in the training thread: the page stays awake, and the tab joins', async () => {
    await liveToyProject(edge.current, 'reef');
    const tab = await Tab.open(browser, `${edge.current.origin}/?project=reef&backend=cpu`);
    await begin(tab);
    await stage(tab.page, 'waiting').waitFor();
    const paths = tab.sent.map(({ method, url }) => `${method} ${new URL(url).pathname}`);
    expect(paths.filter((path) => path === 'GET /v1/projects/reef/challenge')).toHaveLength(1);
    expect(paths.filter((path) => path === 'POST /v1/projects/reef/volunteers')).toHaveLength(2);
    expect(tab.sent.every(({ url }) => new URL(url).hostname === '127.0.0.1')).toBe(true);
    // The first, unanswered try is refused, and the browser's console says so.
    expect(tab.complaints.filter((one) => !one.includes('403'))).toEqual([]);
    await tab.close();
  });
});

describe('Turnstile', () => {
  let siteverify: Awaited<ReturnType<typeof startSiteverify>>;
  let edge: TestEdge;
  const tokens: string[] = [];
  /** In place of Cloudflare's script, which cannot be reached from here. */
  const SCRIPT = `
    window.turnstile = {
      render: (element, options) => {
        element.textContent = 'the widget of ' + options.sitekey;
        setTimeout(() => options.callback([options.sitekey, options.action, options.cData].join(' ')));
        return 'one';
      },
      remove: () => {},
    };`;

  beforeAll(async () => {
    siteverify = await startSiteverify((form) => {
      tokens.push(form.get('response') as string);
      return { success: true, hostname: '127.0.0.1', action: 'join', cdata: 'reef' };
    });
    edge = await startTestEdge(undefined, {
      vars: {
        ...{ CHALLENGE: 'turnstile', TURNSTILE_SITE_KEY: 'site', TURNSTILE_SECRET: 'the secret' },
        TURNSTILE_VERIFY_URL: siteverify.url,
      },
    });
    await liveToyProject(edge, 'reef');
  }, START_MS);
  afterAll(async () => {
    await edge?.stop();
    siteverify?.stop();
  });

  /** The page, with Cloudflare's script as given; none: it cannot be reached. */
  async function visit(script: string | null): Promise<Tab> {
    const tab = await Tab.open(browser, 'about:blank');
    await tab.page.route('https://challenges.cloudflare.com/**', (route) =>
      script === null
        ? route.abort()
        : route.fulfill({ contentType: 'text/javascript', body: script }),
    );
    await tab.page.goto(`${edge.origin}/?project=reef&backend=cpu`);
    return tab;
  }

  test('is loaded by the page when it is wanted and not before, shown, and opens the door', async () => {
    const tab = await visit(SCRIPT);
    const foreign = () => tab.sent.filter(({ url }) => url.includes('cloudflare.com'));
    await button(tab.page, 'Choose images').waitFor();
    expect(foreign()).toEqual([]);
    await begin(tab);
    await stage(tab.page, 'waiting').waitFor();
    expect(foreign()).toHaveLength(1);
    expect(tokens).toEqual(['site join reef']);
    // Neither the page's policy nor anything else stood against it.
    expect(tab.complaints.filter((one) => !one.includes('403'))).toEqual([]);
    await tab.close();
  });

  test('that cannot be reached is trouble that the page names', async () => {
    const tab = await visit(null);
    await begin(tab);
    await stage(tab.page, 'failed').waitFor();
    const why = tab.page.getByText('could not be shown');
    await why.waitFor();
    expect(await why.count()).toBe(1);
    await tab.close();
  });

  test('is let in by the policy of the contribute page alone', async () => {
    const policies = await Promise.all(
      ['/', '/admin', '/playground', '/docs'].map(async (path) => {
        const { headers } = await fetch(edge.origin + path);
        return headers
          .get('content-security-policy')!
          .includes('https://challenges.cloudflare.com');
      }),
    );
    expect(policies).toEqual([true, false, false, false]);
  });
});
