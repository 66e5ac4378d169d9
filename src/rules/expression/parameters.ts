import type { Expression } from './syntax.ts';

/** Names of the parameters (`%Name%`) that an expression reads, each once. */
export function parametersIn(expression: Expression): readonly string[] {
  return [...new Set(collect(expression))];
}

function collect(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case 'parameter':
      return [expression.name];
    case 'negation':
      return collect(expression.operand);
    case 'chain':
      return [expression.first, ...expression.rest.map(({ operand }) => operand)].flatMap(collect);
    case 'call':
      return expression.args.flatMap(collect);
    default:
      return [];
  }
}
