import type { Config } from '../config.ts';
import type { Connector } from '../connectors/connector.ts';
import { ruleSource, runParameters } from '../engine/rule-source.ts';
import { readSample, type SampledObject, type SampleRequest } from '../engine/sample-object.ts';
import type { ObjectTrace } from '../engine/trace-object.ts';
import { traceAlone, traceMetaverse } from '../engine/try-rules.ts';
import { DirbridgeError } from '../errors.ts';
import { isReferenceAttribute } from '../rules/reference-attributes.ts';
import {
  attributesOfExpression,
  type CompiledRule,
  loadRuleSet,
  type RuleSet,
  type TriedExpression,
  tryExpression,
} from '../rules/rule-set.ts';
import { readSampleFile } from '../rules/sample-file.ts';

/** Opens an LDIF file as a source. */
export type OpenLdif = (file: string) => Connector;

/** Works an expression out without any object: what it reads is absent. Throws `rules-invalid`. */
export function tryAlone(expression: string): TriedExpression {
  return tryExpression(expression, ruleSource({}, {}, runParameters(new Date()), null, ''));
}

/** Works an expression out on the object of a JSON file, or on the first of an LDIF file that is no container. */
export async function tryOnFile(expression: string, file: string, open: OpenLdif): Promise<TriedExpression> {
  const { source } = await sampleOfFile(file, sampleRequest(expression, null), 'user', open);
  return tryExpression(expression, source);
}

/** What the rules of the configuration do with an object, step by step. */
export interface TriedRules {
  readonly object: string;
  readonly type: string;
  /** The source it was read from; null for a file. */
  readonly source: string | null;
  readonly trace: ObjectTrace;
}

/**
 * Lets the object of a JSON file, or the first of an LDIF file that is no container, go through the rules. `rule`: the one of interest; of an
 * outbound one the JSON file is the metaverse object that it reads.
 */
export async function tryRulesOnFile(
  config: Config,
  file: string,
  rule: CompiledRule | null,
  open: OpenLdif,
): Promise<TriedRules> {
  const rules = loadRuleSet(config.rules, config.identity);
  const type = rule?.sourceType ?? 'user';
  const now = new Date();
  if (rule?.direction === 'outbound' && isJson(file)) {
    const { attributes = {} } = readSampleFile(file);
    return { object: file, type, source: null, trace: await traceMetaverse(rules, type, attributes, now) };
  }
  const sample = await sampleOfFile(
    file,
    rulesRequest(rules, null, now),
    rule?.direction === 'outbound' ? 'user' : type,
    open,
  );
  return { object: sample.dn || file, type: sample.type, source: null, trace: await traceAlone(rules, sample, now) };
}

function isJson(file: string): boolean {
  return file.toLowerCase().endsWith('.json');
}

/** `type`: of an object in JSON, which does not tell. */
async function sampleOfFile(
  file: string,
  request: SampleRequest,
  type: string,
  open: OpenLdif,
): Promise<SampledObject> {
  if (isJson(file)) {
    const { attributes = {} } = readSampleFile(file);
    const dn = typeof attributes['dn'] === 'string' ? attributes['dn'] : null;
    const source = ruleSource(attributes, {}, runParameters(request.now), dn, file);
    return { source, type, anchor: file, dn: dn ?? '', attributes };
  }
  const sample = await readSample(open(file), request);
  if (sample === null) throw new DirbridgeError('object-not-found', `there is no object in ${file}`);
  return sample;
}

export function sampleRequest(expression: string, dn: string | null): SampleRequest {
  const names = attributesOfExpression(expression).filter((name) => name !== 'dn');
  return {
    attributes: names.filter((name) => !isReferenceAttribute(name)),
    references: names.filter(isReferenceAttribute),
    dn,
    now: new Date(),
  };
}

export function rulesRequest(rules: RuleSet, dn: string | null, now: Date): SampleRequest {
  return {
    attributes: rules.attributesRead('source'),
    references: rules.referencesRead('source'),
    groups: rules.scopeGroups(),
    dn,
    now,
  };
}

export interface FoundSample {
  readonly sample: SampledObject;
  readonly sourceName: string;
}

export function describeTried({ sample, sourceName }: FoundSample, trace: ObjectTrace): TriedRules {
  return { object: sample.dn, type: sample.type, source: sourceName, trace };
}
