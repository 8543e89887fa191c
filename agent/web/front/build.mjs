// SPDX-License-Identifier: Apache-2.0
// Bundles src into OUTDIR: index.html and assets/NAME-HASH.{js,css}. Called by build.sh.
import { build } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const out = process.argv[2];
if (!out) {
  console.error('usage: build.mjs OUTDIR');
  process.exit(2);
}
const assets = join(out, 'assets');
mkdirSync(assets, { recursive: true });
for (const old of readdirSync(assets)) rmSync(join(assets, old));

const result = await build({
  entryPoints: ['src/main.tsx', 'src/style/console.css'],
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  outdir: assets,
  bundle: true,
  format: 'esm',
  splitting: true,
  minify: true,
  target: ['es2021', 'chrome100', 'firefox102', 'safari15'],
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'linked',
  metafile: true,
  logLevel: 'warning',
});
const made = Object.entries(result.metafile.outputs);
const find = (entry) => {
  const hit = made.find(([, o]) => o.entryPoint === entry);
  if (!hit) throw new Error(`no output of ${entry}`);
  return basename(hit[0]);
};
const page = readFileSync('src/index.html', 'utf8')
  .replace('@STYLE@', `/assets/${find('src/style/console.css')}`)
  .replace('@SCRIPT@', `/assets/${find('src/main.tsx')}`);
writeFileSync(join(out, 'index.html'), page);

// What is bundled goes with its licence, as each asks for.
const packages = new Set(
  Object.keys(result.metafile.inputs)
    .map((file) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
    .filter(Boolean),
);
const licences = [...packages].sort().map((name) => {
  const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  const file = readdirSync(`node_modules/${name}`).find((f) => /^licen[cs]e(\.\w+)?$/i.test(f));
  if (!file) throw new Error(`${name} has no licence file`);
  const text = readFileSync(`node_modules/${name}/${file}`, 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(join(out, 'LICENSES.txt'), licences.join(`\n${'-'.repeat(72)}\n\n`));
