import { z } from 'zod';
import { isReservedName } from './reserved-names.ts';
import { DIRECTIONS, LINK_TYPES, MERGE_TYPES, RULE_CONNECTORS } from './rule.ts';
import { CLAUSE_KEYWORDS, FLOW_KEYWORDS, NAME_KEYWORDS, RULE_KEYWORDS } from './schema-conditions.ts';
import { SCOPE_OPERATORS } from './scope.ts';

/** The form of a rule file: what the reader takes, and what the published JSON schema tells editors. */

const name = z
  .string()
  .trim()
  .min(1)
  .refine((text) => !isReservedName(text), { error: 'this name is not allowed' })
  .meta(NAME_KEYWORDS);
const scalar = z.union([z.string(), z.boolean(), z.number().int()]);
const madeFor = z
  .string()
  .optional()
  .describe(
    'Fingerprint of the shipped rule this was made for; "dirbridge rules show NAME --shipped" prints it. When an update changes that rule, "rules lint" and "check" tell.',
  );

const clauseSchema = z
  .strictObject({
    attribute: name
      .optional()
      .describe('Attribute of the source object. ISMEMBEROF and ISNOTMEMBEROF look at no attribute and need none.'),
    operator: z.enum(SCOPE_OPERATORS),
    value: z
      .union([scalar, z.array(scalar).min(1)])
      .optional()
      .describe(
        'A text, number or flag; a list for ISIN and ISNOTIN; the DN of a group for ISMEMBEROF and ISNOTMEMBEROF.',
      ),
  })
  .meta(CLAUSE_KEYWORDS);

const joinSchema = z.strictObject({
  space: name.describe('Attribute on the side of the directory or tenant.'),
  metaverse: name.describe('Attribute on the side of the metaverse.'),
  caseSensitive: z.boolean().default(false),
});

export const FLOW_KINDS = ['attribute', 'constant', 'expression'] as const;

const flowObject = z
  .strictObject({
    attribute: name.optional().describe('Flows the value of this attribute as it is.'),
    constant: scalar.optional().describe('Flows this value.'),
    expression: name.optional().describe('Flows what this expression gives.'),
    merge: z.enum(MERGE_TYPES).default('update').describe('How values of several rules come together.'),
    once: z.boolean().default(false).describe('Flows only when the target object is made.'),
  })
  .refine((flow) => FLOW_KINDS.filter((kind) => flow[kind] !== undefined).length === 1, {
    error: `needs exactly one of ${FLOW_KINDS.join(', ')}`,
  })
  .meta(FLOW_KEYWORDS);
export type FlowDefinition = z.infer<typeof flowObject>;

/** The short form of a flow is the name of the attribute alone. */
const flowSchema = z.union([
  name.transform((attribute): FlowDefinition => ({ attribute, merge: 'update', once: false })),
  flowObject,
]);

export const ruleSchema = z
  .strictObject({
    name: name.describe('Unique. The name of a rule of an earlier file replaces that rule as a whole.'),
    tag: z.string().optional().describe('Name and version of a shipped rule; says nothing about what it does.'),
    madeFor,
    description: z.string().default('').describe('For people.'),
    direction: z.enum(DIRECTIONS).describe('inbound: into the metaverse. outbound: from the metaverse to the tenant.'),
    connector: z.enum(RULE_CONNECTORS).describe('source: the directories that are read. tenant: the tenant.'),
    from: name.describe('Inbound: type in the directory or tenant. Outbound: type in the metaverse.'),
    to: name.describe('Inbound: person, group, device, or * for any. Outbound: user, group, contact or device.'),
    link: z
      .enum(LINK_TYPES)
      .default('join')
      .describe('provision: joins or makes. join: joins. sticky-join: joins and holds.'),
    precedence: z
      .number()
      .int()
      .min(0)
      .max(100_000)
      .describe('Unique. The lowest number wins; shipped rules begin at 100.'),
    disabled: z.boolean().default(false),
    passwordSync: z.boolean().default(false).describe('Passwords of the objects in scope are synchronized.'),
    scope: z
      .array(z.array(clauseSchema).min(1))
      .default([])
      .describe('Groups of clauses: one group is enough, in a group every clause must hold. None: every object.'),
    join: z
      .array(z.array(joinSchema).min(1))
      .default([])
      .describe('Groups of conditions, tried in order: the first that matches exactly one object decides.'),
    flows: z.record(name, flowSchema).default({}).describe('Target attribute: attribute name, constant or expression.'),
  })
  .meta(RULE_KEYWORDS);
export type RuleDefinition = z.infer<typeof ruleSchema>;

const disableSchema = z.union([
  name.transform((rule) => ({ rule, madeFor: undefined as string | undefined })),
  z.strictObject({ rule: name, madeFor }),
]);

const overrideSchema = z.strictObject({
  rule: name.describe('Name of a rule of an earlier file; it stays as it is but for what is said here.'),
  precedence: z.number().int().min(0).max(100_000).describe('Its place among the other rules from now on.'),
  madeFor,
});

const lists = {
  disable: z.array(disableSchema).default([]).describe('Rules of earlier files that are not to be used.'),
  override: z.array(overrideSchema).default([]).describe('Rules of earlier files that get another precedence.'),
};

/** Entries are read one by one, so that a mistake in one hides none in another. */
export const entrySchemas = { disable: disableSchema, override: overrideSchema };
const entries = z.array(z.unknown()).default([]);
export const fileSchema = z.strictObject({ disable: entries, override: entries, rules: entries });

/** The JSON schema of a rule file, for editors. */
export function ruleFileSchema(): Readonly<Record<string, unknown>> {
  const whole = z.strictObject({ ...lists, rules: z.array(ruleSchema).default([]) });
  const { $schema, ...rest } = z.toJSONSchema(whole, { io: 'input', unrepresentable: 'any' });
  return { $schema, title: 'Dirbridge rule file', ...rest };
}

/** The keys that may stand at a place of a rule, for suggestions. `path`: as in a zod issue of `ruleSchema`. */
export function keysAllowedAt(path: readonly PropertyKey[]): readonly string[] {
  const [section] = path;
  if (section === 'flows') return Object.keys(flowObject.shape);
  if (section === 'scope') return Object.keys(clauseSchema.shape);
  if (section === 'join') return Object.keys(joinSchema.shape);
  return Object.keys(ruleSchema.shape);
}

/** The same for the lists at the top of a file. */
export function fileKeysAllowedAt(path: readonly PropertyKey[]): readonly string[] {
  const [section] = path;
  if (section === 'override') return Object.keys(overrideSchema.shape);
  return section === 'disable' ? ['rule', 'madeFor'] : Object.keys(fileSchema.shape);
}
