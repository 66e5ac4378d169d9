import { DirbridgeError } from '../../errors.ts';

/** A DirbridgeError `rules-invalid` that shows the line of the expression with a caret under the place. `at`: offset in the text. */
export function syntaxError(text: string, at: number, reason: string): DirbridgeError {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  const line = text.slice(start, end < 0 ? text.length : end);
  const { shown, column } = cutAround(line, at - start);
  return new DirbridgeError('rules-invalid', `${reason}\n    ${shown}\n    ${' '.repeat(column)}^`);
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
