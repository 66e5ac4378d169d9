import { SOURCE_TYPES, TARGET_TYPES } from '../model/change.ts';
import { METAVERSE_TYPES } from './rule.ts';
import { BIT_OPERATORS, MEMBERSHIP_OPERATORS, UNARY_OPERATORS } from './scope.ts';

/**
 * What hangs together in a rule, in the words of JSON Schema: an editor then marks what the checks of compile-rule.ts would refuse. The checks
 * say it better, so these stand in the published schema only.
 */

type Keywords = Readonly<Record<string, unknown>>;

/** Where a key has one of these values, the rest holds. */
function where(conditions: Readonly<Record<string, readonly string[]>>, then: Keywords, otherwise: Keywords = {}) {
  const properties = Object.fromEntries(Object.entries(conditions).map(([key, values]) => [key, { enum: values }]));
  return { if: { properties, required: Object.keys(conditions) }, then, else: otherwise };
}

export const NAME_KEYWORDS: Keywords = { pattern: '\\S' };

export const FLOW_KEYWORDS: Keywords = {
  oneOf: ['attribute', 'constant', 'expression'].map((kind) => ({ required: [kind] })),
};

const WHOLE_NUMBER = String.raw`^\s*([+-]?[0-9]{1,30}|&[hH][0-9A-Fa-f]{1,16})\s*$`;

export const CLAUSE_KEYWORDS: Keywords = {
  allOf: [
    where({ operator: UNARY_OPERATORS }, { not: { required: ['value'] } }, { required: ['value'] }),
    where({ operator: MEMBERSHIP_OPERATORS }, valueIs({ type: 'string', pattern: '=' }), { required: ['attribute'] }),
    where(
      { operator: BIT_OPERATORS },
      valueIs({ anyOf: [{ type: 'integer' }, { pattern: WHOLE_NUMBER, type: 'string' }] }),
    ),
    where({ operator: ['ISIN', 'ISNOTIN'] }, {}, valueIs({ not: { type: 'array' } })),
  ],
};

function valueIs(value: Keywords): Keywords {
  return { properties: { value } };
}

const OUTBOUND: Keywords = {
  properties: { connector: { const: 'tenant' }, from: { enum: METAVERSE_TYPES }, to: { enum: TARGET_TYPES } },
};

export const RULE_KEYWORDS: Keywords = {
  allOf: [
    where({ direction: ['outbound'] }, OUTBOUND),
    where({ direction: ['inbound'] }, { properties: { to: { enum: [...METAVERSE_TYPES, '*'] } } }),
    where({ direction: ['inbound'], connector: ['source'] }, { properties: { from: { enum: SOURCE_TYPES } } }),
    where({ direction: ['inbound'], connector: ['tenant'] }, { properties: { from: { enum: TARGET_TYPES } } }),
    where({ direction: ['inbound'], to: ['*'] }, { properties: { link: { const: 'join' } } }),
  ],
};
