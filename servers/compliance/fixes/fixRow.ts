import { z } from "zod";
import { orNull } from "#servers/runtime/orNull.ts";

/** A row of `compliance_fixes`, as PostgreSQL's driver gives it. */
export interface FixRow {
  readonly id: string;
  readonly rule_id: string;
  readonly server_name: string;
  readonly fix: string;
  readonly target: Readonly<Record<string, string>>;
  readonly statement: string;
  readonly inverse: string;
  readonly hash: string;
  readonly status: "proposed" | "approved" | "applied" | "rolled back" | "void";
  readonly proposed_by: string;
  readonly proposed_at: Date;
  readonly approved_by: string | null;
  readonly approved_at: Date | null;
  readonly applied_by: string | null;
  readonly applied_at: Date | null;
  readonly rolled_back_by: string | null;
  readonly rolled_back_at: Date | null;
  readonly void_reason: string | null;
}

export const fixColumns = `id, rule_id, server_name, fix, target, statement, inverse, hash, status, proposed_by,
  proposed_at, approved_by, approved_at, applied_by, applied_at, rolled_back_by, rolled_back_at, void_reason`;

const who = () => orNull(z.string());

/** A fix as tools answer it. */
export const fixOutput = z.object({
  id: z.number().int(),
  rule: z.string(),
  server: z.string(),
  fix: z.string(),
  target: z.record(z.string(), z.string()).describe("What it is applied to."),
  statement: z.string().describe("SQL that mends it."),
  inverse: z.string().describe("SQL that takes it back."),
  hash: z.string().describe("Of rule, target, observed state and SQL: any change voids the fix."),
  status: z.enum(["proposed", "approved", "applied", "rolled back", "void"]),
  proposedBy: z.string(),
  proposedAt: z.string(),
  approvedBy: who(),
  approvedAt: who(),
  appliedBy: who(),
  appliedAt: who(),
  rolledBackBy: who(),
  rolledBackAt: who(),
  voidReason: who(),
});

export function toFixOutput(row: FixRow): z.input<typeof fixOutput> {
  const time = (at: Date | null): string | null => at?.toISOString() ?? null;
  return {
    id: Number(row.id),
    rule: row.rule_id,
    server: row.server_name,
    fix: row.fix,
    target: row.target,
    statement: row.statement,
    inverse: row.inverse,
    hash: row.hash,
    status: row.status,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at.toISOString(),
    approvedBy: row.approved_by,
    approvedAt: time(row.approved_at),
    appliedBy: row.applied_by,
    appliedAt: time(row.applied_at),
    rolledBackBy: row.rolled_back_by,
    rolledBackAt: time(row.rolled_back_at),
    voidReason: row.void_reason,
  };
}
