// Runs on Node 20 and without any dependency.
import { fileURLToPath } from 'node:url';

/**
 * Where Node keeps what it has compiled of our files: half of the time of a short command is compiling them otherwise. It lies in the installation and nowhere else, since whoever may write to it decides
 * what we run; where the installation cannot be written, Node goes without.
 */
export const CODE_CACHE = fileURLToPath(new URL('../node_modules/.cache/dirbridge', import.meta.url));
