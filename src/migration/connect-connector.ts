import { guidOf, isTrue } from './connect-rule.ts';
import { readSyntaxes, type Syntax } from './connect-schema.ts';
import { childrenOf, descendantsOf, elementAt, textAt, type XmlElement } from './xml-element.ts';

/** One connector of an export: a forest, the tenant, or something that we have no counterpart of. */
export interface ConnectConnector {
  readonly file: string;
  readonly id: string;
  readonly name: string;
  readonly kind: 'ad' | 'tenant' | 'other';
  readonly category: string;
  /** All parameters of the connector itself, without those that hold a secret. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Names of the parameters whose value is encrypted. */
  readonly secrets: readonly string[];
  readonly passwordSync: boolean;
  readonly attributes: readonly string[];
  readonly runProfiles: readonly string[];
  readonly partitions: readonly ConnectPartition[];
  readonly syntaxes: ReadonlyMap<string, Syntax>;
}

export interface ConnectPartition {
  readonly dn: string;
  readonly selected: boolean;
  readonly isDomain: boolean;
  readonly fqdn: string;
  readonly lastServer: string;
  readonly classes: readonly string[];
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** The tenant's connector has this id on every server. */
export const TENANT_CONNECTOR = 'b891884f-051e-4a83-95af-2544101c9083';

/** A `ma-data` element. */
export function readConnector(file: string, data: XmlElement): ConnectConnector {
  const id = guidOf(textAt(data, 'id'));
  const category = textAt(data, 'category');
  const configuration = elementAt(data, 'private-configuration');
  const parameters = descendantsOf(configuration, 'parameter').filter((one) => one.attributes['name'] !== undefined);
  return {
    file,
    id,
    name: textAt(data, 'name'),
    category,
    kind: id === TENANT_CONNECTOR ? 'tenant' : category === 'AD' ? 'ad' : 'other',
    parameters: new Map(
      parameters.filter((one) => !isSecret(one)).map((one) => [one.attributes['name'] ?? '', one.text]),
    ),
    secrets: parameters.filter(isSecret).map((one) => one.attributes['name'] ?? ''),
    passwordSync: descendantsOf(configuration, 'password-hash-sync-config').some(
      (one) => textAt(one, 'enabled') === '1',
    ),
    attributes: childrenOf(elementAt(data, 'attribute-inclusion'), 'attribute').map((one) => one.text),
    runProfiles: descendantsOf(elementAt(data, 'ma-run-data'), 'run-configuration').map((one) => textAt(one, 'name')),
    partitions: childrenOf(elementAt(data, 'ma-partition-data'), 'partition').map(readPartition),
    syntaxes: readSyntaxes(elementAt(data, 'schema')),
  };
}

/** Whether the value of a parameter is one that nobody may see, encrypted or not. */
export function isSecret({ attributes }: XmlElement): boolean {
  const { encrypted = '', type = '', name = '' } = attributes;
  return isTrue(encrypted) || /encrypted|password|secret/i.test(type) || /^password$|secret/i.test(name);
}

function readPartition(partition: XmlElement): ConnectPartition {
  const parameters = new Map(
    descendantsOf(partition, 'parameter').map((one) => [one.attributes['name'] ?? '', one.text]),
  );
  const own = elementAt(partition, 'custom-data', 'adma-partition-data');
  const containers = elementAt(partition, 'filter', 'containers');
  const dns = (list: string, item: string): readonly string[] =>
    childrenOf(elementAt(containers, list), item)
      .map((one) => one.text)
      .filter((dn) => dn !== '');
  return {
    dn: textAt(own, 'dn') || textAt(partition, 'name'),
    selected: textAt(partition, 'selected') === '1',
    isDomain: textAt(own, 'is-domain') !== '0',
    fqdn: parameters.get('Domain.FQDN') ?? textAt(own, 'name'),
    lastServer: textAt(own, 'last-dc') || (parameters.get('last-dc') ?? ''),
    classes: childrenOf(elementAt(partition, 'filter', 'object-classes'), 'object-class').map((one) => one.text),
    include: dns('inclusions', 'inclusion'),
    exclude: dns('exclusions', 'exclusion'),
  };
}
