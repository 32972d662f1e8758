import { readFileSync } from "node:fs";

/** A setting of PostgreSQL 17, as `pg_settings` of our image describes it. */
export interface SettingDefinition {
  readonly name: string;
  /** When it can change; `postmaster` settings need a restart, `internal` ones cannot be set. */
  readonly context: string;
  readonly type: "bool" | "enum" | "integer" | "real" | "string";
  /** What a bare number counts: kB, 8kB, MB, B, ms, s or min. */
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
}

/**
 * Every setting of PostgreSQL 17 by its lower-case name (names are case-insensitive). Source: `SELECT …
 * FROM pg_settings` in images/postgres; test/integration/postgres-image.test.ts compares the two.
 */
export const settingCatalog: ReadonlyMap<string, SettingDefinition> = new Map(
  (JSON.parse(readFileSync(new URL("catalog.json", import.meta.url), "utf8")) as SettingDefinition[]).map(
    (definition) => [definition.name.toLowerCase(), definition],
  ),
);
