import type { Proof } from "../effect.ts";

const servers = "test/integration/servers";

function proof(file: string, test: string): Proof {
  return { file: `${servers}/${file}`, test };
}

/** Tests of the compliance server, as a process with its files. */
export const complianceProofs = {
  rulesPath: proof(
    "complianceFolders.test.ts",
    "compliance.rulesPath is the folder whose rules are in force",
  ),
  reportsPath: proof("complianceFolders.test.ts", "compliance.reportsPath is the folder where reports lie"),
  maxConcurrentChecks: proof(
    "complianceFolders.test.ts",
    "compliance.maxConcurrentChecks is the most checks at once, and compliance.checkTimeout ends each",
  ),
  autoFix: proof(
    "complianceAlerts.test.ts",
    "compliance.autoFix lets the scheduled run propose, and nothing more",
  ),
  checkInterval: proof(
    "complianceAlerts.test.ts",
    "compliance.checkInterval is the time from one run to the next",
  ),
  alertThreshold: proof(
    "complianceAlerts.test.ts",
    "compliance.alertThreshold is the number of failed rules from which channels are told, once for each set",
  ),
  notificationChannels: proof(
    "complianceAlerts.test.ts",
    "compliance.notificationChannels: email is sent by SMTP with TLS and the login of the secret",
  ),
  requireApproval: proof(
    "complianceFixes.test.ts",
    "compliance.requireApproval: with false the proposer may apply without another user",
  ),
  fixer: proof("complianceFixes.test.ts", "database.fixer.user and password are the login that applies"),
} as const satisfies Record<string, Proof>;
