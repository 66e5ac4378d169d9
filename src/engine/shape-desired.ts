import { type ShapedObject, type TargetSchema, TENANT_FACTS } from '../connectors/connector.ts';
import { computeProxyAddresses } from '../model/proxy-addresses.ts';
import { type Attributes, scalarsOf } from '../model/value.ts';
import type { Desired } from './outbound.ts';

type DesiredObject = Extract<Desired, { kind: 'object' }>;
type Facts = Readonly<Record<string, string>>;

/** What the target can hold of what the rules want. A target that carries proxyAddresses gets them as the tenant would compute them. */
export function shapeDesired(
  schema: TargetSchema,
  desired: DesiredObject,
  current: Attributes | null,
  facts: Facts,
): ShapedObject {
  const { attributes } = desired.outcome;
  const carries = schema.attributes.some(
    (one) => one.name === 'proxyAddresses' && one.types.includes(desired.type) && one.readOnly !== true,
  );
  const wanted = carries ? withAddresses(attributes, facts) : attributes;
  return schema.shape(desired.type, wanted, current, facts);
}

function withAddresses(attributes: Attributes, facts: Facts): Attributes {
  const { proxyAddresses: given, ...rest } = attributes;
  const proxyAddresses = computeProxyAddresses({
    proxyAddresses: scalarsOf(given).filter((one) => typeof one === 'string'),
    mail: textOf(attributes, 'mail'),
    userPrincipalName: textOf(attributes, 'userPrincipalName'),
    mailNickname: textOf(attributes, 'alias'),
    initialDomain: (facts[TENANT_FACTS.initialDomain] ?? '').toLowerCase(),
    verifiedDomains: verifiedDomainsOf(facts),
    // Licences are given in the tenant; it adds the addresses of a mailbox itself.
    hasMailbox: false,
  });
  return proxyAddresses.length === 0 ? rest : { ...rest, proxyAddresses };
}

/** The verified domains as of the last import of the tenant, in lower case. */
export function verifiedDomainsOf(facts: Facts): ReadonlySet<string> {
  const names = (facts[TENANT_FACTS.verifiedDomains] ?? '').toLowerCase().split(/\s+/);
  return new Set(names.filter((name) => name !== ''));
}

function textOf(attributes: Attributes, name: string): string | undefined {
  const value = attributes[name];
  return typeof value === 'string' ? value : undefined;
}
