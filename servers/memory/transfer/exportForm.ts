import { z } from "zod";

/*
 * An export is a file of JSON lines: a head, one line per memory, a foot with their number. Content lies in it as
 * in the database: encrypted where it is encrypted there.
 */

export const formatName = "kilocode-memories";

export const headSchema = z.strictObject({
  format: z.literal(formatName),
  version: z.literal(1),
  exported_at: z.iso.datetime(),
});

export const footSchema = z.strictObject({ end: z.literal(true), memories: z.number().int().min(0) });

const instant = z.string().regex(/^\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/);

export const itemSchema = z.strictObject({
  memory_id: z.string().min(1).max(100),
  owner: z.string().min(1).max(50).nullable(),
  shared: z.boolean(),
  content: z.string(),
  encryption_key_id: z.string().max(32).nullable(),
  content_hash: z.string().max(200).nullable(),
  tags: z.array(z.string()).nullable(),
  metadata: z.json().nullable(),
  created_at: instant,
  expires_at: instant.nullable(),
  access_count: z.number().int().min(0).max(2_147_483_647),
  last_accessed: instant.nullable(),
  embedding: z
    .string()
    .regex(/^\[-?[0-9.e+-]+(,-?[0-9.e+-]+)*\]$/)
    .nullable(),
  embedding_model: z.string().max(300).nullable(),
});
export type ExportedItem = z.output<typeof itemSchema>;

/** Columns of an item, as SQL that writes instants to the microsecond. */
export const exportedColumns = `memory_id, owner, shared, content, encryption_key_id, content_hash, tags, metadata,
  created_at::text, expires_at::text, access_count, last_accessed::text, embedding::text, embedding_model`;

const filePattern = /^memories-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z\.jsonl(\.gz)?$/;

export function fileName(now: Date, compressed: boolean): string {
  return `memories-${now.toISOString().replaceAll(/[:.]/g, "-")}.jsonl${compressed ? ".gz" : ""}`;
}

/** When an export was made, by its name; undefined for another file. */
export function madeAt(name: string): Date | undefined {
  const match = filePattern.exec(name);
  if (!match) return undefined;
  const [day, hour, minute, second, millisecond] = match.slice(1) as [string, string, string, string, string];
  const instantOf = new Date(`${day}T${hour}:${minute}:${second}.${millisecond}Z`);
  return Number.isNaN(instantOf.getTime()) ? undefined : instantOf;
}
