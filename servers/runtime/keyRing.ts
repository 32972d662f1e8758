import { z } from "zod";
import { FileRefused } from "./fileRefused.ts";
import type { FilesVersion } from "./filesVersion.ts";

/** Keys by id. All of them open what they made; the active one makes what is new. */
export interface KeyRing {
  readonly active: string;
  readonly keys: ReadonlyMap<string, Buffer>;
}

/** `{"active": "2", "keys": {"1": "<base64>", "2": "<base64>"}}` */
const form = z.strictObject({
  active: z.string(),
  keys: z.record(z.string().regex(/^[A-Za-z0-9._-]{1,32}$/), z.base64()),
});

/**
 * The ring that a reference of the files names.
 *
 * @param leastBytes a shorter key is refused
 * @throws FileRefused naming the file, never a key
 */
export async function readKeyRing(
  files: FilesVersion,
  reference: string,
  leastBytes: number,
): Promise<KeyRing> {
  const path = reference.slice("file:".length);
  const refused = (problem: string) => new FileRefused(path, problem);
  let ring: z.output<typeof form>;
  try {
    ring = form.parse(JSON.parse(await files.secret(reference)));
  } catch (error) {
    throw error instanceof FileRefused ? error : refused("is no ring of keys");
  }
  const keys = new Map(Object.entries(ring.keys).map(([id, text]) => [id, Buffer.from(text, "base64")]));
  if (!keys.has(ring.active)) throw refused("the active key is not in the ring");
  const short = [...keys].find(([, key]) => key.length < leastBytes);
  if (short) throw refused(`key ${short[0]} has fewer than ${leastBytes} bytes`);
  return { active: ring.active, keys };
}
