import type { FieldDef } from "pg";
import type { GuardedSession } from "./guardedCalls.ts";
import { builtinTypeName } from "./valueTypes.ts";

const limits = { maxRows: 2000, maxBytes: 1024 ** 2 };

/** Names of result types. Those that are not built in are asked for once and kept. */
export class TypeNames {
  readonly #known = new Map<number, string>();

  async of(fields: readonly FieldDef[], session: GuardedSession): Promise<string[]> {
    const missing = fields.map((field) => field.dataTypeID).filter((id) => this.#name(id) === undefined);
    if (missing.length > 0) {
      const { rows } = await session.query(
        "SELECT oid, pg_catalog.format_type(oid, NULL) FROM pg_catalog.pg_type WHERE oid = ANY ($1::pg_catalog.oid[])",
        [[...new Set(missing)]],
        limits,
      );
      for (const [id, name] of rows) this.#known.set(Number(id), name ?? "unknown");
    }
    return fields.map((field) => this.#name(field.dataTypeID) ?? "unknown");
  }

  #name(id: number): string | undefined {
    return builtinTypeName(id) ?? this.#known.get(id);
  }
}
