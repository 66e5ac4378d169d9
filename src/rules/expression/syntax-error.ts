import { DirbridgeError } from '../../errors.ts';

/** What is wrong with an expression, and where: the offset in its text. */
export interface Fault {
  readonly at: number;
  readonly reason: string;
}

/** A DirbridgeError `rules-invalid` that shows, for each fault, the line of the expression with a caret under the place. */
export function syntaxError(text: string, ...faults: readonly Fault[]): DirbridgeError {
  return new DirbridgeError('rules-invalid', faults.map((fault) => pointAt(text, fault)).join('\n'));
}

function pointAt(text: string, { at, reason }: Fault): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  const line = text.slice(start, end < 0 ? text.length : end);
  const { shown, column } = cutAround(line, at - start);
  return `${reason}\n    ${shown}\n    ${' '.repeat(column)}^`;
}

/** Long lines are cut to what can be read on a terminal. Tabs would shift the caret. */
function cutAround(line: string, column: number): { readonly shown: string; readonly column: number } {
  const flat = line.replaceAll('\t', ' ').replaceAll('\r', '');
  if (flat.length <= 110) return { shown: flat, column };
  const from = Math.max(0, Math.min(column - 60, flat.length - 105));
  const lead = from > 0 ? '...' : '';
  const piece = flat.slice(from, from + 105);
  return { shown: `${lead}${piece}${from + 105 < flat.length ? '...' : ''}`, column: column - from + lead.length };
}
