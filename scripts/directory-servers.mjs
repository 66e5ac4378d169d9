// Runs on Node 20 and without any dependency.
import { DIRECTORY_PACKAGES, ensureDebianPackages, isRoot, SetupError } from './setup.mjs';

/** Why this machine cannot run directory servers for tests, after installing what it may; undefined when it can. */
export function findDirectoryServerObstacle() {
  if (!isRoot()) return 'real directory servers need root: Samba listens on port 389 and 636. Run it as root (sudo)';
  const missing = ensureDebianPackages(DIRECTORY_PACKAGES);
  if (missing.length === 0) return undefined;
  return `these packages are missing and apt-get could not install them: ${missing.join(' ')}`;
}

/** For what is useless without a directory server. Throws SetupError. */
export function requireDirectoryServers(what) {
  const obstacle = findDirectoryServerObstacle();
  if (obstacle) throw new SetupError(`${what} cannot run here: ${obstacle}.`);
}
