// SPDX-License-Identifier: Apache-2.0
// Drives Chromium by lines of JSON on standard input; one line of JSON for each.
//   {"do": "start", "headless": false}         {"do": "chat", "tab": 0, "peer": ...}
//   {"do": "send", "tab": 0, "files": [...]}   {"do": "put", "tab": 0, "url": ..., "file": ...}
//   {"do": "open", "tab": 0, "url": ...}       {"do": "click", "tab": 0, "selector": ...}
//   {"do": "real", "tab": 0, "url": ...}
//   {"do": "shot", "tab": 0, "path": ...}      {"do": "stop"}
const { chromium } = require(process.env.WEB_MODULES + '/playwright-core');
const tabs = [];
let browser, context;
const tab = async (n) => {
  while (tabs.length <= n) {
    const page = await context.newPage();
    page.setDefaultTimeout(30000);
    tabs.push(page);
  }
  return tabs[n];
};
const choose = async (page, selector, files) => {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click(selector)]);
  await chooser.setFiles(files);
};
const does = {
  async start(c) {
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: !!c.headless,
      args: ['--disable-gpu', '--no-first-run', '--password-store=basic', '--lang=en'] });
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    return browser.version();
  },
  async chat(c) {
    const page = await tab(c.tab);
    await page.goto(c.url);
    await page.waitForFunction(() => document.body.innerText.includes('online'));
    await page.evaluate((peer) => { window.api.chats.open(peer, {}, true); }, c.peer);
    await page.waitForSelector('button[title="Choose a file to send"]');
  },
  async send(c) {
    await choose(await tab(c.tab), 'button[title="Choose a file to send"]', c.files);
  },
  async open(c) { await (await tab(c.tab)).goto(c.url); },
  async click(c) { await (await tab(c.tab)).click(c.selector); },
  async put(c) {
    const page = await tab(c.tab);
    await page.goto(c.url);
    await page.setInputFiles('#file', c.file);
    await page.click('#put');
    await page.waitForFunction(() => document.title !== 'put');
    return page.title();
  },
  // The chooser that a person sees, which playwright otherwise takes.
  async real(c) {
    const page = await tab(c.tab);
    await page.goto(c.url);
    const cdp = await context.newCDPSession(page);
    await cdp.send('Page.setInterceptFileChooserDialog', { enabled: false });
    await page.click('#file');
  },
  async says(c) { return (await tab(c.tab)).evaluate(() => document.body.innerText); },
  async shot(c) { await (await tab(c.tab)).screenshot({ path: c.path }); },
  async stop() { await browser.close(); setTimeout(() => process.exit(0), 100); },
};
require('readline').createInterface({ input: process.stdin }).on('line', async (line) => {
  let answer;
  try {
    const c = JSON.parse(line);
    answer = { ok: (await does[c.do](c)) ?? true };
  } catch (e) {
    answer = { error: String(e.message || e) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
