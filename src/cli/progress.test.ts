import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { ProgressLines } from './progress.ts';
import { Stopped, StopSignal } from './stop-signal.ts';

function linesOf(reports: (view: ProgressLines, pass: (milliseconds: number) => void) => void): readonly string[] {
  let text = '';
  const stream = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      text += piece.toString();
      done();
    },
  });
  let time = 0;
  const view = new ProgressLines(stream, () => time);
  reports(view, (milliseconds) => {
    time += milliseconds;
  });
  return text.split('\n').slice(0, -1);
}

test('each step is one line, written when it is over', () => {
  const lines = linesOf((view, pass) => {
    view.report('import corp', 0, null);
    view.report('import corp', 500, 1200);
    view.report('import corp', 1200, 1200);
    pass(2500);
    view.report('sync', 1, null);
    view.end();
  });
  expect(lines).toEqual(['import corp: 1,200 objects, 2.5 s', 'sync: 1 object, 0.0 s']);
});

test('a long step is heard of every half minute', () => {
  const lines = linesOf((view, pass) => {
    view.report('import corp', 0, null);
    pass(31_000);
    view.report('import corp', 45_000, 100_000);
    view.report('import corp', 45_500, 100_000);
  });
  expect(lines).toEqual(['import corp: 45,000 of 100,000 so far']);
});

test('looking for interrupted writes is no news unless there were some', () => {
  const lines = linesOf((view) => {
    view.report('settle', 0, null);
    view.report('plan', 3, null);
    view.end();
  });
  expect(lines).toEqual(['plan: 3 objects, 0.0 s']);
});

test('work stops at the next page after somebody asked for it, at once when asked again', async () => {
  const told: string[] = [];
  const ended: number[] = [];
  const stop = new StopSignal(
    (message) => told.push(message),
    (code) => ended.push(code),
  );
  const work = stop.during(async () => {
    stop.check();
    stop.request(130);
    expect(ended).toEqual([]);
    stop.request(130);
    expect(ended).toEqual([130]);
    stop.check();
  });
  await expect(work).rejects.toThrow(Stopped);
  expect(told).toEqual(['stopping after the page in work; once more to stop at once']);
});
