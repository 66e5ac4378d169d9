import type { ConnectorContext } from '../../connector.ts';
import type { AdSection } from '../config.ts';
import type { AccountName } from './account-name.ts';
import type { AccountUse } from './account-rights.ts';

/** Everything that making the account goes by. */
export interface AccountSetup {
  readonly section: AdSection;
  readonly context: ConnectorContext;
  readonly name: AccountName;
  readonly use: AccountUse;
  /** Absolute path of the secret file of the section. */
  readonly passwordFile: string;
}
