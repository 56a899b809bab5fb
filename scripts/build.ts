import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Builds the published package in dist/package: compiled JavaScript, the documents, and a package.json without the
 * pinned Node, which only a clone needs.
 */
const root = join(import.meta.dirname, '..');
const out = join(root, 'dist', 'package');

rmSync(join(root, 'dist'), { recursive: true, force: true });
mkdirSync(out, { recursive: true });
execFileSync(
  process.execPath,
  [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    join(root, 'tsconfig.build.json'),
    '--outDir',
    join(out, 'dist'),
  ],
  { stdio: 'inherit' },
);

for (const name of ['bin', 'systemd', 'docs', 'README.md', 'LICENSE', 'CHANGELOG.md']) {
  cpSync(join(root, name), join(out, name), { recursive: true });
}
execFileSync(process.execPath, [join(root, 'scripts', 'build-web.ts')], { stdio: 'inherit' });
cpSync(join(root, 'web', 'built'), join(out, 'dist', 'web', 'built'), { recursive: true });
chmodSync(join(out, 'bin', 'bhtom-edge.mjs'), 0o755);

const {
  scripts: _scripts,
  devDependencies: _dev,
  optionalDependencies,
  private: _private,
  ...kept
} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
const optional = Object.fromEntries(
  Object.entries((optionalDependencies ?? {}) as Record<string, string>).filter(
    ([name]) => !/^node-(linux|win)-/.test(name),
  ),
);
writeFileSync(
  join(out, 'package.json'),
  `${JSON.stringify({ ...kept, ...(Object.keys(optional).length > 0 ? { optionalDependencies: optional } : {}) }, null, 2)}\n`,
);
console.error(`built ${out}; pack it with: npm pack ./dist/package`);
