import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { withPrograms } from '../../support/outside.ts';
import { addMasters, addRejected, addRequest, pageSite } from '../../support/page-site.ts';

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
  {
    ...{
      plane: 'mono',
      outcome: 'measured',
      nSources: 120,
      fwhmPx: 2.5,
      zeroPoint: 22.1,
      band: 'V',
      limitingMag: 18.4,
    },
    transparency: { share: 0.7, nEarlier: 40, nNights: 5 },
  },
];
/** Every kind of page. */
const places = [
  ...['', 'tonight', 'nights', 'nights/2023-02-24', 'frames', 'frames/1', 'targets', 'targets/Gaia20fnr'],
  ...['requests', 'queue', 'masters', 'repairs', 'log'],
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
    const widthPx = () =>
      picture.evaluate(
        (image) => (image as unknown as { getBoundingClientRect(): { width: number } }).getBoundingClientRect().width,
      );
    const before = await widthPx();
    await page.getByRole('group', { name: /arrow keys move it/ }).press('+');
    await page.getByRole('button', { name: 'Whole frame' }).waitFor();
    assert.ok((await widthPx()) > 1.4 * before, 'the picture is magnified');
    await page.getByRole('link', { name: 'Gaia20fnr' }).first().click();
    await page.getByRole('group', { name: 'Light curve of Gaia20fnr: 1 points in V' }).waitFor();
    site.addFrame('second.fits', { mjdMid: 60001, planes, targets: [target(15.4)] });
    await page.getByRole('group', { name: 'Light curve of Gaia20fnr: 2 points in V' }).waitFor();
    assert.deepEqual(errors, []);
  });

  it('tells the course of a night, from each point of which a way leads to its frame', async (t) => {
    const site = await pageSite(t);
    for (const [k, mjdMid] of [60000.125, 60000.25, 60000.875].entries())
      site.addFrame(`${k}.fits`, { mjdMid, scaleArcsecPerPx: 1.2, planes });
    const { page, errors } = await open(`${site.url}/#/nights`);
    await page.getByRole('row', { name: /2023-02-24 2 3\.0″ 70 %/ }).waitFor();
    await page.getByRole('link', { name: '2023-02-24' }).click();
    await page.getByRole('group', { name: 'Night of 2023-02-24: 2 frames' }).waitFor();
    await page.getByRole('link', { name: /03:00:00 UTC, .*FWHM .* 3\.0/ }).click();
    await page.getByRole('heading', { name: '0.fits' }).waitFor();
    assert.deepEqual(errors, []);
  });

  it('foretells the night and draws it', async (t) => {
    const site = await pageSite(t);
    addRequest(site, 'one'); // for a filter that is not there
    const { page, errors } = await open(`${site.url}/#/tonight`);
    await page.getByRole('heading', { name: 'Tonight with main: a prediction' }).waitFor();
    await page.getByRole('row', { name: /Gaia20fnr/ }).waitFor();
    const figure = page.getByRole('img', { name: /Altitudes/ });
    await figure.evaluate((image) => (image as unknown as { decode(): Promise<void> }).decode());
    await page.getByText('1 not planned, and why').click();
    await page.getByRole('listitem').filter({ hasText: 'HAT-P-32: there is no filter "V" here' }).waitFor();
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
      site.addFrame(`${k}.fits`, {
        ...{ mjdMid: 60000 + k / 48, width: 48, height: 40, scaleArcsecPerPx: 1.2, planes },
        targets: [target(15 + k / 10)],
      });
    }
    addRequest(site, 'one');
    addRejected(site, 'picture.cr2', 'not-fits', 'picture.cr2 is no FITS file');
    addMasters(site);
    // What is the same in all looks is checked by day alone; colours are those of these pages.
    const coloured = ['', 'nights/2023-02-24', 'frames/1', 'targets/Gaia20fnr'];
    for (const [look, options, checked] of [
      ['day', {}, places],
      ['dark', { colorScheme: 'dark' }, coloured],
      ['night', {}, coloured],
      ['phone', { viewport: { width: 390, height: 800 } }, []],
    ] as [string, object, string[]][]) {
      const { page, errors } = await open(site.url, options);
      if (look === 'night') await page.getByRole('button', { name: 'Night' }).click();
      for (const place of pictures || look === 'phone' ? places : checked) {
        await page.goto(`${site.url}/#/${place}`);
        await page.getByRole('heading', { level: 2 }).first().waitFor();
        if (checked.includes(place)) assert.deepEqual(await violations(page), [], `${look}: ${place}`);
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
