import type { Pool, PoolClient } from "pg";
import { cancelStatement } from "./cancelStatement.ts";
import { CappedQuery } from "./cappedQuery.ts";
import type { CappedResult, ResultLimits } from "./cappedQuery.ts";

/** Arriving bytes beyond which a result is given up, although a row may not have ended: four times what is kept. */
const rawBytesFactor = 4;
const rawBytesMinimum = 8 * 1024 ** 2;

/** One connection while a call has it. */
export class Hold {
  readonly #pool: Pool;
  readonly #client: PoolClient;
  #abandoned: Promise<void> | undefined;

  constructor(pool: Pool, client: PoolClient) {
    this.#pool = pool;
    this.#client = client;
    client.on("error", ignore);
  }

  /** Whether this side gave the connection up. */
  get abandoned(): boolean {
    return this.#abandoned !== undefined;
  }

  /** Statements of ours, several at once if need be. */
  async command(text: string): Promise<void> {
    await this.#client.query(text);
  }

  /** A statement of the caller's. */
  async read(text: string, values: readonly unknown[], limits: ResultLimits): Promise<CappedResult> {
    const query = new CappedQuery(text, values, limits);
    const allowed =
      Math.max(rawBytesMinimum, rawBytesFactor * limits.maxBytes) + (limits.beyond?.maxBytes ?? 0);
    const { stream } = (
      this.#client as unknown as { connection: { stream: NodeJS.ReadableStream & { destroy(): void } } }
    ).connection;
    let arrived = 0;
    let overflown = false;
    // A single value can be far larger than any cap, and pg keeps a row until it is complete.
    const count = (chunk: Buffer): void => {
      arrived += chunk.length;
      if (arrived <= allowed || overflown) return;
      overflown = true;
      query.overflow();
      this.abandon();
    };
    stream.on("data", count);
    try {
      return await query.read(this.#client);
    } catch (error) {
      if (overflown) return query.result;
      throw error;
    } finally {
      stream.off("data", count);
    }
  }

  /** Ends what is running, here and in PostgreSQL. */
  abandon(): void {
    this.#abandoned ??= cancelStatement(this.#pool, this.#client);
    const { stream } = (this.#client as unknown as { connection: { stream: { destroy(): void } } })
      .connection;
    stream.destroy();
  }

  async tidy(): Promise<void> {
    try {
      if (this.#abandoned) throw await this.#abandoned;
      await this.#client.query("ROLLBACK");
      // Not in one message with ROLLBACK: DISCARD ALL refuses to run beside another statement.
      await this.#client.query("DISCARD ALL");
      this.#client.off("error", ignore);
      this.#client.release();
    } catch {
      this.#client.release(true);
    }
  }
}

function ignore(): void {}
