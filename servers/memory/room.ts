import type { MemoryDatabase } from "./memoryDatabase.ts";

/**
 * Keeps the number of memories at `maxItems`. Counts with every store, and asks the database, which counts
 * exactly, only when there may be too many, and now and then.
 */
export class Room {
  readonly #database: MemoryDatabase;
  readonly #most: number;
  #estimate = Infinity;

  constructor(database: MemoryDatabase, most: number) {
    this.#database = database;
    this.#most = most;
  }

  /** Makes room for a memory that was just added, which itself stays. Returns how many were removed for it. */
  async make(added: string): Promise<number> {
    this.#estimate += 1;
    if (this.#estimate <= this.#most) return 0;
    return this.#evict(added);
  }

  /** Counts anew; others may have added some. */
  check(): Promise<number> {
    return this.#evict("0");
  }

  async #evict(kept: string): Promise<number> {
    const rows = await this.#database.inRound((query) =>
      query<{ evicted: string; remaining: string }>(
        "SELECT evicted, remaining FROM mcp.evict_memories($1, $2)",
        [this.#most, kept],
      ),
    );
    this.#estimate = Number(rows[0]!.remaining);
    return Number(rows[0]!.evicted);
  }
}
