import type { Driver } from './driver.ts';
import type { PasswordStore } from './password-store.ts';
import { SqlApplyStore } from './sql/apply.ts';
import { SqlDriftStore } from './sql/drift.ts';
import { SqlGuardStore } from './sql/guards.ts';
import { SqlLeavingStore } from './sql/leaving.ts';
import { SqlLicenceStore } from './sql/licences.ts';
import { ManagedCounts } from './sql/managed-counts.ts';
import { SqlMatchStore } from './sql/matches.ts';
import { AttributeNames } from './sql/names.ts';
import { SqlPasswordStore } from './sql/passwords.ts';
import { SqlPeerStore } from './sql/peers.ts';
import { SqlPlanStore } from './sql/plans.ts';
import { SqlRunStore } from './sql/runs.ts';
import { SqlSpaceStore } from './sql/spaces.ts';
import { SqlSyncStore } from './sql/sync.ts';
import { SqlUndoStore } from './sql/undo.ts';
import type {
  ApplyStore,
  DriftStore,
  GuardStore,
  LeavingStore,
  LicenceStore,
  MatchStore,
  PeerStore,
  PlanStore,
  RunStore,
  SpaceStore,
  Store,
  SyncStore,
  UndoStore,
} from './store.ts';

/** The store over any driver. */
export class SqlStore implements Store {
  readonly spaces: SpaceStore;
  readonly sync: SyncStore;
  readonly matches: MatchStore;
  readonly drift: DriftStore;
  readonly plans: PlanStore;
  readonly apply: ApplyStore;
  readonly undo: UndoStore;
  readonly guards: GuardStore;
  readonly leaving: LeavingStore;
  readonly licences: LicenceStore;
  readonly passwords: PasswordStore;
  readonly runs: RunStore;
  readonly peers: PeerStore;
  readonly #driver: Driver;
  readonly #names: AttributeNames;
  readonly #managed: ManagedCounts;
  readonly #spaces: SqlSpaceStore;
  readonly #runs: SqlRunStore;

  constructor(driver: Driver) {
    this.#driver = driver;
    this.#names = new AttributeNames(driver);
    this.#managed = new ManagedCounts(driver);
    this.#spaces = new SqlSpaceStore(driver, this.#names, this.#managed);
    this.spaces = this.#spaces;
    this.sync = new SqlSyncStore(driver, this.#names, this.#managed);
    this.matches = new SqlMatchStore(driver);
    this.drift = new SqlDriftStore(driver, this.#names);
    this.plans = new SqlPlanStore(driver, this.#names, this.#managed);
    this.apply = new SqlApplyStore(driver, this.#names, this.#managed);
    this.undo = new SqlUndoStore(driver, this.#names);
    this.guards = new SqlGuardStore(driver, this.#names);
    this.leaving = new SqlLeavingStore(driver);
    this.licences = new SqlLicenceStore(driver);
    this.passwords = new SqlPasswordStore(driver);
    this.#runs = new SqlRunStore(driver);
    this.runs = this.#runs;
    this.peers = new SqlPeerStore(driver);
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#driver.transaction(work, () => {
      this.#names.forget();
      this.#managed.forget();
      this.#spaces.forget();
      this.#runs.forget();
    });
  }

  async meta(key: string): Promise<string | null> {
    const row = await this.#driver.get<{ readonly value: string }>('select value from meta where key = ?', key);
    return row?.value ?? null;
  }

  async setMeta(key: string, value: string): Promise<void> {
    await this.#driver.run(
      'insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
      key,
      value,
    );
  }

  async copyTo(file: string): Promise<void> {
    await this.#driver.copyTo(file);
  }

  async close(): Promise<void> {
    await this.#driver.close();
  }
}
