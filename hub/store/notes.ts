// Small things a hub remembers beside its posts, the same for all instances: where a reader stands, when a job last went well.

/** All methods: @throws StoreUnavailableError when the store is away or too slow. */
export interface Notes {
  /** The text kept under a key; undefined when there is none. */
  get(key: string): Promise<string | undefined>
  /** Keys and texts of all that begins with `prefix`. Reads all notes: for a job, not for a request. */
  all(prefix: string): Promise<Map<string, string>>
  /** Of these keys, those that there are: one question however many they are. */
  getMany(keys: readonly string[]): Promise<Map<string, string>>
  /** Keys of at most 256 characters, texts of at most 16 KiB. */
  set(key: string, text: string): Promise<void>
  /** One command however many they are: some thousands at most. */
  setMany(texts: ReadonlyMap<string, string>): Promise<void>
  remove(...keys: string[]): Promise<void>
}
