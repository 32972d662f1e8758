import { each, effective, planned, type Effects } from "./effect.ts";
import { parts } from "./parts.ts";
import { proofs } from "./proofs.ts";
import { limitProofs } from "./proofs/limits.ts";
import { comingServer } from "./sections.ts";

const keys = [
  "/compliance/rulesPath",
  "/compliance/reportsPath",
  "/compliance/autoFix",
  "/compliance/requireApproval",
  "/compliance/maxConcurrentChecks",
  "/compliance/checkTimeout",
  "/compliance/checkInterval",
  "/compliance/alertThreshold",
  "/compliance/notificationChannels",
];

/** `compliance.json` */
export const complianceEffects: Effects = {
  ...comingServer(parts.compliance),
  ...each(planned(parts.compliance), keys),
  "/security/auditLogging": effective(
    "servers/runtime/mcpHandler.ts",
    "config.security.auditLogging",
    limitProofs.auditLogging,
  ),
  // The database keeps its records for so long, whichever server runs.
  "/security/auditRetention": effective(
    "providers/migrations/retention.ts",
    'audit_logs: "auditLogs"',
    proofs.retention,
  ),
};
