import { accessRules } from "./access.ts";
import { credentialRules } from "./credentials.ts";
import { databaseRules } from "./database.ts";
import { dataRules } from "./data.ts";
import { limitRules } from "./limits.ts";
import { metricRules } from "./metrics.ts";
import { pathRules } from "./paths.ts";
import { portRules } from "./ports.ts";
import { programRules } from "./programs.ts";
import type { Rule } from "./rule.ts";
import { sameFact } from "./sameFact.ts";
import { scheduleRules } from "./schedules.ts";
import { tlsRules } from "./tls.ts";

/** All cross-file rules. */
export const rules: readonly Rule[] = [
  sameFact,
  ...portRules,
  ...databaseRules,
  ...pathRules,
  ...tlsRules,
  ...credentialRules,
  ...accessRules,
  ...metricRules,
  ...scheduleRules,
  ...dataRules,
  ...limitRules,
  ...programRules,
];
