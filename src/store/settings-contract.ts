/** Settings that belong to no other table, as text. */
export interface Settings {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  /** `false` when there was none. */
  remove(key: string): Promise<boolean>;
  /** All of them by key. */
  list(): Promise<ReadonlyMap<string, string>>;
}
