import { expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';

const NAMES = ['Len', 'Left', 'Trim', 'RandomNum', 'l', 'IIF'];

test.each([
  ['trim', 'Trim'],
  ['Trm', 'Trim'],
  ['Lef', 'Left'],
  ['IFF', 'IIF'],
  ['Random', 'RandomNum'],
])('%s is near %s', (given, name) => {
  expect(nearestName(given, NAMES, 1)).toBe(name);
});

test.each(['x', 'xyz', 'R', 'Concat', ''])('nothing is near %j', (given) => {
  expect(nearestName(given, NAMES)).toBeNull();
});
