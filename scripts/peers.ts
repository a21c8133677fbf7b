/**
 * Say which peers of the interop tests are installed; with `--install`, install the missing ones.
 * Only `--install`, only as root and only where apt is: everywhere else it names them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { debianRootFile, hasDebianRoot, makeDebianRoot } from './debian-root.ts';
import { isInstalled, peerPackages } from './peer-packages.ts';

const policyFile = '/usr/sbin/policy-rc.d';

const args = process.argv.slice(2);
if (args.some((arg) => arg !== '--install')) {
  console.error('usage: scripts/peers [--install]');
  process.exit(2);
}

for (const { debian, program, neededFor } of peerPackages) {
  const state = isInstalled(debian) ? 'installed' : 'missing  ';
  console.log(`${state}  ${debian.padEnd(14)} ${program.padEnd(10)} ${neededFor}`);
}

const missing = missingPackages();
if (missing.length === 0) {
  keepDebianRoot();
  process.exit(0);
}
const byHand = `apt-get install --no-install-recommends ${missing.join(' ')}`;
if (!args.includes('--install') || !canInstall()) {
  console.log(`to install what is missing, as root: ${byHand}`);
  process.exit(args.length === 0 ? 0 : 1);
}
install(missing);
const stillMissing = missingPackages();
if (stillMissing.length > 0) {
  console.error(`Cannot install ${stillMissing.join(', ')}; try by hand: ${byHand}`);
  process.exit(1);
}
keepDebianRoot();

/** Tests that need it are skipped where it cannot be made. */
function keepDebianRoot(): void {
  if (!args.includes('--install') || !canInstall() || hasDebianRoot()) return;
  console.log('an empty Debian is made for the tests of the package');
  if (!makeDebianRoot()) console.error(`Cannot make ${debianRootFile}`);
}

function missingPackages(): string[] {
  return peerPackages.filter(({ debian }) => !isInstalled(debian)).map(({ debian }) => debian);
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** Install packages without letting one of them start its daemon. */
function install(packages: readonly string[]): void {
  const isOurs = !existsSync(policyFile);
  // With a handler of our own, Ctrl-C ends apt-get and then comes past the `finally`.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  // 101 is "action forbidden by policy": invoke-rc.d then starts nothing.
  if (isOurs) writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    if (apt('update', '-q')) apt('install', '-q', '-y', '--no-install-recommends', ...packages);
  } finally {
    if (isOurs) rmSync(policyFile, { force: true });
  }
}

function apt(...aptArgs: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', aptArgs, { stdio: 'inherit', env }).status === 0;
}
