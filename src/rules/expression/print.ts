import type { Expression } from './syntax.ts';

/** Binding strength of what is neither a chain nor a negation. */
const PRIMARY = 5;
const UNARY = 4;

/** Writes an expression so that parsing the text gives the same expression again (places apart). */
export function printExpression(expression: Expression): string {
  return print(expression, 0);
}

/** Parentheses go around whatever binds weaker than its place demands. */
function print(expression: Expression, demanded: number): string {
  const text = printBare(expression);
  return strengthOf(expression) < demanded ? `(${text})` : text;
}

function strengthOf(expression: Expression): number {
  if (expression.kind === 'chain') return expression.level;
  return expression.kind === 'negation' ? UNARY : PRIMARY;
}

function printBare(expression: Expression): string {
  switch (expression.kind) {
    case 'attribute':
      return `[${expression.name}]`;
    case 'parameter':
      return `%${expression.name}%`;
    case 'variable':
      return `$${expression.name}`;
    case 'text':
      return `"${expression.value.replace(/[\\"]/g, '\\$&')}"`;
    case 'integer':
      return expression.value.toString();
    case 'decimal':
      return expression.digits;
    case 'literal':
    case 'option':
      return expression.word;
    case 'negation':
      return `-${print(expression.operand, UNARY)}`;
    case 'chain': {
      const parts = [print(expression.first, expression.level + 1)];
      for (const { operator, operand } of expression.rest) parts.push(operator, print(operand, expression.level + 1));
      return parts.join(' ');
    }
    case 'call':
      return `${expression.name}(${expression.args.map((argument) => print(argument, 0)).join(', ')})`;
  }
}
