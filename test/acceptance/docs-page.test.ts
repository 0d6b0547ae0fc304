/** `/docs` in a browser: somebody with a token tries a service, in Vietnamese and in English. */
import { type Browser, chromium, type Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { startSandbox } from './support/sandbox.ts';
import { findTool, hasTool } from './support/tools.ts';

t.setTimeout(300_000);
const SLOW_MS = 120_000;
const LOOKUP = '/v1/population/persons/lookup';

if (hasTool(t, 'chromium', 'chromium')) {
  const sandbox = await startSandbox(t, { trickle: 3600 });
  const browser = await chromium.launch({
    ...{
      executablePath: findTool(t, 'which', 'debianutils')!(['chromium']).trim(),
      args: ['--no-sandbox', '--disable-gpu'],
      timeout: SLOW_MS,
    },
  });
  t.teardown(() => browser.close());

  t.test('a token, a person, and the granted fields', async (t) => {
    const { page, complaints } = await open(t, browser, `${sandbox.url}/docs`);
    t.equal(await page.title(), 'Liên Thông');
    await page.getByText('Tra cứu thông tin công dân', { exact: true }).waitFor();
    await authorise(page, await sandbox.token('H26.motcua'));
    const answer = await tryOut(page);
    t.equal(answer.status, '200');
    const { data, meta } = JSON.parse(answer.body);
    t.same(Object.keys(data), ['personalId', 'fullName', 'birthDate', 'permanentResidence']);
    t.equal(data.fullName.familyName, 'Lê');
    t.equal(meta.agreement, 'TT-2026-H26-01');
    t.same(complaints, [], 'nothing broke the policy of the page, or was not there');
  });

  t.test('Authorize asks for a token, and for no secret', async (t) => {
    const { page } = await open(t, browser, `${sandbox.url}/docs/`);
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    const dialog = page.locator('.dialog-ux');
    t.match(await dialog.textContent(), 'bearer');
    t.notMatch(await dialog.textContent(), /client_?(id|secret)/i);
    t.equal(await dialog.locator('input').count(), 1);
  });

  t.test('another language, another name of the machine', async (t) => {
    const { page, complaints } = await open(
      t,
      browser,
      `${sandbox.url.replace('127.0.0.1', 'localhost')}/docs`,
    );
    await page.locator('.topbar select').selectOption({ label: 'English' });
    await page.getByText('Look up a person', { exact: true }).waitFor();
    await authorise(page, await sandbox.token('H26.motcua'));
    t.equal((await tryOut(page)).status, '200', 'calls go where the page came from');
    t.same(complaints, []);
  });
}

/** A page, and what it complained of. */
async function open(t: Pick<Test, 'teardown'>, browser: Browser, address: string) {
  const page = await browser.newPage();
  t.teardown(() => page.close());
  page.setDefaultTimeout(SLOW_MS);
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(address);
  await page.locator('.opblock').first().waitFor();
  return { page, complaints };
}

async function authorise(page: Page, token: string): Promise<void> {
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  const dialog = page.locator('.dialog-ux');
  await dialog.locator('input').fill(token);
  await dialog.getByRole('button', { name: 'Apply' }).or(dialog.locator('button.authorize')).first().click();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
}

/** Sends the example of the lookup as it is filled in. */
async function tryOut(page: Page): Promise<{ status: string; body: string }> {
  const operation = page.locator('.opblock', { has: page.locator(`[data-path="${LOOKUP}"]`) });
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  const live = operation.locator('.live-responses-table');
  await live.waitFor();
  const status = await live.locator('tbody .response-col_status').first().textContent();
  const body = await live
    .locator('tbody .response-col_description .highlight-code code')
    .first()
    .textContent();
  return { status: /\d{3}/.exec(status ?? '')?.[0] ?? '', body: body ?? '' };
}
