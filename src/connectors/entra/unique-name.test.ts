import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { fromUniqueName, toUniqueName } from './unique-name.ts';

test('an anchor of 16 bytes stands in a path without any escape but that of its padding, and comes back as it was', () => {
  for (let index = 0; index < 200; index++) {
    const anchor = randomBytes(16).toString('base64');
    expect(toUniqueName(anchor)).toMatch(/^[A-Za-z0-9_-]{22}==$/);
    expect(fromUniqueName(toUniqueName(anchor))).toBe(anchor);
  }
});

test('an anchor of the customer’s own making stays as it is', () => {
  for (const anchor of ['E-1042', 'a_b', 'employee+7']) {
    expect(toUniqueName(anchor)).toBe(anchor);
    expect(fromUniqueName(anchor)).toBe(anchor);
  }
});
