import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Small files in the form of an exported configuration of Azure AD Connect, for tests. */

export const AD_CONNECTOR = '11111111-2222-3333-4444-555555555555';
export const SECOND_CONNECTOR = '66666666-7777-8888-9999-000000000000';
export const AAD_CONNECTOR = 'b891884f-051e-4a83-95af-2544101c9083';

export interface RuleSample {
  readonly id?: string;
  readonly name: string;
  readonly description?: string;
  readonly tag?: string;
  readonly direction?: 'Inbound' | 'Outbound';
  readonly connector?: string;
  readonly from?: string;
  readonly to?: string;
  readonly link?: string;
  readonly precedence?: number;
  readonly disabled?: boolean;
  readonly passwordSync?: boolean;
  readonly softDelete?: string;
  /** `attribute OPERATOR value`, a group in each list. */
  readonly scope?: readonly (readonly string[])[];
  /** `space=metaverse`, with ` exactly` behind it where case counts. */
  readonly joins?: readonly (readonly string[])[];
  readonly flows?: readonly string[];
}

/** A flow as XML; `expression` and constant texts are escaped. */
export function direct(target: string, attribute = target, merge = 'Update'): string {
  return `<mapping><dest>${escapeXml(target)}</dest><src><attr>${attribute}</attr></src><valueMergeType>${merge}</valueMergeType></mapping>`;
}

export function constant(target: string, text: string, once = false): string {
  const execute = once ? ' execute-once="true"' : '';
  return `<mapping${execute}><dest>${target}</dest><src>${escapeXml(text)}</src><valueMergeType>Update</valueMergeType></mapping>`;
}

export function expression(target: string, text: string, merge = 'Update'): string {
  return `<mapping><dest>${target}</dest><src/><expression>${escapeXml(text)}</expression><valueMergeType>${merge}</valueMergeType></mapping>`;
}

/** A flow that names several attributes and no expression, which no editor writes. */
export function several(target: string, attributes: readonly string[]): string {
  return `<mapping><dest>${target}</dest><src>${attributes.map((one) => `<attr>${one}</attr>`).join('')}</src><valueMergeType>Update</valueMergeType></mapping>`;
}

export function ruleXml(rule: RuleSample): string {
  const scope = (rule.scope ?? []).map((group) => `<conditions>${group.map(clauseXml).join('')}</conditions>`);
  const joins = (rule.joins ?? []).map((group) => `<conditions>${group.map(joinXml).join('')}</conditions>`);
  return `<synchronizationRule>
  <id>{${rule.id ?? idOf(rule)}}</id><name>${escapeXml(rule.name)}</name><description>${escapeXml(rule.description ?? '')}</description>
  <immutable-tag>${rule.tag ?? ''}</immutable-tag><direction>${rule.direction ?? 'Inbound'}</direction>
  <disabled>${rule.disabled ? 'True' : 'False'}</disabled><connector>{${rule.connector ?? AD_CONNECTOR}}</connector>
  <sourceObjectType>${rule.from ?? 'user'}</sourceObjectType><targetObjectType>${rule.to ?? 'person'}</targetObjectType>
  <linkType>${rule.link ?? 'Join'}</linkType><precedence>${rule.precedence ?? 50}</precedence>
  <softDeleteExpiryInterval>${rule.softDelete ?? '00:00:00'}</softDeleteExpiryInterval>
  <EnablePasswordSync>${rule.passwordSync ? 'true' : 'false'}</EnablePasswordSync>
  <attribute-mappings>${(rule.flows ?? []).join('')}</attribute-mappings>
  <relationshipCriteria>${joins.join('')}</relationshipCriteria>
  <synchronizationCriteria>${scope.join('')}</synchronizationCriteria>
</synchronizationRule>`;
}

function idOf({ name, connector = AD_CONNECTOR, precedence = 50 }: RuleSample): string {
  return `${connector.slice(0, 8)}-${precedence}-${Buffer.from(name).toString('hex')}`;
}

function clauseXml(text: string): string {
  const [attribute = '', operator = '', ...value] = text.split(' ');
  return `<scope><csAttribute>${attribute}</csAttribute><csOperator>${operator}</csOperator><csValue>${escapeXml(value.join(' '))}</csValue></scope>`;
}

function joinXml(text: string): string {
  const [names = '', exactly] = text.split(' ');
  const [space = '', metaverse = ''] = names.split('=');
  const sensitive = exactly === undefined ? '' : '<caseSensitive>True</caseSensitive>';
  return `<condition>${sensitive}<csAttribute>${space}</csAttribute><ilmAttribute>${metaverse}</ilmAttribute></condition>`;
}

export interface ForestSample {
  readonly id?: string;
  readonly domain?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly group?: string;
  readonly selected?: boolean;
  /** Further partitions of the forest. */
  readonly partitions?: readonly PartitionSample[];
}

