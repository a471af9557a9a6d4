#!/usr/bin/env node
/**
 * Launcher. The sources need Node ≥ 24.4 and run unbuilt; this file runs on any Node ≥ 16, so that
 * `npx valise` works with whatever Node is installed: if that one is too old, the pinned Node that
 * `npm ci` brought along takes over.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as modules from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const NEEDED = [24, 4];

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

function pinnedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  try {
    const manifest = modules
      .createRequire(import.meta.url)
      .resolve(`node-${platform}-${process.arch}/package.json`);
    const file = process.platform === 'win32' ? 'node.exe' : 'node';
    const binary = join(dirname(manifest), 'bin', file);
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}

/**
 * Signals travel over the IPC channel, not by `kill`: after Ctrl-C in a terminal the child has the
 * signal already and must be able to tell the relayed copy from a second key press. The channel
 * also ends with this process, even by `kill -9`, and the child then stops too.
 */
function runWith(binary) {
  const self = fileURLToPath(import.meta.url);
  const child = spawn(binary, [self, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (child.connected) child.send({ signal }, () => {});
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`valise: cannot start ${binary}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(code === null ? 128 + (constants.signals[signal] || 0) : code);
  });
}

/**
 * Keeps the compiled sources for the next start, which is then a third quicker. In the user's own
 * folder: whoever can write there can run anything as them anyway. Failing means only slower. The
 * variable is for the threads, which start by themselves: they are up in a third of the time.
 */
function keepCompiled() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  process.env.NODE_COMPILE_CACHE ??= join(cache, 'valise', 'compiled');
  modules.enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

/**
 * V8 lets the space for young objects grow to 134 MB, because garbage there is cheap; transfers
 * make nothing but garbage. Kept at its first size, collecting costs a little more often. Some of it
 * gets among the old objects then, which V8 would let become four times as many before it looks.
 */
function keepSmall() {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=50');
}

const binary = pinnedNode();
if (isNewEnough(process.versions.node)) {
  keepCompiled();
  keepSmall();
  import('../src/main.ts');
} else if (binary !== null) {
  runWith(binary);
} else {
  process.stderr.write(
    `valise needs Node ${NEEDED.join('.')} or newer; this is ${process.versions.node}, and there is no pinned Node for ${process.platform}-${process.arch}. Install one from https://nodejs.org and try again.\n`,
  );
  process.exit(1);
}
