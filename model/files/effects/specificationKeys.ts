import { readFileSync } from "node:fs";
import { fileKeys, fileName, type FileKey } from "#model/files/schema/files.ts";

/** One key of the specification. */
export interface SpecificationKey {
  readonly file: FileKey | "postgresql.conf";
  /** JSON Pointer, or the name of the variable or setting. */
  readonly key: string;
  /** As the specification writes it: JSON, or the bare text of `.env` and postgresql.conf. */
  readonly value: string;
}

/** Every key of every file in the specification, in its order; two settings of postgresql.conf stand in it twice. */
export function specificationKeys(): SpecificationKey[] {
  const text = readFileSync(new URL("specification-keys.tsv", import.meta.url), "utf8");
  const rows = text.trimEnd().split("\n").slice(1);
  return rows.map((row) => {
    const [name = "", key = "", value = ""] = row.split("\t");
    const file = fileKeys.find((each) => fileName(each) === name);
    if (file === undefined && name !== "postgresql.conf") throw new TypeError(`no such file: ${name}`);
    return { file: file ?? "postgresql.conf", key, value };
  });
}
