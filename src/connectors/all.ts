import { adSource } from './ad/connector.ts';
import type { SectionFacts, SourceDefinition, TargetDefinition } from './connector.ts';
import { entraTarget } from './entra/connector.ts';
import { csvSource, ldifSource } from './file/connector.ts';

/** A definition whose section was checked by its own schema before: what `create` takes is what `section` gave. */
type AnySource = Pick<SourceDefinition<unknown>, 'kind' | 'section'> & {
  readonly facts: SectionFacts<never>;
  create: SourceDefinition<never>['create'];
  account?: NonNullable<SourceDefinition<never>['account']>;
};
type AnyTarget = Pick<TargetDefinition<unknown>, 'kind' | 'section' | 'ways'> & {
  readonly facts: SectionFacts<never>;
  create: TargetDefinition<never>['create'];
};

/** Every kind of source and target there is. A new one is added here and nowhere else. */
export const SOURCES: readonly AnySource[] = [adSource, ldifSource, csvSource];
export const TARGETS: readonly AnyTarget[] = [entraTarget];
