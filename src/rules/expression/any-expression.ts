import fc from 'fast-check';
import { maximumOf, minimumOf } from './functions/signature.ts';
import { FUNCTIONS } from './functions/table.ts';
import { type Expression, LITERALS, OPERATOR_LEVELS, OPTIONS, type Operator } from './syntax.ts';

/** For property tests only: expressions of every shape that the parser can give. */

const at = 0;
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/);
const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc
    .constantFrom('a', 'many', 'bytes', 'number', 'flag', 'absent', 'member')
    .map((one): Expression => ({ kind: 'attribute', name: one, at })),
  name.map((one): Expression => ({ kind: 'parameter', name: one, at })),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((value): Expression => ({ kind: 'text', value, at })),
  fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }).map((value): Expression => ({ kind: 'integer', value, at })),
  fc.nat({ max: 9 }).map((value): Expression => ({ kind: 'integer', value: BigInt(value), at })),
  fc.tuple(fc.nat(), fc.nat()).map(([a, b]): Expression => ({ kind: 'decimal', digits: `${a}.${b}`, at })),
  fc.constantFrom(...LITERALS).map((word): Expression => ({ kind: 'literal', word, at })),
  fc.constantFrom(...OPTIONS).map((word): Expression => ({ kind: 'option', word, at })),
);

const VARIABLE: Expression = { kind: 'variable', name: 'item', at };

function argumentsOf(functionName: string, args: readonly Expression[], attribute: string): readonly Expression[] {
  if (['Select', 'Where', 'With'].includes(functionName)) return [VARIABLE, ...args.slice(1)];
  if (['ValueCount', 'ImportedValue'].includes(functionName)) return [{ kind: 'text', value: attribute, at }];
  return functionName === 'Switch' ? args.slice(0, args.length - (args.length % 2)) : args;
}

export const ANY_EXPRESSION: fc.Arbitrary<Expression> = fc.letrec<{ tree: Expression }>((tie) => {
  const call = fc.constantFrom(...FUNCTIONS.values()).chain((definition) =>
    fc
      .tuple(
        fc.array(tie('tree'), {
          minLength: minimumOf(definition),
          maxLength: Math.min(maximumOf(definition), 5),
          size: 'max',
        }),
        fc.constantFrom('a', 'member'),
      )
      .map(
        ([args, attribute]): Expression => ({
          kind: 'call',
          name: definition.name,
          args: argumentsOf(definition.name, args, attribute),
          at,
        }),
      ),
  );
  const chain = fc.nat({ max: OPERATOR_LEVELS.length - 1 }).chain((level) => {
    const operators: readonly Operator[] = OPERATOR_LEVELS[level] ?? [];
    const step = fc.record({ operator: fc.constantFrom(...operators), operand: tie('tree') });
    return fc
      .tuple(tie('tree'), fc.array(step, { minLength: 1, maxLength: 3 }))
      .map(([first, rest]): Expression => ({ kind: 'chain', level, first, rest, at }));
  });
  const negation = tie('tree').map((operand): Expression => ({ kind: 'negation', operand, at }));
  return { tree: fc.oneof({ maxDepth: 5, depthSize: 'small' }, leaf, call, chain, negation) };
}).tree;
