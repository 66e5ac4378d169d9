import type { EngineContext } from '../../src/engine/context.ts';
import type { CycleResult } from '../../src/engine/run.ts';
import type { Finding, FindingCode } from '../../src/model/finding.ts';

/** Directory, product and tenant, in which a finding has come up. */
export interface ProvokedWorld {
  /** Left out of what findings say. */
  readonly folder: string;
  /** What commands that a remedy names work with. */
  readonly context: EngineContext | null;
  findings(code?: FindingCode): Promise<readonly Finding[]>;
  run(options?: { readonly full?: boolean }): Promise<CycleResult>;
  end(): Promise<void>;
}
