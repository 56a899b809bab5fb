#!/usr/bin/env node
// Plain JavaScript that any Node can parse: it checks the version before a line of TypeScript is loaded, and, where
// the repository's own pinned Node is installed, hands over to it instead of giving up.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [major, minor] = process.versions.node.split('.').map(Number);
const newEnough = major > 22 || (major === 22 && minor >= 22);

function pinnedNode() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  try {
    const folder = dirname(createRequire(join(root, 'package.json')).resolve(`${name}/package.json`));
    const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined; // not installed: the message below says what to do
  }
}

if (newEnough) {
  // Compiled code is kept beside the packages, for this process, its children and their threads: they start in half the
  // time. Where that folder may not be written, everything is compiled at each start.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled');
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  // Calls to files run on threads of this number: a network share that hangs takes some of them until it is back, and the
  // other folders, the database and the products need theirs.
  process.env.UV_THREADPOOL_SIZE ??= '32';
  // A package holds compiled JavaScript in dist/, a clone the TypeScript itself.
  const compiled = join(root, 'dist', 'cli', 'main.js');
  const entry = existsSync(join(root, 'cli', 'main.ts')) ? join(root, 'cli', 'main.ts') : compiled;
  await import(pathToFileURL(entry).href);
} else {
  const node = pinnedNode();
  if (node) {
    const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal ? 1 : 0);
    });
  } else {
    console.error(
      `bhtom-edge needs Node.js 22.22 or newer and found ${process.versions.node}.\n` +
        'Install Node.js 24 (https://nodejs.org), or run `npm ci` in the clone, which brings one along.',
    );
    process.exitCode = 1;
  }
}
