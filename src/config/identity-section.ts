import { z } from 'zod';

/** Their values hold an @ or change with the name of a person, so they cannot be what the tenant knows it by for good. */
const NO_ANCHOR: ReadonlySet<string> = new Set(
  ['cn', 'distinguishedName', 'displayName', 'mail', 'name', 'proxyAddresses', 'userPrincipalName'].map((name) =>
    name.toLowerCase(),
  ),
);

const NAME = 'must be the name of an attribute, spelled as in the schema of the directory, such as employeeID';
const attributeName = z
  .string({ error: NAME })
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, { error: NAME })
  .refine((name) => !(name in {}), { error: NAME });
const attribute = z.strictObject({ attribute: attributeName });
const anchorAttribute = z.strictObject({
  attribute: attributeName.refine((name) => !NO_ANCHOR.has(name.toLowerCase()), {
    error: 'cannot be a source anchor: it must never change, not even with the name of a person, and hold no @',
  }),
});

/** The section `identity`: what the rules layer calls by the same name. */
export const identitySchema = z.strictObject({
  join: z.union([z.enum(['none', 'sid', 'mail', 'samAccountName']), attribute]).default('none'),
  sourceAnchor: z.union([z.enum(['auto', 'objectGUID']), anchorAttribute]).default('auto'),
  userPrincipalName: attribute.prefault({ attribute: 'userPrincipalName' }),
});
export type IdentityConfig = z.infer<typeof identitySchema>;
