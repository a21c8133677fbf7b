import { isInstalled, type PeerPackageName } from '../../scripts/peer-packages.ts';
import { type FeatureName, features } from '../features.ts';

/** The part of Vitest's test context that is needed here. */
export interface Skippable {
  skip(note?: string): never;
}

/**
 * Skip the running test, by the package's name, unless a Debian package is installed. Call it first in a
 * test or in `beforeEach`. With `CI=true` a missing package is a failure: CI installs them all.
 */
export function requirePeer(context: Skippable, name: PeerPackageName): void {
  if (isInstalled(name)) return;
  if (isCi()) throw new Error(`Debian package "${name}" is missing: run scripts/peers --install`);
  context.skip(`Debian package "${name}" is missing`);
}

/** Skip the running test, naming the probe, unless the kernel or a plugin has a feature. */
export function requireFeature(context: Skippable, name: FeatureName): void {
  if (features[name].isThere()) return;
  context.skip(`${featureSkip}"${name}" is missing, probe: ${features[name].probe}`);
}

/** Tell in a `beforeAll`, which cannot skip, whether there is something to set up. */
export function hasPeer(name: PeerPackageName): boolean {
  return isInstalled(name);
}

/** How the reason of a skip begins that is allowed everywhere. */
export const featureSkip = 'Feature ';

/** Tell whether this is a CI run, where nothing may be skipped silently. */
export function isCi(): boolean {
  return process.env['CI'] === 'true';
}
