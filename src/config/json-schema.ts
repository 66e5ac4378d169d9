import { z } from 'zod';

/** The part of a JSON schema that we read. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly const?: unknown;
}

/** The JSON schema of what a zod schema takes. */
export function describeSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

/** The schema of a section together with the keys that every section of its place has. */
export function widenSchema(
  section: JsonSchema,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[],
): JsonSchema {
  const { $schema: _, ...rest } = section;
  return {
    ...rest,
    properties: { ...properties, ...section.properties },
    required: [...required, ...(section.required ?? [])],
  };
}

/** Names of the keys allowed at a path below a schema, over all its alternatives. */
export function keysAt(schema: JsonSchema, path: readonly PropertyKey[]): readonly string[] {
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const below = alternatives.flatMap((one) => keysAt(one, path));
  const [head, ...rest] = path;
  if (head === undefined) return [...new Set([...Object.keys(schema.properties ?? {}), ...below])];
  const additional = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const next = typeof head === 'number' ? schema.items : (schema.properties?.[String(head)] ?? additional);
  return [...(next ? keysAt(next, rest) : []), ...below];
}
