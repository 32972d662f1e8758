import type { Log } from "#servers/runtime/log.ts";
import type { MemoryDatabase } from "./memoryDatabase.ts";

const delayMilliseconds = 500;

/** Counts which memories were answered, and tells the database a little later, so that no answer waits for it. */
export class AccessCounter {
  readonly #database: MemoryDatabase;
  readonly #log: Log;
  #uses = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(database: MemoryDatabase, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  /** @param ids of rows */
  note(ids: readonly string[]): void {
    for (const id of ids) this.#uses.set(id, (this.#uses.get(id) ?? 0) + 1);
    if (this.#uses.size > 0) this.#timer ??= setTimeout(() => void this.flush(), delayMilliseconds).unref();
  }

  /** Writes what was counted; what cannot be written is lost, as it only orders eviction. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#uses.size === 0) return;
    const uses = this.#uses;
    this.#uses = new Map();
    try {
      await this.#database.inRound((query) =>
        query("SELECT mcp.note_memory_access($1, $2)", [[...uses.keys()], [...uses.values()]]),
      );
    } catch (error) {
      this.#log.warn({ err: error, memories: uses.size }, "accesses could not be counted");
    }
  }
}
