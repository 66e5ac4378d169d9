import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connector } from '../connector.ts';
import { csvSection } from './config.ts';
import { csvSource, ldifSource } from './connector.ts';
import { contextFor, readWhole } from './file-lab.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-cut-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const REQUEST = { attributes: ['displayName', 'description'], references: ['manager'] };

/** Cuts a file at every byte; gives the places where the rest was taken for a whole file. */
async function findUnnoticedCuts(connector: Connector, path: string, whole: Buffer): Promise<readonly number[]> {
  writeFileSync(path, whole);
  const { watermark } = await readWhole(connector, REQUEST);
  const unnoticed: number[] = [];
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const read = await readWhole(connector, { ...REQUEST, watermark }).catch((error: { code?: string }) => error);
    if ('begin' in read) unnoticed.push(length);
    else expect(['file-truncated', 'file-invalid', 'config-invalid']).toContain(read.code);
  }
  return unnoticed;
}

describe('a file that was whole before and is cut now', () => {
  it('is noticed wherever an LDIF file is cut, but between two records', async () => {
    const records = ['ann', 'bob', 'cid'].map(
      (name) =>
        `dn: cn=${name},dc=example,dc=com\r\nobjectClass: user\r\ndisplayName:: ${'QUJD'.repeat(12)}\r\n QUJD\r\nmanager: cn=ann,\r\n dc=example,dc=com\r\n\r\n`,
    );
    const path = join(folder, 'cut.ldif');
    const connector = ldifSource.create({ path, attributes: {} }, contextFor(folder));
    const [first = '', second = ''] = records;
    const unnoticed = await findUnnoticedCuts(connector, path, Buffer.from(records.join('')));
    expect(unnoticed).toEqual([first.length, first.length + second.length]);
  });

  it('is noticed wherever a CSV file is cut, but between two rows', async () => {
    const rows = ['number,name,boss\r\n', '1,"Ann, ""A""\r\nMs.",\r\n', '2,Bob Ö.,1\r\n', '3,Cid,1\r\n'];
    const path = join(folder, 'cut.csv');
    const section = csvSection.parse({ path, anchor: 'number', columns: { name: 'displayName', boss: 'manager' } });
    const ends = rows.slice(0, 3).map((_, index) => Buffer.byteLength(rows.slice(0, index + 1).join('')));
    const unnoticed = await findUnnoticedCuts(
      csvSource.create(section, contextFor(folder)),
      path,
      Buffer.from(rows.join('')),
    );
    // The line break within the quoted name ends no row; the first end is that of the header, which alone is no file.
    expect(unnoticed).toEqual(ends.slice(1));
  });
});

describe('whatever text a directory holds', () => {
  it('comes out of LDIF as it went in, folded anywhere, in base64 or plain', async () => {
    const path = join(folder, 'any.ldif');
    const connector = ldifSource.create({ path, attributes: {} }, contextFor(folder));
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 2, max: 80 }),
        async (values, width) => {
          const lines = values.map((value) => foldLine(describe64(value), width));
          writeFileSync(path, `dn: cn=a,dc=x\nobjectClass: user\n${lines.join('\n')}\n\n`);
          const { objects, problems } = await readWhole(connector, REQUEST);
          expect(problems).toEqual([]);
          expect(objects.get('dn:cn=a,dc=x')?.attributes['description']).toEqual(values);
        },
      ),
      { numRuns: 80, seed: 7 },
    );
  });

  it('comes out of CSV as it went in', async () => {
    const path = join(folder, 'any.csv');
    const section = csvSection.parse({ path, anchor: 'n', columns: { text: 'displayName' } });
    const connector = csvSource.create(section, contextFor(folder));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 20 }),
        async (values) => {
          const rows = values.map((value, index) => `${index},"${value.replaceAll('"', '""')}"\n`);
          writeFileSync(path, `n,text\n${rows.join('')}`);
          const { objects, problems } = await readWhole(connector, REQUEST);
          expect(problems).toEqual([]);
          expect(values.map((_, index) => objects.get(`${index}`)?.attributes['displayName'] ?? '')).toEqual(
            values.map((value) => value.trim()),
          );
        },
      ),
      { numRuns: 80, seed: 7 },
    );
  });
});

/** A line of `description`: plain when RFC 2849 allows it (SAFE-STRING), else in base64. */
function describe64(value: string): string {
  return /^[!-9;-~][ -~]*[!-~]$/.test(value) && !value.startsWith('<')
    ? `description: ${value}`
    : `description:: ${Buffer.from(value).toString('base64')}`;
}

function foldLine(line: string, width: number): string {
  return line.match(new RegExp(`.{1,${width}}`, 'g'))?.join('\n ') ?? line;
}
