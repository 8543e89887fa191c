// SPDX-License-Identifier: Apache-2.0
// Drives the console's pages in Chromium by lines of JSON on standard input, one answer for each.
// {"do": "start", "theme": "dark", "lang": "vi", "width": 1366}  a context of its own, without session
// {"do": "goto", "url": ...}  {"do": "click"|"text"|"count"|"focus", "at": SELECTOR}
// {"do": "fill"|"select", "at": SELECTOR, "value": ...}  {"do": "press", "keys": [...]}  {"do": "type", "text": ...}
// {"do": "wait", "at": SELECTOR, "text": ...}  {"do": "gone", "at": SELECTOR}  {"do": "files", "at": ..., "files": [...]}
// {"do": "axe"}  {"do": "wide"}  {"do": "shot", "path": ...}  {"do": "complaints"}  {"do": "stop"}
const fs = require('fs');
const { chromium } = require(process.env.WEB_MODULES + '/playwright-core');
const axe = fs.readFileSync(process.env.WEB_MODULES + '/axe-core/axe.min.js', 'utf8');
const SECONDS = 30;
let browser, context, page;
let complaints = [];
let outside = [];

const does = {
  async start(c) {
    browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true,
      args: ['--disable-gpu', '--no-first-run', '--password-store=basic'] });
    if (context) await context.close();
    context = await browser.newContext({ viewport: { width: c.width ?? 1366, height: 900 },
      colorScheme: c.theme ?? 'light', locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh', acceptDownloads: true });
    await context.addInitScript((lang) => localStorage.setItem('sealgate.lang', lang), c.lang ?? 'vi');
    page = await context.newPage();
    page.setDefaultTimeout(SECONDS * 1000);
    page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') complaints.push(m.text()); });
    page.on('pageerror', (e) => complaints.push(String(e)));
    page.on('dialog', (d) => { complaints.push(`dialog: ${d.message()}`); d.dismiss(); });
    page.on('request', (r) => {
      if (!/^(http:\/\/127\.0\.0\.1:8620\/|data:|blob:)/.test(r.url())) outside.push(r.url());
    });
    return browser.version();
  },
  async goto(c) { await page.goto(c.url); },
  async reload() { await page.reload(); },
  async url() { return page.url(); },
  async click(c) { await page.click(c.at, { modifiers: c.with ?? [] }); },
  async focus(c) { await page.focus(c.at); },
  async fill(c) { await page.fill(c.at, c.value); },
  async select(c) { await page.selectOption(c.at, c.value); },
  async press(c) { for (const k of c.keys) await page.keyboard.press(k); },
  async type(c) { await page.keyboard.type(c.text); },
  async text(c) { return page.innerText(c.at); },
  async count(c) { return page.locator(c.at).count(); },
  async wait(c) {
    const l = page.locator(c.at);
    await (c.text ? l.filter({ hasText: c.text }) : l).first().waitFor({ timeout: (c.seconds ?? SECONDS) * 1000 });
  },
  async gone(c) { await page.locator(c.at).first().waitFor({ state: 'hidden' }); },
  async files(c) { await page.setInputFiles(c.at, c.files); },
  async eval(c) { return page.evaluate(c.js); },
  async download(c) {
    const [d] = await Promise.all([page.waitForEvent('download'), page.click(c.at)]);
    return fs.readFileSync(await d.path(), 'utf8').slice(0, 4000);
  },
  async axe() {
    const r = await page.evaluate(axe + ';axe.run(document, { resultTypes: ["violations"] })');
    return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).join(' | ')}`);
  },
  async wide() {
    return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  },
  async shot(c) { await page.screenshot({ path: c.path, fullPage: true }); },
  async cookies() { return context.cookies(); },
  async complaints() { const all = [...complaints, ...outside]; complaints = []; outside = []; return all; },
  async stop() { await browser?.close(); setTimeout(() => process.exit(0), 100); },
};
require('readline').createInterface({ input: process.stdin }).on('line', async (line) => {
  let answer;
  try {
    const c = JSON.parse(line);
    answer = { ok: (await does[c.do](c)) ?? true };
  } catch (e) {
    answer = { error: String(e.message || e) };
    // Where it stood then, for whoever reads the log.
    try { answer.error += `\n${page.url()}\n${(await page.innerText('body')).slice(0, 3000)}`; } catch { /* gone */ }
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