export interface PartitionSample {
  readonly dn: string;
  readonly fqdn?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly selected?: boolean;
  readonly isDomain?: boolean;
  readonly lastServer?: string;
}

export function forestXml({
  id = AD_CONNECTOR,
  domain = 'corp.example.com',
  include = [],
  exclude = [],
  group = '',
  selected = true,
  partitions = [],
}: ForestSample): string {
  const own = { dn: dnOf(domain), fqdn: domain, include, exclude, selected, lastServer: `dc1.${domain}` };
  return `<saved-ma-configuration><ma-data><id>{${id.toUpperCase()}}</id><name>${domain}</name><category>AD</category>
  <private-configuration><adma-configuration><forest-name>${domain}</forest-name><parameter-values>
    <parameter name="forest-login-user" type="string">MSOL_abc</parameter>
    <parameter name="forest-login-domain" type="string">${domain}</parameter>
    <parameter name="password" type="encrypted-string" encrypted="1">AAAAVERYSECRETAAAA</parameter>
    <parameter name="Connector.GroupFilteringGroupDn" type="string">${group}</parameter>
  </parameter-values></adma-configuration></private-configuration>
  <attribute-inclusion><attribute>cn</attribute><attribute>mail</attribute><attribute>employeeID</attribute></attribute-inclusion>
  <ma-partition-data>${[own, ...partitions].map(partitionXml).join('')}</ma-partition-data></ma-data></saved-ma-configuration>`;
}

function partitionXml({
  dn,
  fqdn = '',
  include = [],
  exclude = [],
  selected = true,
  isDomain = true,
  lastServer = '',
}: PartitionSample): string {
  const list = (name: string, dns: readonly string[]): string => dns.map((one) => `<${name}>${one}</${name}>`).join('');
  return `<partition><name>${dn}</name><selected>${selected ? 1 : 0}</selected>
    <filter><object-classes><object-class>user</object-class></object-classes><containers>
      <exclusions>${list('exclusion', exclude)}</exclusions><inclusions>${list('inclusion', include)}</inclusions>
    </containers></filter>
    <custom-data><adma-partition-data><dn>${dn}</dn><is-domain>${isDomain ? 1 : 0}</is-domain><last-dc>${lastServer}</last-dc></adma-partition-data></custom-data>
    <parameter-values><parameter name="Domain.FQDN">${fqdn}</parameter></parameter-values>
  </partition>`;
}

export function dnOf(domain: string): string {
  return domain
    .split('.')
    .map((part) => `DC=${part}`)
    .join(',');
}

export function tenantXml(): string {
  return `<saved-ma-configuration><ma-data><id>{${AAD_CONNECTOR.toUpperCase()}}</id><name>contoso.onmicrosoft.com - AAD</name><category>Extensible2</category>
  <private-configuration><MAConfig><parameter-values>
    <parameter name="UserName" type="string">Sync_SRV_0a1b@contoso.onmicrosoft.com</parameter>
    <parameter name="Password" type="encrypted-string" encrypted="1">AAAAVERYSECRETAAAA</parameter>
  </parameter-values></MAConfig></private-configuration></ma-data></saved-ma-configuration>`;
}

/** `settings`: names without `Microsoft.`. */
export function metaverseXml(settings: Readonly<Record<string, string>>): string {
  const parameters = Object.entries(settings).map(
    ([name, value]) => `<parameter name="Microsoft.${name}">${value}</parameter>`,
  );
  const type = (name: string, syntax: number): string =>
    `<d:attribute-type id="${name}"><d:name>${name}</d:name><d:syntax>1.3.6.1.4.1.1466.115.121.1.${syntax}</d:syntax></d:attribute-type>`;
  return `<saved-mv-configuration server="SRV1" export-date="2026-01-02 03:04:05"><mv-data>
  <schema><d:dsml xmlns:d="http://www.dsml.org/DSML">${type('cloudFiltered', 7)}${type('extensionAttribute1', 15)}</d:dsml></schema>
  <parameter-values>${parameters.join('')}</parameter-values></mv-data></saved-mv-configuration>`;
}

export interface ExportSample {
  readonly rules?: readonly RuleSample[];
  readonly forests?: readonly ForestSample[];
  readonly settings?: Readonly<Record<string, string>>;
}

/** Writes an export as Connect lays it out. */
export function writeExport(folder: string, content: ExportSample): void {
  const write = (part: string, name: string, text: string): void => {
    mkdirSync(join(folder, part), { recursive: true });
    writeFileSync(join(folder, part, name), text);
  };
  for (const [index, rule] of (content.rules ?? []).entries())
    write('SynchronizationRules', `SynchronizationRule_${index}.xml`, ruleXml(rule));
  for (const [index, forest] of (content.forests ?? [{}]).entries())
    write('Connectors', `Connector_${index}.xml`, forestXml(forest));
  write('Connectors', 'Connector_tenant.xml', tenantXml());
  write('GlobalSettings', 'MV.xml', metaverseXml(content.settings ?? {}));
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
