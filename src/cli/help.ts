/** The exit codes of every command, in the words of its help. */
const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'done, nothing wrong',
  1: 'done, but some objects have findings of severity error',
  2: 'wrong use or configuration',
  3: 'stopped by a guard or a stale plan: nothing was written',
  4: 'a directory or the tenant could not be reached or refused us; what was done is safe, the next run goes on',
  70: 'a mistake of dirbridge itself, with what to report',
};

/** The end of a help page: examples and exit codes. `own`: what a code means for this command alone; `stopped`: what a signal does. */
export function helpTail(
  examples: readonly string[],
  exits: readonly number[],
  own: Readonly<Record<number, string>> = {},
  stopped = '130 and 143 after Ctrl-C and SIGTERM: stopped where it was safe to stop',
): string {
  return [
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    ...examples.map((example) => `  dirbridge ${example}`),
    '',
    'Exit codes:',
    ...exits.map((code) => `  ${String(code).padStart(2)}  ${own[code] ?? EXIT_CODES[code] ?? ''}`),
    `  ${stopped}`,
  ].join('\n');
}
