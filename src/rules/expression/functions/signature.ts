import type { FunctionDefinition, Parameter } from './definition.ts';

/** The part of a definition that tells how the function is called. */
export type FunctionSignature = Pick<FunctionDefinition, 'name' | 'parameters' | 'repeats' | 'gives' | 'check'>;

export function minimumOf({ parameters }: FunctionSignature): number {
  return parameters.filter(({ optional }) => !optional).length;
}

export function maximumOf({ parameters, repeats }: FunctionSignature): number {
  return repeats ? Number.POSITIVE_INFINITY : parameters.length;
}

/** The parameter that the argument of this number (from 0) is for. */
export function parameterOf({ parameters, repeats }: FunctionSignature, argument: number): Parameter | undefined {
  return parameters[repeats ? argument % parameters.length : argument];
}

/** How the function is called: `Mid(value, start [, count])`. */
export function usageOf(signature: FunctionSignature): string {
  return `${signature.name}(${listParameters(signature, nameOf)})`;
}

/** How it is called, with types: `Mid(value: text | bytes, start: number [, count: number]): text | bytes`. */
export function signatureText(signature: FunctionSignature): string {
  const list = listParameters(signature, (parameter) => {
    const [type] = parameter.types;
    if (type === 'variable' || type === 'name') return nameOf(parameter);
    const types = (parameter.choices ?? parameter.types).join(' | ');
    return `${parameter.name}: ${typeText(types, parameter.several)}`;
  });
  return `${signature.name}(${list}): ${givenText(signature)}`;
}

function nameOf({ name, types: [type] }: Parameter): string {
  if (type === 'variable') return `$${name}`;
  return type === 'name' ? `"${name}"` : name;
}

function listParameters({ parameters, repeats }: FunctionSignature, write: (parameter: Parameter) => string): string {
  const needed = parameters.filter(({ optional }) => !optional).map(write);
  const optional = parameters.filter((parameter) => parameter.optional).map(write);
  const again = repeats ? ` [, ${parameters.map(({ name }) => name).join(', ')} ...]` : '';
  const more = optional.reduceRight((rest, one) => ` [, ${one}${rest}]`, '');
  return needed.join(', ') + again + more;
}

function givenText({ gives, parameters }: FunctionSignature): string {
  const types = gives.types?.join(' | ') ?? gives.like?.map((at) => parameters[at]?.name ?? '').join(' | ') ?? '';
  return typeText(types, gives.several);
}

function typeText(types: string, several = false): string {
  if (!several) return types;
  return types.includes(' ') ? `(${types})[]` : `${types}[]`;
}
