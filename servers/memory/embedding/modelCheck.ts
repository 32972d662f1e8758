import { ToolError } from "#servers/runtime/tool.ts";
import type { Query } from "../memoryDatabase.ts";
import type { Embedder } from "./embedder.ts";

/** Refuses what would compare vectors of different models, or store some that the column does not take. */
export class ModelCheck {
  readonly #embedder: Embedder;
  #columnFits = false;

  constructor(embedder: Embedder) {
    this.#embedder = embedder;
  }

  /** @throws ToolError if the column takes vectors of another dimension */
  async column(query: Query): Promise<void> {
    if (this.#columnFits) return;
    const rows = await query<{ dimension: number }>(
      `SELECT atttypmod AS dimension FROM pg_catalog.pg_attribute
        WHERE attrelid = 'mcp.memory_items'::pg_catalog.regclass AND attname = 'embedding'`,
    );
    const dimension = rows[0]?.dimension ?? 0;
    if (dimension !== this.#embedder.dimension) {
      throw new ToolError(
        "dimension",
        `The database takes embeddings of ${dimension} numbers and ${this.#embedder.model} gives ${this.#embedder.dimension}. ` +
          "The stack's owner sets postgres.embeddingDimension to what the model gives (docs/memory.md).",
      );
    }
    this.#columnFits = true;
  }

  /** @throws ToolError if some memories have embeddings of another model, which a search could not find */
  async search(query: Query): Promise<void> {
    await this.column(query);
    const others = await this.others(query);
    if (others === 0) return;
    throw new ToolError(
      "model",
      `${others} ${others === 1 ? "memory has its embedding" : "memories have their embeddings"} from another model than ` +
        `${this.#embedder.model}, which is in force, and this search would miss ${others === 1 ? "it" : "them"}. ` +
        "An admin calls reembed_memories until nothing remains; search_by_tag, and recall_memory with nothing but a time, go on.",
    );
  }

  /** Memories whose embedding is of another model. */
  async others(query: Query): Promise<number> {
    const rows = await query<{ count: string }>("SELECT mcp.memories_of_other_models($1) AS count", [
      this.#embedder.model,
    ]);
    return Number(rows[0]!.count);
  }
}
