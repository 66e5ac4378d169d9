import type { Writable } from 'node:stream';
import type { Command } from 'commander';
import { App, createLog, type LogLevel, readConfig } from '../app.ts';
import { NO_PROGRESS, ProgressBar, ProgressLines, type ProgressView } from './progress.ts';
import { StopSignal } from './stop-signal.ts';
import { Output } from './terminal/output.ts';
import { choosePaint, type Paint } from './terminal/paint.ts';
import { VERSION } from './version.ts';

/** Where a command line runs: the process, or a test. */
export interface Surroundings {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly color: boolean;
  readonly logLevel?: LogLevel;
}

const COLUMNS_ELSEWHERE = 120;

/** One command line being carried out: its options, its streams, and what it ends with. */
export class Session {
  readonly out: Output;
  exitCode = 0;
  readonly #surroundings: Surroundings;
  #options: GlobalOptions = { color: true };
  #progress: ProgressView = NO_PROGRESS;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.out = new Output(surroundings.stdout);
    // Progress and log have nobody to read them when stderr is closed: no reason to stop work in the middle.
    surroundings.stderr.on('error', () => undefined);
  }

  /** Takes the global options in, before the command begins. */
  begin(command: Command): void {
    this.#options = command.optsWithGlobals<GlobalOptions>();
  }

  get json(): boolean {
    return this.#options.json === true;
  }

  get quiet(): boolean {
    return this.#options.quiet === true;
  }

  get logLevel(): LogLevel {
    return this.#options.logLevel ?? (this.quiet ? 'error' : 'warn');
  }

  get configFile(): string {
    return this.#options.config ?? (this.#surroundings.environment['DIRBRIDGE_CONFIG'] || 'dirbridge.yaml');
  }

  /** Colours for stdout. */
  get paint(): Paint {
    return this.#paintFor(this.#surroundings.stdout.isTTY === true);
  }

  get errorPaint(): Paint {
    return this.#paintFor(this.#surroundings.stderr.isTTY === true);
  }

  /** Columns to fit long lines into. */
  get columns(): number {
    return Math.max(60, this.#surroundings.stdout.columns ?? COLUMNS_ELSEWHERE);
  }

  /** What to type for another command, as this one was typed. */
  commandLine(rest: string): string {
    const npx = this.#surroundings.environment['npm_command'] === 'exec' ? 'npx ' : '';
    const config = this.#options.config === undefined ? '' : ` --config ${quoteForShell(this.#options.config)}`;
    return `${npx}dirbridge${config} ${rest}`;
  }

  /** A line beside the result: nothing with --quiet. */
  note(text: string): void {
    if (!this.quiet) this.#surroundings.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.#progress.end();
    this.#surroundings.stderr.write(text);
  }

  /** The application as the configuration says. `command`: how the history and a second process are told of it. */
  openApp(command: string, stop = new StopSignal((message) => this.note(message))): App {
    return new App(readConfig(this.configFile), {
      log: createLog(this.logLevel),
      command,
      version: VERSION,
      progress: (step, done, total) => {
        stop.check();
        this.#progress.report(step, done, total);
      },
    });
  }

  /** Long work: shows its progress and can be stopped between two pages. */
  async work<T>(command: string, work: (app: App) => Promise<T>): Promise<T> {
    const stop = new StopSignal((message) => this.warn(`${message}\n`));
    const app = this.openApp(command, stop);
    this.#progress = this.#createProgress();
    try {
      return await stop.during(() => work(app));
    } finally {
      this.#progress.end();
      this.#progress = NO_PROGRESS;
    }
  }

  /** Work without end: it hears of a signal to stop, and shows no progress. */
  async serve(command: string, work: (app: App, signal: AbortSignal) => Promise<void>): Promise<void> {
    const stop = new StopSignal((message) => this.warn(`${message}\n`));
    const app = this.openApp(command, stop);
    await stop.during(() => work(app, stop.signal));
  }

  /** Before results are printed while the work is still open. */
  endProgress(): void {
    this.#progress.end();
  }

  #createProgress(): ProgressView {
    if (this.quiet) return NO_PROGRESS;
    const { stderr } = this.#surroundings;
    return stderr.isTTY === true ? new ProgressBar(stderr) : new ProgressLines(stderr);
  }

  #paintFor(isTerminal: boolean): Paint {
    const { color } = this.#options;
    return choosePaint({ isTerminal, color, environment: this.#surroundings.environment });
  }
}

function quoteForShell(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
