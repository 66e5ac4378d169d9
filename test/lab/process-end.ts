import process from 'node:process';

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const actions: (() => void)[] = [];

/**
 * Runs the action, which must not wait, when this process ends: by itself, by an uncaught error, or by a signal that
 * can be handled. The first that was given runs first.
 */
export function runAtProcessEnd(action: () => void): void {
  if (actions.length === 0) {
    process.on('exit', runActions);
    for (const signal of ENDING_SIGNALS) process.on(signal, endBySignal);
  }
  actions.push(action);
}

function runActions(): void {
  for (const action of actions.splice(0)) action();
}

/** A handler takes the default effect of a signal away; without another handler that decides, we give it back. */
function endBySignal(signal: NodeJS.Signals): void {
  if (process.listeners(signal).some((listener) => listener !== endBySignal)) return;
  runActions();
  process.off(signal, endBySignal);
  process.kill(process.pid, signal);
}
