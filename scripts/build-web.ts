import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Builds the page in web/built: one script, one style sheet, the document. */
const web = join(import.meta.dirname, '..', 'web');
const out = join(web, 'built');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  entryPoints: { page: join(web, 'src', 'main.tsx') },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
});
await build({ entryPoints: [join(web, 'src', 'page.css')], outdir: out, minify: true, logLevel: 'warning' });
copyFileSync(join(web, 'src', 'index.html'), join(out, 'index.html'));
