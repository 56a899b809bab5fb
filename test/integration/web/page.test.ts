import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { withPrograms } from '../../support/outside.ts';
import { addRequest, pageSite } from '../../support/page-site.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
/** Where pictures of the pages go, for whoever wants to look at them. */
const pictures = process.env.BHTOM_EDGE_SCREENSHOTS;

const planes = [
  { plane: 'mono', outcome: 'measured', nSources: 120, fwhmPx: 2.5, zeroPoint: 22.1, band: 'V', limitingMag: 18.4 },
];
const target = (mag: number) => ({
  name: 'Gaia20fnr',
  plane: 'mono',
  verdict: 'detected',
  mag,
  magErr: 0.02,
  x: 20,
  y: 20,
});

describe('the page in a browser', withPrograms('chromium'), () => {
  let browser: Browser;
  before(async () => {
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: quiet });
  });
  after(() => browser?.close());

  /** A page that fails the test by the first error it tells. */
  async function open(url: string, options: object = {}): Promise<{ page: Page; errors: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(url);
    return { page, errors };
  }

  async function violations(page: Page): Promise<string[]> {
    const result = await page.evaluate(`${axe}; axe.run()`);
    return (result as { violations: { id: string; nodes: { html: string }[] }[] }).violations.map(
      ({ id, nodes }) => `${id}: ${nodes[0]!.html}`,
    );
  }

  it('shows a new frame without being loaded again, and its way from the list to the light curve', async (t) => {
    const site = await pageSite(t);
    const { page, errors } = await open(site.url);
    await page.getByText('No frame has come yet').waitFor();
    site.addFrame('first.fits', { mjdMid: 60000, width: 48, height: 40, planes, targets: [target(15.2)] });
    await page.getByRole('link', { name: 'first.fits' }).click();
    const picture = page.getByRole('img', { name: /The frame first\.fits/ });
    await picture.waitFor();
    assert.equal(await picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth), 48);
    await page.getByRole('link', { name: 'Gaia20fnr' }).first().click();
    await page.getByRole('group', { name: 'Light curve of Gaia20fnr: 1 points in V' }).waitFor();
    site.addFrame('second.fits', { mjdMid: 60001, planes, targets: [target(15.4)] });
    await page.getByRole('group', { name: 'Light curve of Gaia20fnr: 2 points in V' }).waitFor();
    assert.deepEqual(errors, []);
  });

  it('says that it is stale when the daemon has gone', async (t) => {
    const site = await pageSite(t);
    const { page } = await open(site.url);
    await page.getByRole('heading', { name: 'To see to' }).waitFor();
    await site.stopPage();
    await page.getByRole('alert').waitFor();
  });

  it('has no fault of accessibility on any page, by day, by night and on a phone', async (t) => {
    const site = await pageSite(t);
    for (let k = 0; k < 3; k++) {
      site.addFrame(`${k}.fits`, { mjdMid: 60000 + k, width: 48, height: 40, planes, targets: [target(15 + k / 10)] });
    }
    addRequest(site, 'one');
    for (const [look, options] of [
      ['day', {}],
      ['dark', { colorScheme: 'dark' }],
      ['night', {}],
      ['phone', { viewport: { width: 390, height: 800 } }],
    ] as const) {
      const { page, errors } = await open(site.url, options);
      if (look === 'night') await page.getByRole('button', { name: 'Night' }).click();
      for (const place of ['', 'frames', 'frames/1', 'targets', 'targets/Gaia20fnr', 'requests', 'queue']) {
        await page.goto(`${site.url}/#/${place}`);
        await page.getByRole('heading', { level: 2 }).first().waitFor();
        assert.deepEqual(await violations(page), [], `${look}: ${place}`);
        const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
        assert.equal(wide, 0, `${look}: ${place} is wider than the screen`);
        if (pictures) {
          mkdirSync(pictures, { recursive: true });
          await page.screenshot({
            path: join(pictures, `${look}-${place.replaceAll('/', '-') || 'now'}.png`),
            fullPage: true,
          });
        }
      }
      assert.deepEqual(errors, []);
      await page.context().close();
    }
  });

  it('weighs little', () => {
    const bytes = ['index.html', 'page.js', 'page.css'].map(
      (name) => readFileSync(join(import.meta.dirname, '../../../web/built', name)).length,
    );
    assert.ok(bytes.reduce((sum, one) => sum + one, 0) < 300_000, `${bytes} bytes`);
  });
});
