import { Session } from 'node:inspector/promises';
import process from 'node:process';
import { StatementSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SAMPLING_MICROSECONDS = 1000;
const FUNCTIONS_SHOWN = 14;
const STATEMENTS_SHOWN = 12;

interface StepProfile {
  readonly step: string;
  readonly milliseconds: number;
  /** Time by function, for what ran in the function itself. */
  readonly functions: ReadonlyMap<string, number>;
  /** Time and executions by SQL statement. */
  readonly statements: ReadonlyMap<string, { readonly milliseconds: number; readonly count: number }>;
}

interface Mark {
  readonly step: string;
  /** Microseconds of the clock that the profiler uses. */
  readonly at: number;
  readonly statements: Map<string, { milliseconds: number; count: number }>;
}

/** Profiles functions and SQL statements, told apart by the steps that are marked meanwhile. It slows down what it profiles. */
export class StepProfiler {
  readonly #session: Session;
  readonly #stopTiming: () => void;
  readonly #marks: Mark[] = [];

  private constructor(session: Session) {
    this.#session = session;
    this.mark('start');
    this.#stopTiming = timeStatements((sql, milliseconds, isCall) => this.#count(sql, milliseconds, isCall));
  }

  static async start(): Promise<StepProfiler> {
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROSECONDS });
    await session.post('Profiler.start');
    return new StepProfiler(session);
  }

  mark(step: string): void {
    this.#marks.push({ step, at: Number(process.hrtime.bigint() / 1000n), statements: new Map() });
  }

  async stop(): Promise<readonly StepProfile[]> {
    this.#stopTiming();
    const { profile } = await this.#session.post('Profiler.stop');
    this.#session.disconnect();
    const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node.callFrame)]));
    const functions = this.#marks.map(() => new Map<string, number>());
    let at = profile.startTime;
    const deltas = profile.timeDeltas ?? [];
    for (const [index, sample] of (profile.samples ?? []).entries()) {
      const delta = deltas[index] ?? 0;
      at += delta;
      const step = this.#marks.findLastIndex((mark) => mark.at <= at);
      const name = names.get(sample) ?? '?';
      const times = functions[Math.max(0, step)];
      times?.set(name, (times.get(name) ?? 0) + delta / 1000);
    }
    return this.#marks.map((mark, index) => ({
      step: mark.step,
      milliseconds: ((this.#marks[index + 1]?.at ?? profile.endTime) - mark.at) / 1000,
      functions: functions[index] ?? new Map(),
      statements: mark.statements,
    }));
  }

  #count(sql: string, milliseconds: number, isCall: boolean): void {
    const statements = this.#marks.at(-1)?.statements;
    if (statements === undefined) return;
    const entry = statements.get(sql) ?? { milliseconds: 0, count: 0 };
    entry.milliseconds += milliseconds;
    if (isCall) entry.count++;
    statements.set(sql, entry);
  }
}

function nameOf(frame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }): string {
  const file = frame.url.startsWith('file:') ? fileURLToPath(frame.url).replace(ROOT, '') : frame.url;
  const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
  return file === '' ? name : `${name} ${file}:${frame.lineNumber + 1}`;
}

type Statement = (this: StatementSync, ...values: never[]) => unknown;

/** Puts a clock around every execution of a statement; the function that it returns takes it away again. */
function timeStatements(count: (sql: string, milliseconds: number, isCall: boolean) => void): () => void {
  const prototype = StatementSync.prototype as unknown as Record<string, Statement>;
  const originals = new Map<string, Statement>();
  const timed = <Result>(sql: string, isCall: boolean, work: () => Result): Result => {
    const startedAt = performance.now();
    try {
      return work();
    } finally {
      count(sql, performance.now() - startedAt, isCall);
    }
  };
  for (const method of ['all', 'get', 'run', 'iterate']) {
    const original = prototype[method];
    if (original === undefined) continue;
    originals.set(method, original);
    prototype[method] = function (this: StatementSync, ...values) {
      const sql = this.sourceSQL;
      const result = timed(sql, true, () => original.apply(this, values));
      if (method !== 'iterate') return result;
      const rows = result as Iterator<unknown>;
      const next = rows.next.bind(rows);
      rows.next = () => timed(sql, false, next);
      return rows;
    };
  }
  return () => {
    for (const [method, original] of originals) prototype[method] = original;
  };
}

/** For people: where the time of each step went. */
export function reportProfile(steps: readonly StepProfile[]): string {
  return steps
    .filter((step) => step.milliseconds >= 1)
    .map(reportStep)
    .join('\n');
}

function reportStep({ step, milliseconds, functions, statements }: StepProfile): string {
  const percent = (time: number): string => `${((100 * time) / milliseconds).toFixed(1).padStart(5)} %`;
  const slowest = [...functions].sort((a, b) => b[1] - a[1]).slice(0, FUNCTIONS_SHOWN);
  const inSql = [...statements].sort((a, b) => b[1].milliseconds - a[1].milliseconds);
  const sqlTotal = inSql.reduce((sum, [, entry]) => sum + entry.milliseconds, 0);
  return [
    `== ${step}: ${(milliseconds / 1000).toFixed(2)} s`,
    ...slowest.map(([name, time]) => `  ${percent(time)}  ${name}`),
    `  SQL in all ${percent(sqlTotal)}`,
    ...inSql
      .slice(0, STATEMENTS_SHOWN)
      .map(([sql, entry]) => `  ${percent(entry.milliseconds)}  ${entry.count} x ${shorten(sql)}`),
  ].join('\n');
}

function shorten(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length > 150 ? `${line.slice(0, 150)}...` : line;
}
