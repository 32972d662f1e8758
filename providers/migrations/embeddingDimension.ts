import type { Client } from "pg";
import { Fault } from "#model/fault.ts";

/** The dimension of `memory_items.embedding`; undefined before that table exists. */
export async function currentDimension(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ dimension: number }>(
    `SELECT atttypmod AS dimension FROM pg_attribute
     WHERE attrelid = to_regclass('mcp.memory_items') AND attname = 'embedding' AND NOT attisdropped`,
  );
  return rows[0]?.dimension;
}

/**
 * Refuses another dimension on a database that holds embeddings, before anything is changed.
 *
 * @throws Fault EMBEDDING_DIMENSION
 */
export async function refuseLosingEmbeddings(client: Client, wanted: number): Promise<void> {
  const current = await currentDimension(client);
  if (current === undefined || current === wanted) return;
  const { rows } = await client.query<{ count: string }>(
    "SELECT count(*) FROM mcp.memory_items WHERE embedding IS NOT NULL",
  );
  const count = Number(rows[0]?.count);
  if (count === 0) return;
  throw new Fault({
    code: "EMBEDDING_DIMENSION",
    where: "mcp.memory_items",
    problem: `${count} item${count === 1 ? " has an embedding" : "s have embeddings"} of ${current} dimensions, and ${wanted} are configured; an embedding cannot be converted`,
    mend: `set the dimension back to ${current}, or give the embeddings up (contents, tags and metadata stay): \`UPDATE mcp.memory_items SET embedding = NULL, embedding_model = NULL\`, then run this again and embed anew`,
  });
}

/** Brings column and index to the wanted dimension. */
export async function applyDimension(client: Client, wanted: number): Promise<void> {
  const current = await currentDimension(client);
  if (current === undefined || current === wanted) return;
  await refuseLosingEmbeddings(client, wanted);
  await client.query("SELECT mcp.set_embedding_dimension($1)", [wanted]);
}
