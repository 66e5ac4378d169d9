import type { Finding, FindingCode, FindingStage } from '../../model/finding.ts';
import type { Run, RunOutcome, RunStep } from '../../model/run.ts';
import type { Driver } from '../driver.ts';
import type { RunStore } from '../store.ts';

interface RunRow {
  readonly id: number;
  readonly command: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly plan: number | null;
  readonly outcome: RunOutcome | null;
  readonly message: string | null;
  readonly done: string;
  readonly failed: number;
  readonly approved_by: string | null;
}

interface StepRow {
  readonly step: string;
  readonly started_at: string;
  readonly ended_at: string;
  readonly detail: string;
  readonly counts: string;
}

/** The approval that was given in the run itself, not one that an earlier run made use of. */
const RUN = `select r.*, p.approved_by as approved_by from run r
  left join plan p on p.id = r.plan and p.approved_at >= r.started_at and p.approved_at <= coalesce(r.ended_at, p.approved_at)`;

const BY_WEIGHT = `case severity when 'error' then 0 when 'warning' then 1 else 2 end, code, id`;

export class SqlRunStore implements RunStore {
  readonly #driver: Driver;
  /** Subjects that have findings, by stage: most objects have none, and asking the database for each would cost more than the rest. */
  readonly #subjects = new Map<FindingStage, Set<string>>();
  /** When findings withdrawn in this run were first seen: plan withdraws what it looks at again, and some come back at its end. */
  readonly #withdrawn = new Map<string, string>();
  #withdrawnRun = '';

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  async startRun(command: string, at: string): Promise<string> {
    return String(
      await this.#driver.insert(
        `insert into run (command, started_at, done, failed) values (?, ?, '{}', 0) returning id`,
        command,
        at,
      ),
    );
  }

  async addStep(run: string, step: RunStep): Promise<void> {
    await this.#driver.run(
      `insert into run_step (run, number, step, started_at, ended_at, detail, counts)
       values (?, (select coalesce(max(number), 0) + 1 from run_step where run = ?), ?, ?, ?, ?, ?)`,
      Number(run),
      Number(run),
      step.step,
      step.startedAt,
      step.endedAt,
      step.detail,
      JSON.stringify(step.counts),
    );
  }

  async endRun(
    run: string,
    end: {
      readonly at: string;
      readonly plan: string | null;
      readonly outcome: RunOutcome;
      readonly message: string | null;
      readonly done: Readonly<Record<string, number>>;
      readonly failed: number;
    },
  ): Promise<void> {
    await this.#driver.run(
      'update run set ended_at = ?, plan = ?, outcome = ?, message = ?, done = ?, failed = ? where id = ?',
      end.at,
      end.plan === null ? null : Number(end.plan),
      end.outcome,
      end.message,
      JSON.stringify(end.done),
      end.failed,
      Number(run),
    );
  }

  async runs(limit: number): Promise<readonly Run[]> {
    const rows = await this.#driver.all<RunRow>(`${RUN} order by r.id desc limit ?`, limit);
    return Promise.all(rows.map((row) => this.#toRun(row)));
  }

  async run(id: string): Promise<Run | null> {
    const row = await this.#driver.get<RunRow>(`${RUN} where r.id = ?`, Number(id) || -1);
    return row === undefined ? null : this.#toRun(row);
  }

  async #toRun(row: RunRow): Promise<Run> {
    const steps = await this.#driver.all<StepRow>(
      'select step, started_at, ended_at, detail, counts from run_step where run = ? order by number',
      row.id,
    );
    return {
      id: String(row.id),
      command: row.command,
      startedAt: row.started_at,
      endedAt: row.ended_at,
      plan: row.plan === null ? null : String(row.plan),
      outcome: row.outcome,
      message: row.message,
      approvedBy: row.approved_by,
      done: JSON.parse(row.done) as Record<string, number>,
      failed: row.failed,
      steps: steps.map((step) => ({
        step: step.step,
        startedAt: step.started_at,
        endedAt: step.ended_at,
        detail: step.detail,
        counts: JSON.parse(step.counts) as Record<string, number>,
      })),
    };
  }

  async replaceFindings(
    stage: FindingStage,
    subject: string,
    findings: readonly Finding[],
    run: string,
    at: string,
  ): Promise<void> {
    const subjects = await this.#known(stage);
    if (!subjects.has(subject) && findings.length === 0) return;
    // A password cycle may run in the middle of a run, and belongs to none.
    if (run !== this.#withdrawnRun && stage !== 'passwords') {
      this.#withdrawn.clear();
      this.#withdrawnRun = run;
    }
    for (const row of await this.#driver.all<{ readonly code: string; readonly first_seen: string }>(
      'select code, first_seen from finding where stage = ? and subject = ?',
      stage,
      subject,
    )) {
      this.#withdrawn.set(`${stage}/${subject}/${row.code}`, row.first_seen);
    }
    await this.#driver.run('delete from finding where stage = ? and subject = ?', stage, subject);
    for (const finding of findings) {
      await this.#driver.run(
        'insert into finding (stage, subject, code, severity, run, first_seen, body) values (?, ?, ?, ?, ?, ?, ?)',
        stage,
        subject,
        finding.code,
        finding.severity,
        Number(run),
        this.#withdrawn.get(`${stage}/${subject}/${finding.code}`) ?? at,
        JSON.stringify(finding),
      );
    }
    if (findings.length === 0) subjects.delete(subject);
    else subjects.add(subject);
  }

  async #known(stage: FindingStage): Promise<Set<string>> {
    const known = this.#subjects.get(stage);
    if (known !== undefined) return known;
    const rows = await this.#driver.all<{ readonly subject: string }>(
      'select distinct subject from finding where stage = ?',
      stage,
    );
    const subjects = new Set(rows.map((row) => row.subject));
    this.#subjects.set(stage, subjects);
    return subjects;
  }

  async subjects(stage: FindingStage, code?: FindingCode): Promise<readonly string[]> {
    if (code === undefined) return [...(await this.#known(stage))].sort();
    const rows = await this.#driver.all<{ readonly subject: string }>(
      'select distinct subject from finding where stage = ? and code = ? order by subject',
      stage,
      code,
    );
    return rows.map((row) => row.subject);
  }

  /** After a rollback nobody knows which findings are there. */
  forget(): void {
    this.#subjects.clear();
  }

  async findings(
    limit: number,
    offset = 0,
  ): Promise<readonly (Finding & { readonly firstSeen: string; readonly run: string })[]> {
    const rows = await this.#driver.all<{ readonly body: string; readonly first_seen: string; readonly run: number }>(
      `select body, first_seen, run from finding order by ${BY_WEIGHT} limit ? offset ?`,
      limit,
      offset,
    );
    return rows.map((row) => ({
      ...(JSON.parse(row.body) as Finding),
      firstSeen: row.first_seen,
      run: String(row.run),
    }));
  }

  async countFindings(): Promise<Readonly<Record<'error' | 'warning' | 'info', number>>> {
    const rows = await this.#driver.all<{ readonly severity: 'error' | 'warning' | 'info'; readonly n: number }>(
      'select severity, count(*) as n from finding group by severity',
    );
    const counts = { error: 0, warning: 0, info: 0 };
    for (const row of rows) counts[row.severity] = row.n;
    return counts;
  }

  async findingsOf(subjects: readonly string[]): Promise<readonly Finding[]> {
    const found: Finding[] = [];
    for (const subject of subjects) {
      const rows = await this.#driver.all<{ readonly body: string }>(
        `select body from finding where subject = ? order by ${BY_WEIGHT}`,
        subject,
      );
      found.push(...rows.map((row) => JSON.parse(row.body) as Finding));
    }
    return found;
  }
}
