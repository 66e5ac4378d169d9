import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { Output } from './output.ts';
import { choosePaint, PLAIN_PAINT } from './paint.ts';
import { tableLines } from './table.ts';
import { cutText, padText, printableText, textWidth } from './text-width.ts';
import { countOf, formatDuration, formatValue } from './words.ts';

test('Japanese letters and emoji take two columns, combined letters one', () => {
  expect(textWidth('田中')).toBe(4);
  expect(textWidth('👩‍💻')).toBe(2);
  expect(textWidth('Zoe\u0308')).toBe(3);
  expect(textWidth('Anna')).toBe(4);
});

test('a text is cut only when it does not fit, and never in the middle of a letter', () => {
  expect(cutText('Anna', 4)).toBe('Anna');
  expect(cutText('Annabel', 4)).toBe('Ann…');
  expect(cutText('田中 美咲', 5)).toBe('田中…');
  expect(cutText('ab田', 4)).toBe('ab田');
  expect(padText('田', 4)).toBe('田  ');
});

test('what could play tricks on a terminal is written out', () => {
  expect(printableText('a\u001b[31mb\u202ec')).toBe('a\\u{1b}[31mb\\u{202e}c');
  expect(printableText('Zoë 👩‍💻')).toBe('Zoë 👩‍💻');
});

test('values show their ends, their absence and their number', () => {
  expect(formatValue(' x ')).toBe('" x "');
  expect(formatValue(null)).toBe('(none)');
  expect(formatValue(true)).toBe('true');
  expect(formatValue(['a', 'b'])).toBe('"a", "b"');
  expect(formatValue('x'.repeat(1_000_000)).length).toBeLessThan(70);
});

test('counts and times read like sentences', () => {
  expect(countOf(1, 'user')).toBe('1 user');
  expect(countOf(2000, 'user')).toBe('2,000 users');
  expect([400, 12_000, 200_000, 7_500_000].map(formatDuration)).toEqual(['0.4 s', '12 s', '3 min 20 s', '2 h 5 min']);
});

test('a table aligns wide letters and leaves no blanks at the ends of lines', () => {
  const lines = tableLines(
    [{ title: 'name' }, { title: 'count', align: 'right' }],
    [
      ['田中', '1'],
      ['Anna', '1,000'],
    ],
  );
  expect(lines).toEqual(['name  count', '田中      1', 'Anna  1,000']);
});

test('colours need a terminal and nobody who refuses them', () => {
  const terminal = { isTerminal: true, color: true, environment: {} };
  expect(choosePaint(terminal)('bad', 'x')).toContain('\u001b[31m');
  for (const change of [
    { isTerminal: false },
    { color: false },
    { environment: { NO_COLOR: '1' } },
    { environment: { TERM: 'dumb' } },
  ])
    expect(choosePaint({ ...terminal, ...change })).toBe(PLAIN_PAINT);
  expect(choosePaint({ ...terminal, environment: { NO_COLOR: '' } })('bad', 'x')).not.toBe('x');
});

test('a slow reader is waited for', async () => {
  const stream = new PassThrough({ highWaterMark: 10 });
  const output = new Output(stream);
  let isWritten = false;
  const writing = output.write('x'.repeat(100_000)).then(() => {
    isWritten = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isWritten).toBe(false);
  stream.resume();
  await writing;
  expect(isWritten).toBe(true);
});

test('a reader that went away ends the printing without an error', async () => {
  const gone = new Writable({
    write: (_piece, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const output = new Output(gone);
  await output.write('x'.repeat(100_000));
  await new Promise((resolve) => setImmediate(resolve));
  expect(output.isClosed).toBe(true);
  await output.line('more');
  await output.flush();
});
