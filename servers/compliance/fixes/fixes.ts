import type { Pool } from "pg";
import { fixOf } from "#model/compliance/queryNames.ts";
import type { ComplianceFile } from "#model/files/schema/compliance.ts";
import { schemaName } from "#model/names.ts";
import { closePool, openPool } from "#servers/runtime/databasePool.ts";
import type { Login } from "#servers/runtime/databasePool.ts";
import { ToolError } from "#servers/runtime/tool.ts";
import type { Finding } from "../checks/outcome.ts";
import type { ComplianceDatabase } from "../complianceDatabase.ts";
import { inToolWords } from "../databaseFailure.ts";
import type { KnownRule, RuleBook } from "../ruleBook/ruleBook.ts";
import { fixColumns } from "./fixRow.ts";
import type { FixRow } from "./fixRow.ts";

/** Who proposes what a scheduled run finds; no account can have such a name, as clients' have no blanks. */
export const scheduledRun = "scheduled run";

const statementMilliseconds = 10_000;

/** Hash of no rule: whatever was approved for a rule that is gone does not hold. */
const noRule = "0".repeat(64);

/**
 * Proposing, approving, applying and taking back. All of it happens in functions of the database, which look at the
 * target again each time; applying needs another login than proposing and approving.
 */
export class Fixes {
  readonly #database: ComplianceDatabase;
  readonly #book: RuleBook;
  readonly #requireApproval: boolean;
  readonly #fixer: Pool;

  constructor(config: ComplianceFile, database: ComplianceDatabase, book: RuleBook, fixer: Login) {
    this.#database = database;
    this.#book = book;
    this.#requireApproval = config.compliance.requireApproval;
    this.#fixer = openPool(config.database, fixer, {
      max: 1,
      applicationName: "kilocode compliance fixer",
      answerMilliseconds: statementMilliseconds + 1000,
      session: { statement_timeout: statementMilliseconds, lock_timeout: statementMilliseconds },
    });
  }

  /** A row for each finding that has a target. @throws ToolError */
  async propose(rule: KnownRule, findings: readonly Finding[], proposer: string): Promise<FixRow[]> {
    const fix = rule.check.kind === "query" ? fixOf(rule.check.query) : undefined;
    if (fix === undefined) return [];
    const rows: FixRow[] = [];
    for (const { target } of findings) {
      if (target === undefined) continue;
      const values = [rule.id, rule.hash, "database", fix, JSON.stringify(target), proposer];
      rows.push(await this.#call(this.#database.pool, "propose_compliance_fix", values));
    }
    return rows;
  }

  /** @throws ToolError if `user` is the one that proposed it, or it does not hold any more */
  async approve(id: number, user: string): Promise<FixRow> {
    const hash = await this.#ruleHash(id);
    return unlessVoid(await this.#call(this.#database.pool, "approve_compliance_fix", [id, hash, user]));
  }

  /** @throws ToolError if it is not approved, or does not hold any more */
  async apply(id: number, user: string): Promise<FixRow> {
    const hash = await this.#ruleHash(id);
    const values = [id, hash, user, this.#requireApproval];
    return unlessVoid(await this.#call(this.#fixer, "apply_compliance_fix", values));
  }

  /** @throws ToolError if the state is not the one that the fix left */
  rollBack(id: number, user: string): Promise<FixRow> {
    return this.#call(this.#fixer, "rollback_compliance_fix", [id, user]);
  }

  list(statuses: readonly string[] | undefined, limit: number): Promise<FixRow[]> {
    return inToolWords(async () => {
      const { rows } = await this.#database.pool.query<FixRow>(
        `SELECT ${fixColumns} FROM ${schemaName}.compliance_fixes
          WHERE $1::text[] IS NULL OR status = ANY ($1) ORDER BY id DESC LIMIT $2`,
        [statuses ?? null, limit],
      );
      return rows;
    });
  }

  close(): Promise<void> {
    return closePool(this.#fixer, 1000);
  }

  /** Of the rule as it is now. */
  async #ruleHash(id: number): Promise<string> {
    const { rows } = await inToolWords(() =>
      this.#database.pool.query<{ rule_id: string }>(
        `SELECT rule_id FROM ${schemaName}.compliance_fixes WHERE id = $1`,
        [id],
      ),
    );
    const { rules } = await this.#book.current();
    return rules.find((rule) => rule.id === rows[0]?.rule_id)?.hash ?? noRule;
  }

  #call(pool: Pool, name: string, values: unknown[]): Promise<FixRow> {
    return inToolWords(async () => {
      const marks = values.map((_, index) => `$${index + 1}`).join(", ");
      const { rows } = await pool.query<FixRow>(
        `SELECT ${fixColumns} FROM ${schemaName}.${name}(${marks})`,
        values,
      );
      return rows[0]!;
    });
  }
}

function unlessVoid(row: FixRow): FixRow {
  if (row.status !== "void") return row;
  throw new ToolError(
    "void",
    `Fix ${row.id} is void: ${row.void_reason ?? "it does not hold any more"}. Look again with run_checks, then propose_fix.`,
  );
}
