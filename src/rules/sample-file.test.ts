import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSampleFile } from './sample-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-sample-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string): unknown {
  const file = join(folder, 'object.json');
  writeFileSync(file, text);
  return readSampleFile(file).attributes;
}

test('numbers of 64 bits stay exact: a time of a directory has more digits than a JavaScript number keeps', () => {
  expect(read('{ "pwdLastSet": 133000000000000001, "n": [-5, 18446744073709551615, 1e3] }')).toEqual({
    pwdLastSet: 133_000_000_000_000_001n,
    n: [-5n, 18_446_744_073_709_551_615n, 1000n],
  });
});

test('texts that look like numbers stay texts, and what is absent is absent', () => {
  expect(read('\ufeff{ "a": "007", "b": null, "c": [], "d": true, "e": { "base64": "AQI=" } }')).toEqual({
    a: '007',
    d: true,
    e: new Uint8Array([1, 2]),
  });
});

test.each([
  '{ "a": 1.5 }',
  '{ "a": 18446744073709551616 }',
  '{ "a": { "b": 1 } }',
  '{ "a": [[1]] }',
])('%s is refused, and the attribute named', (text) => {
  expect(() => read(text)).toThrow(/object\.json: a must be a text, a whole number of at most 64 bits/);
});

test.each(['[]', '"x"', 'null', '{'])('%s is no object', (text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'file-invalid' }));
});
