import { describe, expect, test } from 'vitest';
import { deriveCredential } from './derive-credential.ts';

/** Published by DSInternals; the numbers alone. */
const VECTORS = [
  [
    '92937945b518814341de3f726500d4ff',
    '60eaffd2c886b419df7a',
    1000,
    'ab9c532104713157395a70da85cc8a1b418508753c6997f02341d541328ef16b',
  ],
  [
    '92937945b518814341de3f726500d4ff',
    '46c0c5d9095185ce5cf8',
    1000,
    '6bb7b360d9105ed5157460b343d5d143e465a59195bc9b568718268c334ea4a9',
  ],
  [
    '92937945b518814341de3f726500d4ff',
    '317ee9d1dec6508fa510',
    100,
    'f4a257ffec53809081a605ce8ddedfbc9df9777b80256763bc0a6dd895ef404f',
  ],
  [
    '31d6cfe0d16ae931b73c59d7e0c089c0',
    '317ee9d1dec6508fa510',
    100,
    'f56b3637eb57e927438c6d0ebbd69d1d95f8e849912915a6733a33921c8e4806',
  ],
] as const;

describe('a credential derived from a hash', () => {
  test.each(VECTORS)('is the published one of %s with the salt %s', async (hash, salt, iterations, key) => {
    const credential = await deriveCredential(Buffer.from(hash, 'hex'), Buffer.from(salt, 'hex'), iterations);
    expect(Buffer.from(credential).toString('latin1')).toBe(`v1;PPH1_MD4,${salt},${iterations},${key};`);
  });

  test('has a salt of its own each time, and 1000 iterations', async () => {
    const hash = Buffer.alloc(16, 7);
    const [first, second] = await Promise.all([deriveCredential(hash), deriveCredential(hash)]);
    for (const one of [first, second])
      expect(Buffer.from(one).toString('latin1')).toMatch(/^v1;PPH1_MD4,[0-9a-f]{20},1000,[0-9a-f]{64};$/);
    expect(Buffer.from(first).equals(second)).toBe(false);
  });

  test('leaves the hash to the caller', async () => {
    const hash = Buffer.alloc(16, 7);
    await deriveCredential(hash);
    expect(hash).toEqual(Buffer.alloc(16, 7));
  });
});
