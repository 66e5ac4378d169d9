import { PRESENCE_TESTS } from './expression/compile.ts';
import type { Expression } from './expression/syntax.ts';

/** The names under which rules read the DN of an object. It is put together from the names of its containers, and never stored with the object. */
export const DN_ATTRIBUTES: readonly string[] = ['dn', 'distinguishedName'];

/** Whether the attribute is the DN, and so changes when a container above is renamed or moved. */
export function isDnAttribute(name: string): boolean {
  return DN_ATTRIBUTES.includes(name);
}

/**
 * Whether the expression can see more of the DN than the first part. `DNComponent(CRef([dn]), 1)`, by which the shipped rules know a replication
 * conflict, does not, nor does a test for its presence: after the rename of a container there is nothing to work out again.
 */
export function readsContainers(expression: Expression): boolean {
  switch (expression.kind) {
    case 'attribute':
      return isDnAttribute(expression.name);
    case 'negation':
      return readsContainers(expression.operand);
    case 'chain':
      return readsContainers(expression.first) || expression.rest.some(({ operand }) => readsContainers(operand));
    case 'call': {
      const { name, args } = expression;
      const [first] = args;
      if (first === undefined || isFirstName(expression)) return false;
      if (PRESENCE_TESTS.includes(name) && first.kind === 'attribute') return false;
      if (name === 'ImportedValue' && first.kind === 'text') return isDnAttribute(first.value);
      return args.some(readsContainers);
    }
    default:
      return false;
  }
}

/** `DNComponent(CRef([dn]), 1)`: the object's own name. */
function isFirstName({ name, args }: Extract<Expression, { kind: 'call' }>): boolean {
  const [reference, number] = args;
  if (name !== 'DNComponent' || number?.kind !== 'integer' || number.value !== 1n) return false;
  if (reference?.kind !== 'call' || reference.name !== 'CRef') return false;
  return reference.args[0]?.kind === 'attribute';
}
