import { DirbridgeError, messageOf } from '../errors.ts';
import { type ConnectConnector, TENANT_CONNECTOR } from './connect-connector.ts';
import { type ConnectFlow, type ConnectRule, guidOf } from './connect-rule.ts';

/**
 * A policy (Applied-, Exported- or Migrated-SynchronizationPolicy.JSON). Microsoft publishes no sample: we read the keys that are known
 * and take whatever else is there for unknown.
 */
export interface ConnectPolicy {
  readonly file: string;
  readonly type: string;
  readonly host: string;
  readonly version: string;
  readonly connectors: readonly ConnectConnector[];
  readonly rules: readonly ConnectRule[];
  /** Keys of the top that we do not know. */
  readonly unknownKeys: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const KNOWN_KEYS = ['policymetadata', 'deploymentmetadata', 'onpremisesdirectorypolicy', 'azuredirectorypolicy'];

/** Null for a JSON file that is no policy. Throws `connect-file-invalid` for one that is no JSON. */
export function readPolicy(file: string, text: string): ConnectPolicy | null {
  const root = parse(file, text);
  if (!isObject(root) || !Object.keys(root).some((key) => KNOWN_KEYS.includes(key.toLowerCase()))) return null;
  const metadata = objectAt(root, 'policyMetadata');
  const forests = listAt(root, 'onpremisesDirectoryPolicy').filter(isObject);
  const tenant = objectAt(root, 'azureDirectoryPolicy');
  return {
    file,
    type: textAt(metadata, 'type'),
    host: textAt(objectAt(root, 'deploymentMetadata'), 'hostName'),
    version: textAt(metadata, 'azureADConnectVersion'),
    connectors: forests.map((forest) => forestConnector(file, forest)),
    rules: [
      ...forests.flatMap((forest) => readRules(file, forest, guidOf(textAt(forest, 'uniqueIdentifier')))),
      ...readRules(file, tenant, TENANT_CONNECTOR),
    ],
    unknownKeys: Object.keys(root).filter((key) => !KNOWN_KEYS.includes(key.toLowerCase())),
  };
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new DirbridgeError('connect-file-invalid', `${file}: is not valid JSON: ${messageOf(cause)}`, { cause });
  }
}

function forestConnector(file: string, forest: Json): ConnectConnector {
  return {
    file,
    id: guidOf(textAt(forest, 'uniqueIdentifier')),
    name: textAt(forest, 'friendlyName'),
    kind: 'ad',
    category: 'AD',
    parameters: new Map([['forest-name', textAt(forest, 'friendlyName')]]),
    secrets: [],
    passwordSync: false,
    attributes: [],
    runProfiles: [],
    partitions: [],
    syntaxes: new Map(),
  };
}

function readRules(file: string, holder: Json, connector: string): readonly ConnectRule[] {
  const custom = listAt(holder, 'customSynchronizationRules').filter(isObject);
  const standard = listAt(holder, 'standardSynchronizationRules').filter(isObject);
  return [
    ...custom.map((rule) => readRule(file, rule, connector, false)),
    ...standard.map((rule) => readRule(file, rule, connector, valueAt(rule, 'attributeFlowMappings') === undefined)),
  ];
}

/** The names of a rule's properties are those of Get-ADSyncRule. */
function readRule(file: string, rule: Json, connector: string, isNameOnly: boolean): ConnectRule {
  const text = (...names: readonly string[]): string => names.map((name) => textAt(rule, name)).find(Boolean) ?? '';
  return {
    file,
    id: guidOf(text('uniqueIdentifier', 'identifier', 'internalIdentifier')),
    name: text('name'),
    description: text('description'),
    tag: text('immutableTag'),
    direction: text('direction').toLowerCase(),
    disabled: text('disabled').toLowerCase() === 'true',
    connector: guidOf(text('connector')) || connector,
    sourceType: text('sourceObjectType'),
    targetType: text('targetObjectType'),
    link: text('linkType'),
    precedence: Number.parseInt(text('precedence'), 10) || 0,
    passwordSync: text('enablePasswordSync').toLowerCase() === 'true',
    softDelete: text('softDeleteExpiryInterval'),
    scope: groupsOf(rule, 'scopeFilter', 'scopeConditionList').map((group) =>
      group.map((one) => ({
        attribute: textAt(one, 'attribute'),
        operator: textAt(one, 'comparisonOperator').toUpperCase(),
        value: textAt(one, 'comparisonValue'),
      })),
    ),
    joins: groupsOf(rule, 'joinFilter', 'joinConditionList').map((group) =>
      group.map((one) => ({
        space: textAt(one, 'csAttribute'),
        metaverse: textAt(one, 'mvAttribute'),
        caseSensitive: textAt(one, 'caseSensitive').toLowerCase() === 'true',
      })),
    ),
    flows: listAt(rule, 'attributeFlowMappings').filter(isObject).map(readFlow),
    isNameOnly,
  };
}

function readFlow(flow: Json): ConnectFlow {
  const type = textAt(flow, 'flowType').toLowerCase();
  const kind = type === 'expression' || type === 'constant' ? type : 'direct';
  const source = valueAt(flow, 'source');
  const sources: readonly unknown[] = Array.isArray(source) ? source : [source];
  return {
    target: textAt(flow, 'destination'),
    kind,
    text: kind === 'expression' ? textAt(flow, 'expression') : plainText(sources[0]),
    sources: sources.length,
    merge: textAt(flow, 'valueMergeType') || 'Update',
    once: textAt(flow, 'executeOnce').toLowerCase() === 'true',
  };
}

function groupsOf(rule: Json, filter: string, list: string): readonly (readonly Json[])[] {
  return listAt(rule, filter)
    .filter(isObject)
    .map((group) => listAt(group, list).filter(isObject));
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Builds spell their keys in either case. */
function valueAt(object: Json, name: string): unknown {
  const key = Object.keys(object).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : object[key];
}

function textAt(object: Json, name: string): string {
  return plainText(valueAt(object, name));
}

function plainText(value: unknown): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value).trim();
}

function objectAt(object: Json, name: string): Json {
  const value = valueAt(object, name);
  return isObject(value) ? value : {};
}

function listAt(object: Json, name: string): readonly unknown[] {
  const value = valueAt(object, name);
  if (Array.isArray(value)) return value as readonly unknown[];
  return isObject(value) ? [value] : [];
}
