import { effective, type Effects } from "./effect.ts";
import { proofs } from "./proofs.ts";
import { complianceProofs } from "./proofs/compliance.ts";
import { limitProofs } from "./proofs/limits.ts";
import { runningServer } from "./sections.ts";

const server = "servers/compliance/complianceServer.ts";
const work = "servers/compliance/compliance.ts";
const fixes = "servers/compliance/fixes/fixes.ts";
const checks = "servers/compliance/runs/checkRules.ts";
const channels = "servers/compliance/alerts/openChannels.ts";
const fixerLogin = effective(server, "furtherLogin(loaded, config.database.fixer)", complianceProofs.fixer);

/** `compliance.json` */
export const complianceEffects: Effects = {
  ...runningServer,
  "/database/fixer/user": fixerLogin,
  "/database/fixer/password": fixerLogin,
  "/compliance/rulesPath": effective(work, "compliance.rulesPath", complianceProofs.rulesPath),
  "/compliance/reportsPath": effective(work, "compliance.reportsPath", complianceProofs.reportsPath),
  "/compliance/autoFix": effective(work, "compliance.autoFix", complianceProofs.autoFix),
  "/compliance/requireApproval": effective(
    fixes,
    "config.compliance.requireApproval",
    complianceProofs.requireApproval,
  ),
  "/compliance/maxConcurrentChecks": effective(
    checks,
    "limits.maxConcurrentChecks",
    complianceProofs.maxConcurrentChecks,
  ),
  "/compliance/checkTimeout": effective(checks, "limits.checkTimeout", complianceProofs.maxConcurrentChecks),
  "/compliance/checkInterval": effective(work, "compliance.checkInterval", complianceProofs.checkInterval),
  "/compliance/alertThreshold": effective(work, "compliance.alertThreshold", complianceProofs.alertThreshold),
  "/compliance/notificationChannels": effective(
    channels,
    "config.compliance.notificationChannels",
    complianceProofs.notificationChannels,
  ),
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
