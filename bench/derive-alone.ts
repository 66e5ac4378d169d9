import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);
/** As many at once as a password cycle derives. */
const AT_ONCE = 16;

/** What the credentials of so many passwords cost at the least: 1000 rounds each, on the thread pool. */
export async function deriveAlone(count: number): Promise<void> {
  let begun = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (begun++ < count) await derive(randomBytes(64), randomBytes(10), 1000, 32, 'sha256');
    }),
  );
}
