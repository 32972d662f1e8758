import type { z } from "zod";
import {
  days,
  file,
  flag,
  integer,
  key,
  milliseconds,
  need,
  oneOf,
  path,
  seconds,
  secretReference,
  section,
  set,
  text,
} from "./fields.ts";
import {
  databaseKeys,
  databaseTls,
  entranceKeys,
  poolKeys,
  rateLimitSection,
  serverLoggingSection,
  serverSection,
  serviceMaxKey,
} from "./sections.ts";

export const notificationChannels = ["email", "slack"] as const;

/** `/etc/kilocode/mcp/compliance.json` */
export const complianceFile = file("The compliance server.", {
  server: serverSection(50),
  compliance: section("What is checked, when, and who is told.", {
    rulesPath: key(path(), "/opt/kilocode/mcp-servers/rules", "Folder of the rules (YAML).", "path"),
    reportsPath: key(path(), "/opt/kilocode/mcp-servers/reports", "Folder of the reports.", "path"),
    autoFix: key(
      flag(),
      false,
      "Whether a fix is proposed by the scheduled run itself; none is applied without approval.",
    ),
    requireApproval: key(flag(), true, "Whether another user than the asking one must approve a fix."),
    maxConcurrentChecks: key(integer(1, 100), 5, "Checks that run at the same time.", "checks"),
    checkTimeout: key(milliseconds(100, 3_600_000), 300_000, "Longest time of one check.", "ms"),
    checkInterval: key(seconds(60, 31_536_000), 3600, "How often all rules are checked.", "s"),
    alertThreshold: key(integer(1, 10_000), 5, "Failed rules from which a run alerts.", "rules"),
    notificationChannels: key(
      set(oneOf(notificationChannels), 0, 2, "channels"),
      [],
      "Who is told about an alert; each channel needs its secret (smtp, slack).",
    ),
  }),
  database: section(
    "How the server reaches PostgreSQL: to check keys, record calls, look at it and mend it.",
    {
      ...databaseKeys,
      fixer: section("The login that runs approved fixes, and nothing else.", {
        user: need(text(/^[a-z_][a-z0-9_]{0,62}$/, "the name of a login"), "Name of that login."),
        password: key(
          secretReference(),
          "file:/run/kilocode/secrets/database-fixer-password",
          "Where that login's password lies.",
          "reference",
        ),
      }),
      pool: section("Connections that are kept open.", { serviceMax: serviceMaxKey(), ...poolKeys }),
      ssl: databaseTls(),
    },
  ),
  security: section("Who may call, from where, how often; and records.", {
    ...entranceKeys,
    rateLimit: rateLimitSection(30),
    auditLogging: key(
      flag(),
      true,
      "Whether calls of this server's tools that only read are recorded in audit_logs too; all others always are.",
    ),
    auditRetention: need(days(1, 3650), "Audit records are kept so long.", "days"),
  }),
  logging: serverLoggingSection(),
});

export type ComplianceFile = z.output<typeof complianceFile>;
